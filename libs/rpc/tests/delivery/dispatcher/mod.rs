//! A dispatcher and receivers whose every word is the test's.

mod answers;
mod budgets;
mod fleet;
mod links;
mod spreading;

use tokio::sync::mpsc::Receiver;
use weir_delivery::Answer;
use weir_rpc::dispatcher::Delivery;

use crate::{Parcel, soon};

/// The next delivery: the run, whether its text came with it, and its final answer.
async fn delivered(deliveries: &mut Receiver<Delivery<Parcel>>) -> (u128, bool, Option<Answer>) {
    match soon(deliveries.recv()).await.expect("the dispatcher goes on") {
        Delivery::Accepted { run, .. } => (run.0, true, None),
        Delivery::Done { run, item, answer } => (run.0, item.is_some(), Some(answer)),
    }
}
