//! The calls of people and their tools.

use std::net::IpAddr;
use std::sync::Arc;

use prost_types::Timestamp;
use tonic::{Code, Request, Response, Status};
use weir_enrich::explain::{
    AddressAnswer, AddressMeaning, ExplainedElement, ExplainedRecord, Explanation, explain_line,
    lookup_address,
};
use weir_enrich::{GeoRegions, Place};
use weir_flowlog::LogFormat;
use weir_inventory::NOW;
use weir_ipfix::{InterfaceSide, LayoutPair};
use weir_rpc::health::Health;
use weir_rpc::limited;
use weir_rpc::pb::enricher_admin_service_server::{
    EnricherAdminService, EnricherAdminServiceServer,
};
use weir_rpc::pb::{
    AddressMatch, ExplainLineRequest, ExplainLineResponse, ExplainedField, ExporterOfEnricher,
    GetEnricherStatusRequest, GetEnricherStatusResponse, LookupAddressRequest,
    LookupAddressResponse, StaleInventoryPart,
};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, Violations};

use super::core::EnricherCore;
use super::exporters::ExporterStatus;
use super::inventory::{Loaded, StalePart};

/// The most octets of a line, as the parser has it.
const MAX_LINE: usize = 16 * 1024;

/// The most stale parts that a status lists.
const MAX_LISTED_PARTS: usize = 1000;

/// Adds the service to a listener.
pub fn with_admin_service(
    services: Services,
    core: &Arc<EnricherCore>,
    health: &Health,
) -> Services {
    let service = AdminService { core: Arc::clone(core), health: health.clone() };
    services.with(limited!(EnricherAdminServiceServer::new(service)))
}

/// Serves people.
struct AdminService {
    core: Arc<EnricherCore>,
    health: Health,
}

impl AdminService {
    fn inventory(&self) -> Result<Arc<Loaded>, Status> {
        let loaded = self.core.inventory().borrow().clone();
        loaded.ok_or_else(|| not_ready("no inventory has been read so far: see the log"))
    }

    /// Those of each exporter.
    fn layouts(&self) -> Result<Vec<Arc<LayoutPair>>, Status> {
        let layouts: Option<_> = self.core.layouts().borrow().iter().cloned().collect();
        let missing = "an exporter has not been reached so far: see exporters of the status";
        layouts.ok_or_else(|| not_ready(missing))
    }

    /// The exporter that gets the record, where there are several.
    fn shard_of(&self, explanation: &Explanation) -> Option<usize> {
        let shards = self.core.shards();
        match explanation {
            Explanation::Record(record) if !shards.is_one() => {
                Some(shards.of_domain(record.exporter.observation_domain_id))
            }
            _ => None,
        }
    }
}

#[tonic::async_trait]
impl EnricherAdminService for AdminService {
    async fn lookup_address(
        &self,
        request: Request<LookupAddressRequest>,
    ) -> Result<Response<LookupAddressResponse>, Status> {
        let asked = request.into_inner();
        let address: IpAddr = asked.address.trim().parse().map_err(|_| {
            Violations::of("address", "give an IPv4 or IPv6 address such as 10.0.0.5")
        })?;
        let loaded = self.inventory()?;
        let given = |text: &'_ str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let (vpc, subnet) = (given(&asked.vpc_id), given(&asked.subnet_id));
        let at = time_of(asked.at)?;
        let answer =
            lookup_address(&loaded.snapshot, vpc.as_deref(), subnet.as_deref(), address, at);
        let (matches, vpc_count) = match answer {
            AddressAnswer::SeenFromVpc { is_known_vpc: false, .. } => {
                let advice = "is not in the inventory: give the id of one of its VPCs, or none";
                return Err(Violations::of("vpc_id", advice).into());
            }
            AddressAnswer::SeenFromVpc { meaning, .. } => (vec![match_message(meaning)], 0),
            AddressAnswer::Anywhere(found) => {
                let beyond = found.public.into_iter().chain(found.range);
                let matches = beyond.chain(found.in_vpcs).map(match_message).collect();
                (matches, u32::try_from(found.vpc_count).unwrap_or(u32::MAX))
            }
        };
        let address = address.to_string();
        Ok(Response::new(LookupAddressResponse { address, matches, vpc_count }))
    }

    async fn explain_line(
        &self,
        request: Request<ExplainLineRequest>,
    ) -> Result<Response<ExplainLineResponse>, Status> {
        let asked = request.into_inner();
        let mut violations = Violations::new();
        if asked.line.len() > MAX_LINE {
            violations.add("line", "is longer than 16 KiB, which no flow log line is");
        }
        let format = match asked.log_format.as_str() {
            "" => Ok(LogFormat::vpc_default()),
            text => LogFormat::parse(text),
        };
        if let Err(error) = &format {
            violations.add("log_format", error);
        }
        violations.into_result()?;
        let format = format.unwrap_or_else(|_| LogFormat::vpc_default());
        let (loaded, layouts) = (self.inventory()?, self.layouts()?);
        let place =
            Place { account_id: asked.account_id.as_bytes(), region: asked.region.as_bytes() };
        let mut regions = self.core.geo_regions();
        let line = asked.line.as_bytes();
        let mut explain = |shard: usize| {
            let regions = regions.as_mut().map(|regions| regions as &mut dyn GeoRegions);
            let layouts = layouts.get(shard).ok_or_else(|| not_ready("there is no exporter"))?;
            Ok::<_, Status>(explain_line(layouts, &loaded.snapshot, &place, &format, line, regions))
        };
        // Which exporter has the record shows once it is explained.
        let mut explained = explain(0)?;
        let shard = self.shard_of(&explained);
        if let Some(shard) = shard {
            explained = explain(shard)?;
        }
        let target = shard.map(|shard| self.core.target(shard).to_owned());
        let export_target = target.unwrap_or_default();
        let message = explanation_message(explained);
        Ok(Response::new(ExplainLineResponse { export_target, ..message }))
    }

    async fn get_enricher_status(
        &self,
        _request: Request<GetEnricherStatusRequest>,
    ) -> Result<Response<GetEnricherStatusResponse>, Status> {
        let loaded = self.core.inventory().borrow().clone();
        let counts = loaded.as_ref().map(|loaded| loaded.snapshot.counts()).unwrap_or_default();
        let age = loaded.as_ref().map(|loaded| loaded.at.elapsed());
        let exporters: Vec<_> = self.core.exporters().iter().map(exporter_message).collect();
        let mut layout_revisions: Vec<String> = Vec::new();
        for revision in exporters.iter().flat_map(|exporter| &exporter.layout_revisions) {
            if !layout_revisions.contains(revision) {
                layout_revisions.push(revision.clone());
            }
        }
        let published = loaded.as_ref().and_then(|loaded| loaded.published.as_deref());
        let stale = published.map(|published| published.stale.as_slice()).unwrap_or_default();
        let trouble = loaded.as_ref().and_then(|loaded| loaded.trouble.clone());
        let received = self.core.receiver_status();
        let (lines, records) = self.core.counts();
        Ok(Response::new(GetEnricherStatusResponse {
            is_ready: self.health.is_serving(),
            waiting_for: self.health.missing().into_iter().map(str::to_owned).collect(),
            inventory_source: loaded.as_ref().map(|each| each.source.clone()).unwrap_or_default(),
            inventory_age: age.and_then(|age| prost_types::Duration::try_from(age).ok()),
            inventory_vpcs: counts.vpcs + counts.transit_gateways,
            inventory_interfaces: counts.interfaces,
            inventory_instances: counts.instances,
            layout_revisions,
            streams: u32::try_from(received.streams).unwrap_or(u32::MAX),
            runs_in_flight: received.pending as u64,
            octets_in_flight: received.octets_in_flight as u64,
            lines,
            records,
            inventory_parts: published.map_or(0, |published| published.parts as u64),
            inventory_stale_parts: stale.len() as u64,
            stale_parts: stale.iter().take(MAX_LISTED_PARTS).map(stale_message).collect(),
            inventory_trouble: trouble.unwrap_or_default(),
            exporters,
        }))
    }
}

fn exporter_message(status: &ExporterStatus) -> ExporterOfEnricher {
    let ExporterStatus { target, layouts, dispatcher } = status;
    let revisions = |pair: &LayoutPair| [&pair.v4, &pair.v6].map(|each| each.revision());
    let revisions = layouts.as_deref().map(revisions).into_iter().flatten();
    ExporterOfEnricher {
        target: target.clone(),
        is_known: layouts.is_some(),
        links: u32::try_from(dispatcher.receivers.len()).unwrap_or(u32::MAX),
        runs_pending: dispatcher.pending,
        octets_in_flight: dispatcher.octets_in_flight,
        layout_revisions: revisions.map(|revision| revision.to_string()).collect(),
    }
}

/// Unix seconds; now without a time.
fn time_of(at: Option<Timestamp>) -> Result<u64, Status> {
    let seconds = at.map_or(Ok(NOW), |at| u64::try_from(at.seconds));
    let advice = "is before 1970: give the time of a flow, such as 2026-01-31T12:00:00Z";
    seconds.map_err(|_| Violations::of("at", advice).into())
}

fn stale_message(part: &StalePart) -> StaleInventoryPart {
    let seconds = i64::try_from(part.since).unwrap_or(i64::MAX);
    StaleInventoryPart {
        account_id: part.account_id.clone(),
        region: part.region.clone(),
        since: Some(Timestamp { seconds, nanos: 0 }),
        cause: part.cause.clone(),
    }
}

fn not_ready(message: &str) -> Status {
    Failure::new(Code::FailedPrecondition, "NOT_READY", message).into()
}

fn match_message(meaning: AddressMeaning) -> AddressMatch {
    AddressMatch {
        rule: meaning.rule.to_string(),
        vpc_id: meaning.vpc_id.unwrap_or_default(),
        interface_id: meaning.interface_id.unwrap_or_default(),
        instance_id: meaning.instance_id.unwrap_or_default(),
        instance_name: meaning.instance_name.unwrap_or_default(),
        public_address: meaning.public_address.map(|each| each.to_string()).unwrap_or_default(),
        region: meaning.region.unwrap_or_default(),
        service: meaning.service.unwrap_or_default(),
    }
}

fn explanation_message(explanation: Explanation) -> ExplainLineResponse {
    let outcome =
        |name: &str| ExplainLineResponse { outcome: name.to_owned(), ..Default::default() };
    match explanation {
        Explanation::Record(record) => record_message(*record, outcome("record")),
        Explanation::NoData => outcome("no_data"),
        Explanation::SkipData => outcome("skip_data"),
        Explanation::Blank => outcome("blank"),
        Explanation::Rejected { reason, field } => {
            let of = field.map(|field| format!(" ({})", field.name())).unwrap_or_default();
            let reject_reason = format!("{}{of}", reason.name());
            ExplainLineResponse { reject_reason, ..outcome("rejected") }
        }
    }
}

fn record_message(record: ExplainedRecord, outcome: ExplainLineResponse) -> ExplainLineResponse {
    let exporter = &record.exporter;
    let side = match record.interface_side {
        InterfaceSide::Unknown => "unknown",
        InterfaceSide::Source => "source",
        InterfaceSide::Destination => "destination",
    };
    ExplainLineResponse {
        observation_domain_id: exporter.observation_domain_id,
        exporter: format!("{} {} {}", exporter.id, exporter.address, exporter.name)
            .trim_start()
            .to_owned(),
        exporter_rule: exporter.rule.to_string(),
        interface_side: side.to_owned(),
        interface_side_rule: record.side_rule.to_string(),
        source_rule: record.source.to_string(),
        destination_rule: record.destination.to_string(),
        layout_revision: record.revision.to_string(),
        fields: record.elements.into_iter().map(field_message).collect(),
        ..outcome
    }
}

fn field_message(element: ExplainedElement) -> ExplainedField {
    ExplainedField {
        name: element.name.to_owned(),
        enterprise_number: element.enterprise_number.unwrap_or(0),
        id: element.id.into(),
        is_present: element.value.is_some(),
        value: element.value.unwrap_or_default(),
        rule: element.rule.to_string(),
    }
}
