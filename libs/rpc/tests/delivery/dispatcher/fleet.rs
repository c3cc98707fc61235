//! Receivers whose ends of the links the test holds.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use weir_delivery::{Answer, RunId};
use weir_rpc::dispatcher::{Dispatcher, DispatcherConfig, Receivers, Started};
use weir_rpc::link::{FromReceiver, ReceiverEnd, SenderEnd, ToReceiver};

use crate::breakable::breakable;
use crate::{Parcel, answer, soon};

pub(super) struct Fleet {
    known: watch::Sender<Arc<[&'static str]>>,
    links: mpsc::Receiver<TestLink>,
    doors: Arc<Mutex<Doors>>,
}

#[derive(Default)]
struct Doors {
    /// Nobody gets in.
    shut: HashSet<&'static str>,
    /// Who gets in hears nothing, not even heartbeats.
    silent: HashSet<&'static str>,
    attempts: Vec<Instant>,
}

struct Opener {
    known: watch::Receiver<Arc<[&'static str]>>,
    opened: mpsc::Sender<TestLink>,
    doors: Arc<Mutex<Doors>>,
}

/// The receiver's end of a link.
pub(super) struct TestLink {
    pub(super) endpoint: &'static str,
    end: ReceiverEnd<Parcel>,
    broken: CancellationToken,
}

impl Fleet {
    pub(super) fn start<const N: usize>(
        endpoints: [&'static str; N],
        config: DispatcherConfig,
    ) -> (Self, Started<Parcel>) {
        let (fleet, opener) = Self::of(endpoints);
        (fleet, Dispatcher::start(opener, config))
    }

    /// Other receivers, whose dispatcher has its budgets with `dispatcher`.
    pub(super) fn start_beside<const N: usize>(
        endpoints: [&'static str; N],
        dispatcher: &Dispatcher<Parcel>,
    ) -> (Self, Started<Parcel>) {
        let (fleet, opener) = Self::of(endpoints);
        (fleet, dispatcher.start_beside(opener))
    }

    fn of<const N: usize>(endpoints: [&'static str; N]) -> (Self, Opener) {
        let (known, _) = watch::channel(Arc::from(endpoints));
        let (opened, links) = mpsc::channel(64);
        let doors = Arc::<Mutex<Doors>>::default();
        let opener = Opener { known: known.subscribe(), opened, doors: Arc::clone(&doors) };
        (Self { known, links, doors }, opener)
    }

    /// A dispatcher with one receiver, its link and the default budgets.
    pub(super) async fn one() -> (Self, TestLink, Started<Parcel>) {
        let (mut fleet, started) = Self::start(["a"], DispatcherConfig::default());
        let link = fleet.link().await;
        (fleet, link, started)
    }

    /// A dispatcher with the receivers "a" and "b", and their links.
    pub(super) async fn two(config: DispatcherConfig) -> (Self, [TestLink; 2], Started<Parcel>) {
        let (mut fleet, started) = Self::start(["a", "b"], config);
        let links = [fleet.link().await, fleet.link().await];
        (fleet, links, started)
    }

    /// The next link that is opened.
    pub(super) async fn link(&mut self) -> TestLink {
        soon(self.links.recv()).await.unwrap()
    }

    /// The next link that is opened within a minute.
    pub(super) async fn late_link(&mut self) -> TestLink {
        tokio::time::timeout(Duration::from_secs(60), self.links.recv()).await.unwrap().unwrap()
    }

    pub(super) fn know<const N: usize>(&self, endpoints: [&'static str; N]) {
        self.known.send_replace(Arc::from(endpoints));
    }

    pub(super) fn shut(&self, endpoint: &'static str) {
        self.doors.lock().unwrap().shut.insert(endpoint);
    }

    pub(super) fn reopen(&self, endpoint: &'static str) {
        self.doors.lock().unwrap().shut.remove(endpoint);
    }

    pub(super) fn silence(&self, endpoint: &'static str) {
        self.doors.lock().unwrap().silent.insert(endpoint);
    }

    /// When links were opened, or somebody tried.
    pub(super) fn attempts(&self) -> Vec<Instant> {
        self.doors.lock().unwrap().attempts.clone()
    }
}

#[async_trait]
impl Receivers<Parcel> for Opener {
    type Endpoint = &'static str;

    fn endpoints(&self) -> watch::Receiver<Arc<[&'static str]>> {
        self.known.clone()
    }

    async fn open(&self, endpoint: &&'static str) -> Result<SenderEnd<Parcel>, Status> {
        let is_silent = {
            let mut doors = self.doors.lock().unwrap();
            doors.attempts.push(Instant::now());
            if doors.shut.contains(endpoint) {
                return Err(Status::unavailable("nobody is at home"));
            }
            doors.silent.contains(endpoint)
        };
        let broken = CancellationToken::new();
        let (mut sender, end) = breakable(&broken);
        if is_silent {
            sender.responses = Box::pin(stream::pending());
        }
        let link = TestLink { endpoint, end, broken };
        self.opened.send(link).await.map_err(|_| Status::cancelled("the test has ended"))?;
        Ok(sender)
    }
}

impl TestLink {
    /// What is said next; `None` once the sender has ended its half.
    pub(super) async fn hear(&mut self) -> Option<ToReceiver<Parcel>> {
        soon(self.end.requests.next()).await.map(Result::unwrap)
    }

    /// The same, whenever it comes.
    pub(super) async fn hear_or_wait(&mut self) -> Option<ToReceiver<Parcel>> {
        self.end.requests.next().await.map(Result::unwrap)
    }

    /// The runs that are sent next.
    pub(super) async fn runs(&mut self) -> Vec<u128> {
        let said = self.hear().await.expect("runs are sent");
        said.runs.iter().map(|parcel| parcel.id.0).collect()
    }

    /// The runs that are announced next.
    pub(super) async fn announced(&mut self) -> Vec<RunId> {
        self.hear().await.expect("runs are announced").resume
    }

    /// Whether anything was sent that was not heard.
    pub(super) async fn is_quiet(&mut self) -> bool {
        let waiting = tokio::time::timeout(Duration::from_millis(1), self.end.requests.next());
        waiting.await.is_err()
    }

    pub(super) async fn say(&mut self, number: u128, said: Answer) {
        self.say_all(&[(number, said)]).await;
    }

    pub(super) async fn say_all(&mut self, said: &[(u128, Answer)]) {
        let answers = said.iter().map(|&(number, said)| answer(number, said)).collect();
        self.end.responses.send(FromReceiver::Answers(answers)).await.unwrap();
    }

    pub(super) async fn close(&mut self) {
        self.end.responses.send(FromReceiver::Closing).await.unwrap();
    }

    pub(super) fn break_off(&self) {
        self.broken.cancel();
    }
}
