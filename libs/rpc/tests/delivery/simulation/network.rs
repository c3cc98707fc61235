//! Links between the parts, any of which may break.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use weir_rpc::dispatcher::Receivers;
use weir_rpc::link::{ReceiverEnd, SenderEnd};

use crate::Parcel;
use crate::breakable::breakable;

type Name = &'static str;
type Accept = Arc<dyn Fn(ReceiverEnd<Parcel>) + Send + Sync>;

#[derive(Default)]
pub(super) struct Network {
    doors: Mutex<HashMap<Name, Accept>>,
    links: Mutex<Vec<Wire>>,
}

struct Wire {
    ends: [Name; 2],
    broken: CancellationToken,
}

/// The receivers of one part.
pub(super) struct Route {
    network: Arc<Network>,
    from: Name,
    endpoints: watch::Receiver<Arc<[Name]>>,
}

impl Network {
    /// New links to `name` go to `accept`.
    pub(super) fn listen(
        &self,
        name: Name,
        accept: impl Fn(ReceiverEnd<Parcel>) + Send + Sync + 'static,
    ) {
        self.doors.lock().unwrap().insert(name, Arc::new(accept));
    }

    pub(super) fn route<const N: usize>(self: &Arc<Self>, from: Name, to: [Name; N]) -> Route {
        let endpoints = watch::Sender::new(Arc::from(to)).subscribe();
        Route { network: Arc::clone(self), from, endpoints }
    }

    pub(super) fn break_one(&self, index: usize) {
        let mut links = self.links.lock().unwrap();
        if !links.is_empty() {
            let index = index % links.len();
            links.swap_remove(index).broken.cancel();
        }
    }

    pub(super) fn break_all(&self) {
        self.links.lock().unwrap().drain(..).for_each(|wire| wire.broken.cancel());
    }

    /// Breaks all links to and from `name`.
    pub(super) fn break_of(&self, name: Name) {
        let mut links = self.links.lock().unwrap();
        links.iter().filter(|wire| wire.ends.contains(&name)).for_each(|each| each.broken.cancel());
        links.retain(|wire| !wire.broken.is_cancelled());
    }
}

#[async_trait]
impl Receivers<Parcel> for Route {
    type Endpoint = Name;

    fn endpoints(&self) -> watch::Receiver<Arc<[Name]>> {
        self.endpoints.clone()
    }

    async fn open(&self, endpoint: &Name) -> Result<SenderEnd<Parcel>, Status> {
        let door = self.network.doors.lock().unwrap().get(endpoint).cloned();
        let accept = door.ok_or_else(|| Status::unavailable("nobody is at home"))?;
        let broken = CancellationToken::new();
        let (sender, receiver) = breakable(&broken);
        accept(receiver);
        let ends = [self.from, *endpoint];
        self.network.links.lock().unwrap().push(Wire { ends, broken });
        Ok(sender)
    }
}
