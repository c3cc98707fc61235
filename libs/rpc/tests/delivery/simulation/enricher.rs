//! An enricher that changes nothing: a receiver before a dispatcher.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use weir_delivery::{Answer, RetryReason, RunAnswer, RunId};
use weir_rpc::dispatcher::{Delivery, Dispatcher, Started};
use weir_rpc::receiver::{Handler, Receiver};

use super::network::Network;
use super::{RECEIVING, SENDING};
use crate::Parcel;

pub(super) struct Enricher {
    name: &'static str,
    core: Arc<Core>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

struct Core {
    receiver: Receiver<Parcel>,
    dispatcher: Dispatcher<Parcel>,
}

impl Enricher {
    pub(super) fn start(name: &'static str, network: &Arc<Network>) -> Self {
        let Started { dispatcher, deliveries, task } =
            Dispatcher::start(network.route(name, ["exporter"]), SENDING);
        let core = Arc::new(Core { receiver: Receiver::new(RECEIVING), dispatcher });
        let tasks = Arc::<Mutex<JoinSet<()>>>::default();
        // It ends with the others when the enricher crashes.
        let dispatching = task.abort_handle();
        tasks.lock().unwrap().spawn(async move {
            let _abort = AbortOnDrop(dispatching);
            task.await.unwrap();
        });
        tasks.lock().unwrap().spawn(Arc::clone(&core).relay(deliveries));
        let (serving, accepting) = (Arc::clone(&core), Arc::clone(&tasks));
        network.listen(name, move |end| {
            let core = Arc::clone(&serving);
            let serve = async move { core.receiver.serve(end, &*core).await };
            accepting.lock().unwrap().spawn(serve);
        });
        Self { name, core, tasks }
    }

    pub(super) fn crash(&self, network: &Network) {
        self.tasks.lock().unwrap().abort_all();
        network.break_of(self.name);
    }

    pub(super) fn close(&self) {
        self.core.receiver.close();
    }

    pub(super) fn is_idle(&self) -> bool {
        let (received, sent) = (self.core.receiver.status(), self.core.dispatcher.status());
        (received.pending, received.octets_in_flight) == (0, 0)
            && (sent.pending, sent.octets_in_flight) == (0, 0)
    }
}

impl Core {
    async fn relay(self: Arc<Self>, mut deliveries: mpsc::Receiver<Delivery<Parcel>>) {
        while let Some(delivery) = deliveries.recv().await {
            let (run, answer) = match delivery {
                Delivery::Accepted { run, .. } => (run, Answer::Accepted),
                Delivery::Done {
                    item: Some(item),
                    answer: Answer::Retry(RetryReason::StaleTemplates, _),
                    ..
                } => {
                    let core = Arc::clone(&self);
                    tokio::spawn(async move { core.dispatcher.send(item).await });
                    continue;
                }
                Delivery::Done { run, answer, .. } => (run, answer),
            };
            self.receiver.answer(RunAnswer { run, answer });
        }
    }
}

#[async_trait]
impl Handler<Parcel> for Core {
    async fn take(&self, run: Parcel) {
        self.dispatcher.send(run).await.expect("it ends with its dispatcher");
    }

    async fn announced(&self, run: RunId) -> bool {
        self.dispatcher.announce(vec![run]).await.is_ok()
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
