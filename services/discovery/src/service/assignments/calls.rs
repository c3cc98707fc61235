//! The calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Code, Request, Response, Status};
use weir_control::audit::who;
use weir_control::exporters::{Assignments, assignments, domains};
use weir_control::{Revised, failures};
use weir_inventory::AssignedExporter;
use weir_rpc::limited;
use weir_rpc::pb;
use weir_rpc::pb::exporter_assignment_service_server::{
    ExporterAssignmentService, ExporterAssignmentServiceServer,
};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, PageToken, Violations, page_size};
use weir_store::{Etag, Store};

use super::change::Change;
use super::exporters::{Exporters, Position};
use super::table;
use super::values::shown;
use crate::publish::Edition;
use crate::service::core::DiscoveryCore;

/// What failures call them.
const WHAT: &str = "assignments";

/// Between the parts of a cursor; no name has it.
const SEPARATOR: char = '\u{1f}';

/// Lines of a page of a table, where the caller does not say, and at most.
const TABLE_PAGE: (usize, usize) = (5000, 5000);

/// Adds the service to a listener.
pub(in crate::service) fn with_assignment_service(
    services: Services,
    core: &Arc<DiscoveryCore>,
    store: &Arc<dyn Store>,
) -> Services {
    let calls = Calls { core: Arc::clone(core), store: Arc::clone(store) };
    services.with(limited!(ExporterAssignmentServiceServer::new(calls)))
}

struct Calls {
    core: Arc<DiscoveryCore>,
    store: Arc<dyn Store>,
}

#[tonic::async_trait]
impl ExporterAssignmentService for Calls {
    async fn list_assignments(
        &self,
        request: Request<pb::ListAssignmentsRequest>,
    ) -> Result<Response<pb::ListAssignmentsResponse>, Status> {
        let asked = request.into_inner();
        let edition = self.edition()?;
        let Revised { value, etag } = self.read().await?;
        let exporters = self.exporters(&edition, value).await?;
        let is_asked = |(account, region, id): &Position| {
            (asked.account_id.is_empty() || asked.account_id == *account)
                && (asked.region.is_empty() || asked.region == *region)
                && (!asked.only_assigned || exporters.assigned(id).is_some())
                && (!asked.only_colliding || exporters.is_colliding(id))
        };
        let only = format!("{} {}", asked.only_assigned, asked.only_colliding);
        let query = [asked.account_id.as_str(), asked.region.as_str(), only.as_str()];
        let tokens = PageToken::of("weir.v1.ExporterAssignmentService/ListAssignments", &query);
        let size = page_size(asked.page_size, 100, 1000);
        let (page, next_page_token) = page(&exporters, &tokens, &asked.page_token, size, is_asked)?;
        let assignments = page.iter().map(|(.., id)| exporters.message(id)).collect();
        let etag = failures::etag_text(etag);
        Ok(Response::new(pb::ListAssignmentsResponse { assignments, next_page_token, etag }))
    }

    async fn set_assignment(
        &self,
        request: Request<pb::SetAssignmentRequest>,
    ) -> Result<Response<pb::SetAssignmentResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let (id, change) = (id_of(&asked.id)?, Change::of(&asked)?);
        let expected = failures::etag(&asked.etag)?;
        let edition = self.edition()?;
        if !self.exporters(&edition, Assignments::default()).await?.is_known(id) {
            return Err(unknown(id));
        }
        let changed = self.change(expected, |assigned| {
            let before = assigned.exporters.get(id).cloned();
            let after = change.apply(before.as_ref());
            put(assigned, id, after.clone());
            Ok((before.unwrap_or_default(), after))
        });
        let ((before, after), Revised { value, etag }) = changed.await?;
        tracing::info!(target: "audit", who, id, ?before, ?after, "an exporter was assigned");
        let assignment = Some(self.exporters(&edition, value).await?.message(id));
        Ok(Response::new(pb::SetAssignmentResponse { assignment, etag: failures::etag_text(etag) }))
    }

    async fn clear_assignment(
        &self,
        request: Request<pb::ClearAssignmentRequest>,
    ) -> Result<Response<pb::ClearAssignmentResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let (id, expected) = (id_of(&asked.id)?, failures::etag(&asked.etag)?);
        let edition = self.edition()?;
        let is_known = self.exporters(&edition, Assignments::default()).await?.is_known(id);
        let changed = self.change(expected, |assigned| {
            let before = assigned.exporters.remove(id);
            if before.is_none() && !is_known { Err(unknown(id)) } else { Ok(before) }
        });
        let (before, Revised { value, etag }) = changed.await?;
        tracing::info!(target: "audit", who, id, ?before, "the assignment of an exporter was cleared");
        let assignment = Some(self.exporters(&edition, value).await?.message(id));
        Ok(Response::new(pb::ClearAssignmentResponse {
            assignment,
            etag: failures::etag_text(etag),
        }))
    }

    async fn import_assignments(
        &self,
        request: Request<pb::ImportAssignmentsRequest>,
    ) -> Result<Response<pb::ImportAssignmentsResponse>, Status> {
        let who = who(&request);
        let asked = request.into_inner();
        let expected = failures::etag(&asked.etag)?;
        let edition = self.edition()?;
        let current = self.read().await?.value;
        let exporters = self.exporters(&edition, current).await?;
        // One that is gone may stay as it is: a table that was exported has it.
        let is_known = |id: &str| exporters.is_known(id) || exporters.assigned(id).is_some();
        let table = table::read(&asked.csv, is_known)?;
        let import = |assigned: &mut Assignments| Ok(import(assigned, &table, asked.replace_all));
        let (counts, etag) = if asked.validate_only {
            let Revised { mut value, etag } = self.read().await?;
            if expected.is_some() && expected != etag {
                return Err(failures::stale(WHAT, etag));
            }
            (import(&mut value)?, etag)
        } else {
            let (counts, revised) = self.change(expected, import).await?;
            tracing::info!(target: "audit", who, ?counts, "exporters were assigned from a table");
            (counts, revised.etag)
        };
        let Counts { changed, cleared, unchanged } = counts;
        let etag = failures::etag_text(etag);
        Ok(Response::new(pb::ImportAssignmentsResponse { changed, cleared, unchanged, etag }))
    }

    async fn export_assignments(
        &self,
        request: Request<pb::ExportAssignmentsRequest>,
    ) -> Result<Response<pb::ExportAssignmentsResponse>, Status> {
        let asked = request.into_inner();
        let edition = self.edition()?;
        let Revised { value, etag } = self.read().await?;
        let exporters = self.exporters(&edition, value).await?;
        let is_asked =
            |(.., id): &Position| !asked.only_assigned || exporters.assigned(id).is_some();
        let only = asked.only_assigned.to_string();
        let tokens = PageToken::of("weir.v1.ExporterAssignmentService/ExportAssignments", &[&only]);
        let size = page_size(asked.page_size, TABLE_PAGE.0, TABLE_PAGE.1);
        let (page, next_page_token) = page(&exporters, &tokens, &asked.page_token, size, is_asked)?;
        let messages: Vec<_> = page.iter().map(|(.., id)| exporters.message(id)).collect();
        let csv = table::write(messages.iter()).map_err(|error| {
            let message = format!("the table cannot be written: {error}");
            Status::from(Failure::new(Code::Internal, "TABLE_UNWRITTEN", message))
        })?;
        let etag = failures::etag_text(etag);
        Ok(Response::new(pb::ExportAssignmentsResponse { csv, next_page_token, etag }))
    }
}

impl Calls {
    fn edition(&self) -> Result<Arc<Edition>, Status> {
        self.core.check_loaded()?;
        Ok(self.core.publisher.edition())
    }

    async fn read(&self) -> Result<Revised<Assignments>, Status> {
        assignments().read(&*self.store).await.map_err(|error| failures::of_store(WHAT, &error))
    }

    async fn exporters<'e>(
        &self,
        edition: &'e Edition,
        assigned: Assignments,
    ) -> Result<Exporters<'e>, Status> {
        let domains =
            domains().read(&*self.store).await.map_err(|error| failures::of_store(WHAT, &error))?;
        Exporters::new(edition, assigned, domains.value)
    }

    async fn change<R: Send>(
        &self,
        expected: Option<Etag>,
        change: impl FnMut(&mut Assignments) -> Result<R, Status> + Send,
    ) -> Result<(R, Revised<Assignments>), Status> {
        assignments()
            .update(&*self.store, expected, change)
            .await
            .map_err(|error| failures::of_update(WHAT, error))
    }
}

/// What an import does.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    changed: u32,
    cleared: u32,
    unchanged: u32,
}

fn import(
    assigned: &mut Assignments,
    table: &BTreeMap<String, AssignedExporter>,
    replace_all: bool,
) -> Counts {
    let mut counts = Counts::default();
    let before = assigned.exporters.len();
    if replace_all {
        assigned.exporters.retain(|id, _| table.contains_key(id));
    }
    counts.cleared = count(before - assigned.exporters.len());
    for (id, exporter) in table {
        match (assigned.exporters.get(id), exporter.is_empty()) {
            (Some(known), false) if known == exporter => counts.unchanged += 1,
            (None, true) => counts.unchanged += 1,
            (Some(_), true) => counts.cleared += 1,
            (_, false) => counts.changed += 1,
        }
        put(assigned, id, exporter.clone());
    }
    counts
}

fn put(assigned: &mut Assignments, id: &str, exporter: AssignedExporter) {
    if exporter.is_empty() {
        assigned.exporters.remove(id);
    } else {
        assigned.exporters.insert(id.to_owned(), exporter);
    }
}

/// The page that `token` asks for, and the token of the next.
fn page(
    exporters: &Exporters<'_>,
    tokens: &PageToken,
    token: &str,
    size: usize,
    is_asked: impl Fn(&Position) -> bool,
) -> Result<(Vec<Position>, String), Status> {
    let after = tokens.read(token)?.and_then(|cursor| parse(&cursor));
    let positions = exporters.positions().into_iter();
    let behind = positions.filter(|position| after.as_ref().is_none_or(|after| after < position));
    let mut page: Vec<_> = behind.filter(is_asked).take(size.saturating_add(1)).collect();
    let has_more = page.len() > size;
    page.truncate(size);
    let last = page.last().filter(|_| has_more);
    let next = last.map(|(account, region, id)| {
        tokens.write(&format!("{account}{SEPARATOR}{region}{SEPARATOR}{id}"))
    });
    Ok((page, next.unwrap_or_default()))
}

fn parse(cursor: &str) -> Option<Position> {
    let mut parts = cursor.splitn(3, SEPARATOR).map(str::to_owned);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

fn id_of(id: &str) -> Result<&str, Status> {
    let id = id.trim();
    if id.is_empty() {
        return Err(Violations::of("id", "give the id of a VPC or transit gateway").into());
    }
    Ok(id)
}

fn unknown(id: &str) -> Status {
    let message = format!(
        "the inventory has no VPC or transit gateway `{}`: ListAssignments has those that it \
         has; a new one is found by RunDiscovery",
        shown(id)
    );
    Failure::new(Code::NotFound, "EXPORTER_UNKNOWN", message).into()
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
