//! Receivers in other processes, and in this one.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use tonic::Status;
use weir_delivery::{EnrichedRun, RawRun};

use super::{ReceiverEnd, SenderEnd, in_process, open_enrich, open_export};
use crate::causes::causes;
use crate::channel::Connector;
use crate::dispatcher::Receivers;
use crate::endpoints::{Endpoint, Endpoints};

/// Receivers that are reached over gRPC: each link has a connection of its own.
#[derive(Clone)]
pub struct Remote {
    endpoints: Endpoints,
    connector: Connector,
}

impl Remote {
    /// The receivers at `endpoints`.
    pub fn new(endpoints: Endpoints, connector: Connector) -> Self {
        Self { endpoints, connector }
    }

    async fn channel(&self, endpoint: &Endpoint) -> Result<tonic::transport::Channel, Status> {
        let channel = self.connector.connect(endpoint).await;
        channel.map_err(|error| Status::unavailable(causes(&error)))
    }
}

#[async_trait]
impl Receivers<RawRun> for Remote {
    type Endpoint = Endpoint;

    fn endpoints(&self) -> watch::Receiver<Arc<[Endpoint]>> {
        self.endpoints.watch()
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<SenderEnd<RawRun>, Status> {
        open_enrich(self.channel(endpoint).await?).await
    }
}

#[async_trait]
impl Receivers<EnrichedRun> for Remote {
    type Endpoint = Endpoint;

    fn endpoints(&self) -> watch::Receiver<Arc<[Endpoint]>> {
        self.endpoints.watch()
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<SenderEnd<EnrichedRun>, Status> {
        open_export(self.channel(endpoint).await?).await
    }
}

/// One receiver in the same process.
pub struct Local<T> {
    accept: Box<dyn Fn(ReceiverEnd<T>) + Send + Sync>,
    endpoints: watch::Receiver<Arc<[&'static str]>>,
}

impl<T> Local<T> {
    /// A receiver that takes its end of each link with `accept`.
    pub fn new(accept: impl Fn(ReceiverEnd<T>) + Send + Sync + 'static) -> Self {
        let endpoints = watch::Sender::new(Arc::from(["this process"])).subscribe();
        Self { accept: Box::new(accept), endpoints }
    }
}

#[async_trait]
impl<T: Send + 'static> Receivers<T> for Local<T> {
    type Endpoint = &'static str;

    fn endpoints(&self) -> watch::Receiver<Arc<[&'static str]>> {
        self.endpoints.clone()
    }

    async fn open(&self, _endpoint: &&'static str) -> Result<SenderEnd<T>, Status> {
        let (sender, receiver) = in_process();
        (self.accept)(receiver);
        Ok(sender)
    }
}
