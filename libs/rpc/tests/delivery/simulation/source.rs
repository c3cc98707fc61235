//! A source that sends all its runs, and holds every answer against the contract.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use weir_delivery::Answer;
use weir_rpc::dispatcher::{Delivery, Dispatcher, Started};

use super::network::Network;
use super::{RUNS, SENDING, run_of, throw};
use crate::Parcel;

const ENRICHERS: [&str; 3] = ["enricher 1", "enricher 2", "enricher 3"];

/// Sends until each run is committed; some are read and sent a second time.
pub(super) async fn run(network: Arc<Network>, chance: u64) {
    let Started { dispatcher, mut deliveries, task } =
        Dispatcher::start(network.route("source", ENRICHERS), SENDING);
    let (sends, to_send) = mpsc::channel(2 * RUNS as usize);
    let sending = tokio::spawn(send_all(dispatcher, to_send));
    let mut books = Books { in_flight: HashMap::new(), second_reads: 0, chance };
    for number in 0..RUNS {
        books.sent(number);
        sends.send(number).await.unwrap();
    }
    while !books.in_flight.is_empty() {
        let delivery = deliveries.recv().await.expect("it goes on while runs are in flight");
        if let Some(again) = books.delivered(delivery) {
            books.sent(again);
            sends.try_send(again).unwrap();
        }
    }
    drop(sends);
    sending.await.unwrap();
    assert!(deliveries.recv().await.is_none(), "nothing comes after the last answer");
    task.await.unwrap();
}

async fn send_all(dispatcher: Dispatcher<Parcel>, mut numbers: mpsc::Receiver<u128>) {
    while let Some(number) = numbers.recv().await {
        dispatcher.send(run_of(number)).await.unwrap();
    }
}

struct Books {
    /// Whether each run in flight was accepted.
    in_flight: HashMap<u128, bool>,
    second_reads: u64,
    chance: u64,
}

impl Books {
    fn sent(&mut self, number: u128) {
        assert!(self.in_flight.insert(number, false).is_none());
    }

    /// The run that is to be sent again.
    fn delivered(&mut self, delivery: Delivery<Parcel>) -> Option<u128> {
        match delivery {
            Delivery::Accepted { run, item } => {
                assert_eq!(item, run_of(run.0));
                assert_eq!(self.in_flight.insert(run.0, true), Some(false), "{run}");
                None
            }
            Delivery::Done { run, item, answer } => {
                let was_accepted = self.in_flight.remove(&run.0).expect("one answer for each");
                assert_eq!(item.is_none(), was_accepted, "{run}");
                match answer {
                    Answer::Committed => self.second_read(run.0),
                    Answer::Unknown => Some(run.0),
                    other => panic!("{run}: {other:?}"),
                }
            }
        }
    }

    fn second_read(&mut self, number: u128) -> Option<u128> {
        let is_read_again = throw(self.chance, ("read again", number, self.second_reads), 10) == 0;
        self.second_reads += u64::from(is_read_again);
        is_read_again.then_some(number)
    }
}
