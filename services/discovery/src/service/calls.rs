//! The calls of people and their tools.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tonic::{Request, Response, Status};
use weir_inventory::Instance;
use weir_inventory::region::RegionSnapshot;
use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb;
use weir_rpc::pb::discovery_service_server::{DiscoveryService, DiscoveryServiceServer};
use weir_rpc::server::Services;
use weir_rpc::status::Violations;

use super::accounts::accounts;
use super::core::DiscoveryCore;
use super::listing::{Item, Query, list, list_accounts};
use super::messages::{count, duration, time};
use super::resources::{Attachments, bucket, log_group, stream, vpc};
use super::search::Wanted;
use super::stream::{Messages, run_discovery};
use super::summary::outline;
use crate::reader::Place;

/// The shortest and the longest text that is searched for, in characters.
const QUERY: std::ops::RangeInclusive<usize> = 2..=256;

/// Adds the service to a listener.
pub fn with_discovery_service(
    services: Services,
    core: &Arc<DiscoveryCore>,
    health: &Health,
) -> Services {
    let service = Calls { core: Arc::clone(core), health: health.clone() };
    services.with(limited!(DiscoveryServiceServer::new(service)))
}

/// Serves people.
struct Calls {
    core: Arc<DiscoveryCore>,
    health: Health,
}

#[tonic::async_trait]
impl DiscoveryService for Calls {
    type RunDiscoveryStream = Messages;

    async fn run_discovery(
        &self,
        _request: Request<pb::RunDiscoveryRequest>,
    ) -> Result<Response<Messages>, Status> {
        Ok(Response::new(run_discovery(&self.core)))
    }

    async fn get_discovery_status(
        &self,
        _request: Request<pb::GetDiscoveryStatusRequest>,
    ) -> Result<Response<pb::GetDiscoveryStatusResponse>, Status> {
        Ok(Response::new(self.status()))
    }

    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let (edition, sweeper) = (self.core.publisher.edition(), &self.core.sweeper);
        let (plan, report) = (sweeper.last_plan(), sweeper.last());
        let accounts = accounts(&edition, plan.as_deref(), report.as_deref());
        let (accounts, next_page_token) = list_accounts(&request.into_inner(), accounts)?;
        Ok(Response::new(pb::ListAccountsResponse { accounts, next_page_token }))
    }

    async fn list_vpcs(
        &self,
        request: Request<pb::ListVpcsRequest>,
    ) -> Result<Response<pb::ListVpcsResponse>, Status> {
        let (asked, edition) = (request.into_inner(), self.core.publisher.edition());
        let (vpcs, next_page_token) = list(
            &edition,
            (&asked).into(),
            |_, part| part.inventory.vpcs.iter().map(|each| (each.id.clone(), each)).collect(),
            |item| vpc(item.place, item.snapshot, item.thing),
        )?;
        Ok(Response::new(pb::ListVpcsResponse { vpcs, next_page_token }))
    }

    async fn list_instances(
        &self,
        request: Request<pb::ListInstancesRequest>,
    ) -> Result<Response<pb::ListInstancesResponse>, Status> {
        let (asked, edition) = (request.into_inner(), self.core.publisher.edition());
        let (instances, next_page_token) = list(
            &edition,
            (&asked).into(),
            |_, part| instances_of(part, &asked.vpc_id),
            |Item { place, thing: (instance, attachments), .. }| {
                attachments.message(place, instance)
            },
        )?;
        Ok(Response::new(pb::ListInstancesResponse { instances, next_page_token }))
    }

    async fn list_kinesis_streams(
        &self,
        request: Request<pb::ListKinesisStreamsRequest>,
    ) -> Result<Response<pb::ListKinesisStreamsResponse>, Status> {
        let (asked, edition) = (request.into_inner(), self.core.publisher.edition());
        let (kinesis_streams, next_page_token) = list(
            &edition,
            (&asked).into(),
            |_, part| part.kinesis_streams.iter().map(|each| (each.name.clone(), each)).collect(),
            |item| stream(item.place, item.thing),
        )?;
        Ok(Response::new(pb::ListKinesisStreamsResponse { kinesis_streams, next_page_token }))
    }

    async fn list_log_groups(
        &self,
        request: Request<pb::ListLogGroupsRequest>,
    ) -> Result<Response<pb::ListLogGroupsResponse>, Status> {
        let (asked, edition) = (request.into_inner(), self.core.publisher.edition());
        let (log_groups, next_page_token) = list(
            &edition,
            (&asked).into(),
            |_, part| part.log_groups.iter().map(|each| (each.name.clone(), each)).collect(),
            |item| log_group(item.place, item.snapshot, item.thing),
        )?;
        Ok(Response::new(pb::ListLogGroupsResponse { log_groups, next_page_token }))
    }

    async fn list_buckets(
        &self,
        request: Request<pb::ListBucketsRequest>,
    ) -> Result<Response<pb::ListBucketsResponse>, Status> {
        let (asked, edition) = (request.into_inner(), self.core.publisher.edition());
        let (buckets, next_page_token) = list(
            &edition,
            (&asked).into(),
            |_, part| part.buckets.iter().map(|each| (each.name.clone(), each)).collect(),
            |item| bucket(&edition, item.place, item.thing),
        )?;
        Ok(Response::new(pb::ListBucketsResponse { buckets, next_page_token }))
    }

    async fn search_inventory(
        &self,
        request: Request<pb::SearchInventoryRequest>,
    ) -> Result<Response<pb::SearchInventoryResponse>, Status> {
        let asked = request.into_inner();
        let text = asked.query.trim();
        if !QUERY.contains(&text.chars().count()) {
            let advice = "give 2 to 256 characters: a part of an id or a name, or an address";
            return Err(Violations::of("query", advice).into());
        }
        let query = Query {
            call: "weir.v1.DiscoveryService/SearchInventory",
            more: text,
            page_size: asked.page_size,
            page_token: &asked.page_token,
            ..Query::default()
        };
        let (wanted, edition) = (Wanted::parse(text), self.core.publisher.edition());
        let find = |place: &Place, part: &RegionSnapshot| {
            let before = edition.parts.range(..place.clone()).next_back();
            // An account stands in all of its regions; it is found in the first.
            let is_first = before.is_none_or(|(last, _)| last.account_id != place.account_id);
            wanted.find(place, part, is_first)
        };
        let (matches, next_page_token) = list(&edition, query, find, |item| item.thing)?;
        Ok(Response::new(pb::SearchInventoryResponse { matches, next_page_token }))
    }
}

/// The instances of a part, or those that have an interface in the VPC.
fn instances_of<'p>(
    part: &'p RegionSnapshot,
    vpc_id: &str,
) -> Vec<(String, (&'p Instance, Arc<Attachments<'p>>))> {
    // Looked up in all interfaces once, and not once for each instance.
    let attachments = Arc::new(Attachments::of(part));
    let is_asked =
        |instance: &&Instance| vpc_id.is_empty() || attachments.has_vpc(instance, vpc_id);
    let instances = part.inventory.instances.iter().filter(is_asked);
    instances.map(|each| (each.id.clone(), (each, Arc::clone(&attachments)))).collect()
}

impl Calls {
    fn status(&self) -> pb::GetDiscoveryStatusResponse {
        let DiscoveryCore { sweeper, publisher, timing, next_run, clock, .. } = &*self.core;
        let (edition, published) = (publisher.edition(), publisher.status());
        let running = sweeper.running();
        let (done, all) = running.as_ref().map(|board| board.counts()).unwrap_or_default();
        let age = edition.oldest().map(|oldest| clock.seconds().saturating_sub(oldest));
        let counts = edition.counts();
        let timing = timing.borrow();
        let next_run = next_run.borrow().and_then(|at| u64::try_from(at.as_millisecond()).ok());
        let ranges = edition.ranges.as_ref();
        pb::GetDiscoveryStatusResponse {
            is_ready: self.health.is_serving(),
            waiting_for: self.health.missing().into_iter().map(str::to_owned).collect(),
            running_since: running.map(|board| time(board.started_at)),
            running_regions_done: count(done),
            running_regions: count(all),
            cron: timing.schedule.text().to_owned(),
            timezone: timing.schedule.timezone().to_owned(),
            next_run: next_run.map(|at| time(UNIX_EPOCH + Duration::from_millis(at))),
            last_sweep: sweeper.last().map(|report| outline(&report)),
            is_publishing: published.is_pending,
            store_error: published.error.unwrap_or_default(),
            revision: edition.revision,
            inventory_age: age.and_then(|age| duration(Duration::from_secs(age))),
            regions: count(edition.parts.len()),
            regions_stale: count(edition.stale_count()),
            vpcs: counts.vpcs,
            instances: counts.instances,
            interfaces: counts.interfaces,
            ip_ranges_sync_token: ranges
                .map(|(version, _)| version.sync_token.clone())
                .unwrap_or_default(),
        }
    }
}
