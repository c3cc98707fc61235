//! An exporter with moods: it takes runs late, refuses some, and holds some back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use weir_delivery::{Answer, RetryReason, RunAnswer, RunId};
use weir_rpc::receiver::{Handler, Receiver};

use super::network::Network;
use super::{RECEIVING, throw};
use crate::{Parcel, retry};

type Written = Arc<Mutex<HashMap<u128, usize>>>;

pub(super) struct Exporter {
    core: Arc<Core>,
    chance: u64,
    /// How often each run was written; outlives all crashes.
    written: Written,
}

struct Core {
    receiver: Receiver<Parcel>,
    tasks: Mutex<JoinSet<()>>,
    /// Runs that it holds at once.
    places: Arc<Semaphore>,
    throws: Mutex<HashMap<u128, u64>>,
    chance: u64,
    written: Written,
}

impl Exporter {
    pub(super) fn start(network: &Network, chance: u64) -> Self {
        let written = Written::default();
        let core = Core::start(network, chance, &written);
        Self { core, chance, written }
    }

    /// Another one begins with nothing.
    pub(super) fn crash(&mut self, network: &Network) {
        self.core.tasks.lock().unwrap().abort_all();
        network.break_of("exporter");
        self.chance = self.chance.wrapping_add(1);
        self.core = Core::start(network, self.chance, &self.written);
    }

    pub(super) fn written(&self) -> HashMap<u128, usize> {
        self.written.lock().unwrap().clone()
    }

    pub(super) fn is_idle(&self) -> bool {
        let status = self.core.receiver.status();
        (status.pending, status.octets_in_flight) == (0, 0)
    }
}

impl Core {
    fn start(network: &Network, chance: u64, written: &Written) -> Arc<Self> {
        let core = Arc::new(Self {
            receiver: Receiver::new(RECEIVING),
            tasks: Mutex::default(),
            places: Arc::new(Semaphore::new(30)),
            throws: Mutex::default(),
            chance,
            written: Arc::clone(written),
        });
        let serving = Arc::clone(&core);
        network.listen("exporter", move |end| {
            let core = Arc::clone(&serving);
            let serve = async move { core.receiver.serve(end, &*core.handler()).await };
            serving.tasks.lock().unwrap().spawn(serve);
        });
        core
    }

    fn handler(self: &Arc<Self>) -> Arc<Shared> {
        Arc::new(Shared(Arc::clone(self)))
    }

    fn throw(&self, what: &str, run: RunId, sides: u64) -> u64 {
        let mut throws = self.throws.lock().unwrap();
        let count = throws.entry(run.0).or_default();
        *count += 1;
        throw(self.chance, (what, run.0, *count), sides)
    }

    async fn pause(&self, run: RunId, most: u64) {
        sleep(Duration::from_millis(self.throw("pause", run, most))).await;
    }

    async fn export(&self, run: RunId) {
        let say = |answer| self.receiver.answer(RunAnswer { run, answer });
        self.pause(run, 500).await;
        match self.throw("refuse", run, 20) {
            0..2 => return say(retry(Duration::from_millis(self.throw("retry", run, 500)))),
            2 => return say(Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO)),
            _ => {}
        }
        if self.throw("hold back", run, 2) == 0 {
            say(Answer::Accepted);
            self.pause(run, 8000).await;
        }
        *self.written.lock().unwrap().entry(run.0).or_default() += 1;
        if self.throw("dawdle", run, 5) == 0 {
            self.pause(run, 300).await;
        }
        say(Answer::Committed);
    }
}

struct Shared(Arc<Core>);

#[async_trait]
impl Handler<Parcel> for Shared {
    async fn take(&self, run: Parcel) {
        let Ok(place) = Arc::clone(&self.0.places).acquire_owned().await else { return };
        let core = Arc::clone(&self.0);
        self.0.tasks.lock().unwrap().spawn(async move {
            core.export(run.id).await;
            drop(place);
        });
    }

    async fn announced(&self, _run: RunId) -> bool {
        false
    }
}
