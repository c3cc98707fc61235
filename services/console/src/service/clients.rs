//! Who is called, and how a call goes.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use tonic::{Response, Status};
use weir_rpc::channel::{Channel, Connector};
use weir_rpc::endpoints::{Endpoint, Endpoints};
use weir_rpc::limited;
use weir_rpc::pb::account_service_client::AccountServiceClient;
use weir_rpc::pb::discovery_service_client::DiscoveryServiceClient;
use weir_rpc::pb::enricher_admin_service_client::EnricherAdminServiceClient;
use weir_rpc::pb::exporter_assignment_service_client::ExporterAssignmentServiceClient;
use weir_rpc::pb::ingest_service_client::IngestServiceClient;
use weir_rpc::pb::input_service_client::InputServiceClient;
use weir_rpc::pb::settings_service_client::SettingsServiceClient;

use super::problem::{problem_of, silent, unknown_address};
use crate::metrics::Metrics;
use crate::view::Problem;

/// How long a call may take that reads or writes the store alone.
pub(super) const SHORT: Duration = Duration::from_secs(15);

/// How long a call may take that asks AWS: more than an admin listener allows.
pub(super) const LONG: Duration = Duration::from_secs(70);

/// Everybody who is called.
pub(super) struct Clients {
    pub(super) discovery: Peers,
    pub(super) enrichers: Peers,
    pub(super) exporters: Peers,
    pub(super) metrics: Arc<Metrics>,
}

/// All processes of one kind.
pub(super) struct Peers {
    /// What they are called in messages.
    what: &'static str,
    endpoints: Endpoints,
    connector: Connector,
    channels: Mutex<BTreeMap<Endpoint, Channel>>,
}

impl Peers {
    pub(super) fn new(what: &'static str, endpoints: Endpoints, connector: Connector) -> Self {
        Self { what, endpoints, connector, channels: Mutex::default() }
    }

    /// A channel to each of them, with its name. Channels are kept as long as their servers are
    /// known.
    pub(super) fn all(&self) -> Result<Vec<(String, Channel)>, Problem> {
        let known = Arc::clone(&self.endpoints.watch().borrow());
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|endpoint, _| known.contains(endpoint));
        let mut all = Vec::with_capacity(known.len());
        for endpoint in known.iter() {
            let channel = match channels.get(endpoint) {
                Some(channel) => channel.clone(),
                None => {
                    let made = self.connector.connect_lazy(endpoint);
                    let made = made.map_err(|error| silent(self.what, &error.to_string()))?;
                    channels.entry(endpoint.clone()).or_insert(made).clone()
                }
            };
            all.push((endpoint.to_string(), channel));
        }
        if all.is_empty() { Err(unknown_address(self.what)) } else { Ok(all) }
    }

    /// A channel to one of them.
    fn one(&self) -> Result<Channel, Problem> {
        let first = self.all()?.into_iter().next();
        first.map(|(_, channel)| channel).ok_or_else(|| unknown_address(self.what))
    }
}

macro_rules! clients_of_discovery {
    ($($(#[$doc:meta])* $name:ident: $client:ident,)*) => {
        impl Clients {
            $($(#[$doc])* pub(super) fn $name(&self) -> Result<$client<Channel>, Problem> {
                Ok(limited!($client::new(self.discovery.one()?)))
            })*
        }
    };
}

clients_of_discovery! {
    /// Sweeps and what they found.
    sweeps: DiscoveryServiceClient,
    /// Accounts that are configured.
    accounts: AccountServiceClient,
    /// Addresses and names of exporters.
    assignments: ExporterAssignmentServiceClient,
    /// What is read.
    inputs: InputServiceClient,
    /// How far it was read.
    ingest: IngestServiceClient,
    /// Settings.
    settings: SettingsServiceClient,
}

impl Clients {
    /// An enricher: all of them have the same inventory.
    pub(super) fn enricher(&self) -> Result<EnricherAdminServiceClient<Channel>, Problem> {
        Ok(limited!(EnricherAdminServiceClient::new(self.enrichers.one()?)))
    }

    /// The answer to a call, within `patience`.
    pub(super) async fn ask<T>(
        &self,
        patience: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Problem> {
        let answer = match timeout(patience, call).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(problem_of(&status)),
            Err(_) => Err(silent("the server", "it did not answer in time")),
        };
        self.metrics.called(answer.is_ok());
        answer
    }
}
