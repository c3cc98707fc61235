//! A receiver whose handler and senders are the test's.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weir_delivery::{Answer, RunAnswer, RunId};
use weir_rpc::link::{FromReceiver, SenderEnd, ToReceiver};
use weir_rpc::receiver::{Handler, Receiver, ReceiverConfig};

use crate::breakable::breakable;
use crate::{Parcel, answer, parcel, soon};

/// A receiver and what it does with runs.
pub(super) struct Desk {
    pub(super) receiver: Receiver<Parcel>,
    taken: Mutex<Vec<u128>>,
    /// Runs that may still be taken.
    places: Semaphore,
    /// Announced runs whose answers will come.
    expected: Mutex<HashSet<RunId>>,
}

/// The sender's end of a link.
pub(super) struct TestSender {
    pub(super) end: SenderEnd<Parcel>,
    pub(super) broken: CancellationToken,
    pub(super) served: JoinHandle<()>,
}

impl Desk {
    /// Takes whatever comes.
    pub(super) fn open(config: ReceiverConfig) -> Arc<Self> {
        let desk = Self::full(config);
        desk.make_room(1_000_000);
        desk
    }

    /// Takes nothing until it has room.
    pub(super) fn full(config: ReceiverConfig) -> Arc<Self> {
        Arc::new(Self {
            receiver: Receiver::new(config),
            taken: Mutex::default(),
            places: Semaphore::new(0),
            expected: Mutex::default(),
        })
    }

    pub(super) fn make_room(&self, runs: usize) {
        self.places.add_permits(runs);
    }

    pub(super) fn expect(&self, number: u128) {
        self.expected.lock().unwrap().insert(RunId(number));
    }

    pub(super) fn link(self: &Arc<Self>) -> TestSender {
        let broken = CancellationToken::new();
        let (end, other) = breakable(&broken);
        let desk = Arc::clone(self);
        let served = tokio::spawn(async move { desk.receiver.serve(other, &*desk).await });
        TestSender { end, broken, served }
    }

    /// The runs that were taken, in their order.
    pub(super) fn taken(&self) -> Vec<u128> {
        self.taken.lock().unwrap().clone()
    }

    pub(super) fn answer(&self, number: u128, said: Answer) {
        self.receiver.answer(answer(number, said));
    }

    /// Octets that are not accepted.
    pub(super) fn octets(&self) -> usize {
        self.receiver.status().octets_in_flight
    }
}

#[async_trait]
impl Handler<Parcel> for Desk {
    async fn take(&self, run: Parcel) {
        self.places.acquire().await.unwrap().forget();
        self.taken.lock().unwrap().push(run.id.0);
    }

    async fn announced(&self, run: RunId) -> bool {
        self.expected.lock().unwrap().contains(&run)
    }
}

impl TestSender {
    pub(super) async fn send<const N: usize>(&self, runs: [u128; N]) {
        self.send_each(runs.map(|number| parcel(number, 10)).to_vec()).await;
    }

    pub(super) async fn send_each(&self, runs: Vec<Parcel>) {
        soon(self.end.requests.send(ToReceiver::runs(runs))).await.unwrap();
    }

    pub(super) async fn announce<const N: usize>(&self, runs: [u128; N]) {
        let said = ToReceiver::resume(runs.map(RunId).to_vec());
        soon(self.end.requests.send(said)).await.unwrap();
    }

    /// What is said next, heartbeats left out; `None` once the link has ended.
    pub(super) async fn hear(&mut self) -> Option<FromReceiver> {
        let heard = async {
            loop {
                match self.end.responses.next().await.map(Result::unwrap) {
                    Some(FromReceiver::Answers(answers)) if answers.is_empty() => {}
                    said => return said,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(3600), heard).await.unwrap()
    }

    pub(super) async fn answers(&mut self) -> Vec<RunAnswer> {
        match self.hear().await {
            Some(FromReceiver::Answers(answers)) => answers,
            other => panic!("answers are expected, not {other:?}"),
        }
    }

    /// That nothing is said but for heartbeats.
    pub(super) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_secs(6), self.hear()).await.is_err()
    }

    /// Ends the sender's half. The answers come as before.
    pub(super) fn end_half(&mut self) {
        self.end.requests = tokio::sync::mpsc::channel(1).0;
    }
}
