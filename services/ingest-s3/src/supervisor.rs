//! Reads the queues that are to be read, and no others.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::inputs::{Inputs, QueueInput};
use crate::queue::{Queue, receive};
use crate::source::S3Config;

/// A queue that is read until it is stopped.
struct Running {
    input: QueueInput,
    stop: CancellationToken,
}

/// Follows `inputs` until `stop`. When nobody can change them any more they stay as they are.
pub(crate) async fn follow(
    desk: Arc<Desk>,
    config: S3Config,
    mut inputs: watch::Receiver<Inputs>,
    stop: CancellationToken,
) {
    let mut running = Vec::new();
    loop {
        let Inputs { queues, concurrency } = inputs.borrow_and_update().clone();
        apply(&desk, &config, &mut running, queues, &stop);
        resize(&desk, concurrency);
        tokio::select! {
            () = stop.cancelled() => return,
            changed = inputs.changed() => if changed.is_err() {
                return stop.cancelled().await;
            }
        }
    }
}

fn resize(desk: &Desk, concurrency: NonZeroUsize) {
    desk.slots.resize(concurrency.get());
}

/// Stops what is not listed any more and starts what is new. Messages in hand are done all the
/// same.
fn apply(
    desk: &Arc<Desk>,
    config: &S3Config,
    running: &mut Vec<Running>,
    queues: Vec<QueueInput>,
    stop: &CancellationToken,
) {
    running.retain(|each| {
        let stays = queues.contains(&each.input);
        if !stays {
            each.stop.cancel();
        }
        stays
    });
    for input in queues {
        if running.iter().any(|each| each.input == input) {
            continue;
        }
        let queue = Queue {
            input: input.clone(),
            clients: Arc::clone(&desk.clients),
            visibility: config.visibility_timeout,
            reads: config.reads.clone(),
        };
        let stop = stop.child_token();
        tokio::spawn(receive(Arc::clone(desk), Arc::new(queue), stop.clone()));
        running.push(Running { input, stop });
    }
    desk.set_queues(running.len());
}
