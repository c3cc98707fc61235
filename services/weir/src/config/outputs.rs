//! One collector and one output of text, as they are asked for.

use weir_enrich::NativeField;
use weir_exporter::{CollectorConfig, OutputTarget, TlsConfig, Transport, WhenDown};
use weir_report::{ReportField, WindowOptions};
use weir_runtime::config::Section;

use super::fields::{element, report_field, row_element, row_field};
use super::{accepted, conflicts, reports};

/// One output of text as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct OutputSettings {
    /// Where it goes, which says in what form.
    pub(crate) target: OutputTarget,
    /// How records are counted together; each is written by itself when `None`.
    pub(crate) window: Option<WindowOptions>,
    /// The fields that are written, in order; those of the report and the fields added to every
    /// output when `None`.
    pub(crate) fields: Option<Vec<ReportField>>,
    /// Fields of the flow log that are written after these.
    pub(crate) add_fields: Vec<&'static NativeField>,
    /// What happens while it cannot be written.
    pub(crate) when_down: WhenDown,
    /// How a receiver is verified and weir shows itself.
    pub(crate) tls: TlsConfig,
}

impl OutputSettings {
    /// Report 20201 and what is added to every output.
    pub(crate) fn new(target: OutputTarget) -> Self {
        let (when_down, tls) = (WhenDown::default(), TlsConfig::default());
        Self { target, window: None, fields: None, add_fields: Vec::new(), when_down, tls }
    }
}

/// One of `[[exporter.collectors]]`.
pub(super) fn collector(section: &mut Section<'_>) -> Option<CollectorConfig> {
    section.require("address", accepted::COLLECTOR_ADDRESS);
    let address = section.text("address", accepted::collector_address);
    let size = section.number("max_packet_size", &accepted::PACKET_SIZES);
    let rate = section.number("records_per_second", &accepted::RATES);
    let interval = section.duration("template_interval", &accepted::TEMPLATE_INTERVALS);
    let window = reports::window(section);
    let elements = section.texts("elements", |name| match &window {
        Some(window) => row_element(window, name),
        None => element(name),
    });
    let segmentation = section.switch("segmentation_offload");
    let elements = not_empty("elements", elements, section);
    let when_down = section.text("when_down", accepted::when_down).unwrap_or_default();
    let source = section.text("source_address", accepted::source_address).unwrap_or_default();
    let tls = section.section("tls", tls);

    let default = CollectorConfig::new(address?);
    conflicts::source(source, &default.address, section);
    conflicts::tls(&tls, default.address.transport == Transport::Tls, section);
    let size = size.and_then(|size| size.try_into().ok());
    Some(CollectorConfig {
        max_packet_size: size.unwrap_or(default.max_packet_size),
        records_per_second: rate.unwrap_or(default.records_per_second),
        template_interval: interval.unwrap_or(default.template_interval),
        window,
        elements,
        segmentation_offload: segmentation.unwrap_or(default.segmentation_offload),
        when_down,
        source_address: source,
        tls,
        ..default
    })
}

/// One of `[[exporter.outputs]]`.
pub(super) fn output(section: &mut Section<'_>) -> Option<OutputSettings> {
    section.require("target", accepted::OUTPUT_TARGET);
    let target = section.text("target", accepted::output_target);
    let window = reports::window(section);
    let fields = section.texts("fields", |name| match &window {
        Some(window) => row_field(window.report, name),
        None => report_field(name),
    });
    let add_fields = section.texts("add_fields", accepted::native_field).unwrap_or_default();
    if window.is_some() && !add_fields.is_empty() {
        let problem =
            "rows are counted over an interval and have no fields of a line: leave it out";
        section.problem("add_fields", problem);
    }
    let fields = not_empty("fields", fields, section);
    let when_down = section.text("when_down", accepted::when_down).unwrap_or_default();
    let tls = section.section("tls", tls);

    let target = target?;
    let is_tls = matches!(&target, OutputTarget::Syslog(to) if to.transport == Transport::Tls);
    conflicts::tls(&tls, is_tls, section);
    Some(OutputSettings { target, window, fields, add_fields, when_down, tls })
}

/// `tls` of a collector or an output.
fn tls(section: &mut Section<'_>) -> TlsConfig {
    TlsConfig {
        ca_file: section.text("ca_file", accepted::path),
        certificate_file: section.text("certificate_file", accepted::path),
        key_file: section.text("key_file", accepted::path),
        server_name: section.text("server_name", accepted::server_name),
    }
}

/// A list that was left out is a default; an empty one is more likely a mistake.
fn not_empty<T>(key: &str, list: Option<Vec<T>>, section: &mut Section<'_>) -> Option<Vec<T>> {
    if list.as_ref().is_some_and(Vec::is_empty) {
        section.problem(key, "empty: list at least one, or leave the key out for the default");
    }
    list.filter(|list| !list.is_empty())
}
