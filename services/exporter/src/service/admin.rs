//! The calls of people and their tools.

use std::sync::Arc;
use std::time::SystemTime;

use tonic::{Request, Response, Status};
use weir_flowlog::RejectReason;
use weir_rpc::limited;
use weir_rpc::pb::exporter_admin_service_server::{
    ExporterAdminService, ExporterAdminServiceServer,
};
use weir_rpc::pb::{
    FieldSpecifier, GetExportStatusRequest, GetExportStatusResponse, ListTemplatesRequest,
    ListTemplatesResponse, OutputState as StateMessage, OutputStatus, RejectedCount, Template,
};
use weir_rpc::server::Services;
use weir_rpc::status::{PageToken, Violations, page_size};

use super::core::ExporterCore;
use crate::report::{ExportReport, OutputReport, OutputState, TemplateStatus};

/// Templates of a page, where the caller does not say; and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Adds the service to a listener.
pub fn with_admin_service(services: Services, core: &Arc<ExporterCore>) -> Services {
    let service = AdminService { core: Arc::clone(core) };
    services.with(limited!(ExporterAdminServiceServer::new(service)))
}

/// Serves people.
struct AdminService {
    core: Arc<ExporterCore>,
}

#[tonic::async_trait]
impl ExporterAdminService for AdminService {
    async fn list_templates(
        &self,
        request: Request<ListTemplatesRequest>,
    ) -> Result<Response<ListTemplatesResponse>, Status> {
        let asked = request.into_inner();
        let is_asked = |each: &&TemplateStatus| {
            asked.collector.is_empty() || each.collector == asked.collector
        };
        let all = self.core.templates();
        let templates: Vec<_> = all.iter().filter(is_asked).collect();
        if templates.is_empty() && !asked.collector.is_empty() {
            let known = all.iter().map(|each| each.collector.as_str());
            let known: std::collections::BTreeSet<_> = known.collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            let advice = format!("is not a collector of this exporter: there are {known}");
            return Err(Violations::of("collector", advice).into());
        }
        let tokens =
            PageToken::of("weir.v1.ExporterAdminService/ListTemplates", &[&asked.collector]);
        let start = tokens.read(&asked.page_token)?.and_then(|at| at.parse().ok()).unwrap_or(0);
        let end = start + page_size(asked.page_size, PAGE.0, PAGE.1);
        let page = templates.iter().skip(start).take(end - start);
        let next_page_token =
            if end < templates.len() { tokens.write(&end.to_string()) } else { String::new() };
        let templates = page.map(|template| template_message(template)).collect();
        Ok(Response::new(ListTemplatesResponse { templates, next_page_token }))
    }

    async fn get_export_status(
        &self,
        _request: Request<GetExportStatusRequest>,
    ) -> Result<Response<GetExportStatusResponse>, Status> {
        let (report, received) = (self.core.report(), self.core.receiver_status());
        Ok(Response::new(GetExportStatusResponse {
            outputs: report.outputs.iter().map(output_message).collect(),
            runs_committed: report.runs,
            records_committed: report.tally.records,
            lines_rejected: report.rejected_lines(),
            runs_pending: received.pending as u64,
            octets_in_flight: received.octets_in_flight as u64,
            octets_held: self.core.held_octets() as u64,
            duplicates: received.duplicates,
            runs_remembered: received.remembered as u64,
            streams: u32::try_from(received.streams).unwrap_or(u32::MAX),
            rejected: rejected_messages(&report),
            exporters: u32::try_from(self.core.exporters().count()).unwrap_or(u32::MAX),
        }))
    }
}

fn rejected_messages(report: &ExportReport) -> Vec<RejectedCount> {
    let counts = RejectReason::ALL.iter().zip(report.rejected);
    let counts = counts.filter(|(_, lines)| *lines > 0);
    counts
        .map(|(reason, lines)| RejectedCount { reason: reason.name().to_owned(), lines })
        .collect()
}

fn template_message(template: &TemplateStatus) -> Template {
    let elements = template.elements.iter().map(|element| FieldSpecifier {
        name: element.name.to_owned(),
        enterprise_number: element.enterprise_number.unwrap_or(0),
        id: element.id.into(),
        length: element.length.into(),
    });
    Template {
        collector: template.collector.clone(),
        id: template.id.into(),
        layout_revision: template.layout.to_string(),
        elements: elements.collect(),
    }
}

fn output_message(output: &OutputReport) -> OutputStatus {
    let (state, down_for) = match &output.state {
        OutputState::Up => (StateMessage::Up, None),
        OutputState::Connecting => (StateMessage::Connecting, None),
        OutputState::Down { since, .. } => {
            let time = SystemTime::now().duration_since(*since).unwrap_or_default();
            (StateMessage::Down, prost_types::Duration::try_from(time).ok())
        }
    };
    let last = [&output.last_error, &output.last_refusal].into_iter().flatten();
    let last_error = last.max_by_key(|error| error.at).map(|error| error.error.clone());
    OutputStatus {
        name: output.address.clone(),
        state: state.into(),
        down_for,
        last_error: last_error.unwrap_or_default(),
        messages: output.messages,
        octets: output.octets,
        records: output.records,
        refused: output.refused,
        dropped: output.dropped_records(),
        reconnects: output.reconnects,
        delayed: prost_types::Duration::try_from(output.delayed).ok(),
        records_per_second_limit: output.records_per_second_limit,
        records_per_second: output.records_per_second,
        runs_waiting: output.waiting_runs,
        octets_waiting: output.waiting_octets,
        max_packet_size: output.max_packet_size,
        refused_setting: output.refused_setting.clone().unwrap_or_default(),
    }
}
