//! `weir.v1.IngestService`: the state of inputs, as their workers write it to the store, and the
//! leases under which they share shards and log groups.

mod lease_id;
mod leases;
mod position;
mod status;

use std::sync::Arc;
use std::time::SystemTime;

use tonic::{Request, Response, Status};
use weir_control::audit::who;
use weir_lease::Table;
use weir_rpc::pb;
use weir_rpc::pb::ingest_service_server::{IngestService, IngestServiceServer};
use weir_rpc::server::Services;
use weir_store::Store;

use lease_id::LeaseId;

/// Items of a page, where the caller does not say; and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Adds the service to a listener.
pub fn with_ingest_service(services: Services, store: Arc<dyn Store>) -> Services {
    services.with(weir_rpc::limited!(IngestServiceServer::new(Calls { store })))
}

struct Calls {
    store: Arc<dyn Store>,
}

#[tonic::async_trait]
impl IngestService for Calls {
    async fn list_input_status(
        &self,
        request: Request<pb::ListInputStatusRequest>,
    ) -> Result<Response<pb::ListInputStatusResponse>, Status> {
        status::list(&*self.store, &request.into_inner()).await.map(Response::new)
    }

    async fn list_leases(
        &self,
        request: Request<pb::ListLeasesRequest>,
    ) -> Result<Response<pb::ListLeasesResponse>, Status> {
        leases::list(&self.store, &request.into_inner()).await.map(Response::new)
    }

    async fn release_lease(
        &self,
        request: Request<pb::ReleaseLeaseRequest>,
    ) -> Result<Response<pb::ReleaseLeaseResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let id = LeaseId::given(&asked.id)?;
        let released = self.table(&id).release(&id.unit, asked.fence).await;
        let changed = released.map_err(|error| leases::failure(&id, error))?;
        let (lease, from) = (id.to_string(), changed.before.owner.unwrap_or_default());
        tracing::info!(target: "audit", who, lease, from, to = "", "a lease was released");
        let lease = Some(leases::message(&id, changed.after, false, SystemTime::now()));
        Ok(Response::new(pb::ReleaseLeaseResponse { lease }))
    }

    async fn set_position(
        &self,
        request: Request<pb::SetPositionRequest>,
    ) -> Result<Response<pb::SetPositionResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let (id, now) = (LeaseId::given(&asked.id)?, SystemTime::now());
        let at = position::given(id.kind, &asked.position, now)?;
        let set = self.table(&id).set_position(&id.unit, &at, asked.fence).await;
        let changed = set.map_err(|error| leases::failure(&id, error))?;
        let [from, to] = [&changed.before, &changed.after]
            .map(|record| position::text(id.kind, &record.checkpoint));
        let (lease, owner) = (id.to_string(), changed.before.owner.unwrap_or_default());
        tracing::info!(target: "audit", who, lease, owner, from, to, "a position was set");
        let lease = Some(leases::message(&id, changed.after, false, now));
        Ok(Response::new(pb::SetPositionResponse { lease }))
    }
}

impl Calls {
    fn table(&self, id: &LeaseId) -> Table {
        id.kind.table(&self.store)
    }
}
