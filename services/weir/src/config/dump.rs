//! The effective configuration as TOML, which reads back as the same.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;
use weir_exporter::{CollectorConfig, OutputConfig, SourceAddress, TlsConfig, WhenDown};
use weir_rpc::endpoints::TargetSource;
use weir_rpc::tls::Security;
use weir_runtime::config::{duration_text, octets_text, to_toml};
use weir_runtime::telemetry::TelemetryConfig;

use super::services::{Listeners, TailSettings};
use super::source_service::SourceServiceDump;
use super::{Config, StoreSettings, aws, console, reports};

#[derive(Serialize)]
struct Dump<'a> {
    rpc: Option<Rpc<'a>>,
    inventory: Inventory<'a>,
    replay: Replay<'a>,
    tail: Tail<'a>,
    enricher: Enricher<'a>,
    exporter: Exporter<'a>,
    store: Store<'a>,
    control: Control<'a>,
    console: Option<console::Dump<'a>>,
    #[serde(flatten)]
    aws: aws::dump::Dump<'a>,
    telemetry: &'a TelemetryConfig,
}

#[derive(Default, Serialize)]
struct Rpc<'a> {
    plaintext: Option<bool>,
    ca_file: Option<&'a Path>,
    certificate_file: Option<&'a Path>,
    key_file: Option<&'a Path>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    data_callers: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    admin_callers: &'a [String],
}

#[derive(Serialize)]
struct Tail<'a> {
    folder: Option<&'a Path>,
    #[serde(flatten)]
    service: SourceServiceDump,
    interval: String,
}

#[derive(Serialize)]
struct Control<'a> {
    locked: bool,
    key_file: Option<&'a Path>,
}

#[derive(Serialize)]
struct Store<'a> {
    file: Option<&'a Path>,
    #[serde(flatten)]
    server: Option<StoreServer<'a>>,
}

#[derive(Serialize)]
struct StoreServer<'a> {
    url: &'a str,
    namespace: &'a str,
    username: Option<&'a str>,
    password_file: Option<&'a Path>,
    ca_file: Option<&'a Path>,
    timeout: String,
}

#[derive(Serialize)]
struct Service {
    listen: SocketAddr,
    admin_listen: SocketAddr,
    grace: String,
    in_flight: String,
}

#[derive(Serialize)]
struct Inventory<'a> {
    file: Option<&'a Path>,
    store: bool,
}

#[derive(Serialize)]
struct Replay<'a> {
    log_format: Option<String>,
    workers: Option<usize>,
    rejects: Option<&'a Path>,
}

#[derive(Serialize)]
struct Enricher<'a> {
    fallback_exporter: String,
    fallback_exporter_name: &'a str,
    geo_database: Option<&'a Path>,
    #[serde(flatten)]
    service: Service,
    exporter: Option<String>,
    exporters: Option<Vec<String>>,
    threads: Option<usize>,
}

#[derive(Serialize)]
struct Exporter<'a> {
    #[serde(flatten)]
    service: Service,
    exporters: usize,
    held: String,
    remembered_runs: u64,
    rejects: Option<&'a Path>,
    enterprise_number: u32,
    add_fields: Vec<&'static str>,
    collectors: Vec<Collector>,
    outputs: Vec<Output>,
}

#[derive(Serialize)]
struct Collector {
    address: String,
    #[serde(flatten)]
    report: reports::Dump,
    max_packet_size: usize,
    records_per_second: u64,
    template_interval: String,
    elements: Option<Vec<&'static str>>,
    segmentation_offload: bool,
    when_down: &'static str,
    source_address: Option<String>,
    tls: Option<Tls>,
}

#[derive(Serialize)]
struct Output {
    target: String,
    #[serde(flatten)]
    report: reports::Dump,
    fields: Vec<&'static str>,
    when_down: &'static str,
    tls: Option<Tls>,
}

#[derive(Serialize)]
struct Tls {
    ca_file: Option<PathBuf>,
    certificate_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    server_name: Option<String>,
}

/// The whole configuration with all defaults. Left out are keys without a value and a
/// collector's elements where it gets them all.
pub(super) fn dump(config: &Config) -> anyhow::Result<String> {
    let exporter = config.exporter.resolve(None);
    let add_fields = config.exporter.add_fields.iter();
    let services = &config.services;
    to_toml(&Dump {
        rpc: config.security.as_ref().map(rpc),
        inventory: Inventory { file: config.inventory.as_deref(), store: config.inventory_store },
        replay: Replay {
            log_format: config.log_format.as_ref().map(ToString::to_string),
            workers: config.workers.map(Into::into),
            rejects: config.rejects.as_deref(),
        },
        tail: tail(&services.tail),
        enricher: Enricher {
            fallback_exporter: config.fallback_exporter.address.to_string(),
            fallback_exporter_name: &config.fallback_exporter.name,
            geo_database: config.geo_database.as_deref(),
            service: service(&services.enricher.listeners, services.enricher.in_flight),
            exporter: only(&services.enricher.exporters).map(ToString::to_string),
            exporters: several(&services.enricher.exporters),
            threads: services.enricher.threads.map(Into::into),
        },
        exporter: Exporter {
            service: service(&services.exporter.listeners, services.exporter.in_flight),
            exporters: services.exporter.exporters.count(),
            held: octets_text(services.exporter.held),
            remembered_runs: services.exporter.remembered_runs,
            rejects: services.exporter.rejects.as_deref(),
            enterprise_number: exporter.enterprise_number,
            add_fields: add_fields.map(|native| native.key).collect(),
            collectors: config.exporter.collectors.iter().map(collector).collect(),
            outputs: exporter.outputs.iter().map(output).collect(),
        },
        store: store(&services.store),
        control: Control {
            locked: config.control.locked,
            key_file: config.control.key_file.as_deref(),
        },
        console: config.console.as_ref().map(Into::into),
        aws: aws::dump::dump(&config.aws),
        telemetry: &config.telemetry,
    })
}

fn only(exporters: &[TargetSource]) -> Option<&TargetSource> {
    exporters.first().filter(|_| exporters.len() == 1)
}

fn several(exporters: &[TargetSource]) -> Option<Vec<String>> {
    let exporters = Some(exporters).filter(|exporters| exporters.len() > 1);
    exporters.map(|exporters| exporters.iter().map(ToString::to_string).collect())
}

fn store(settings: &StoreSettings) -> Store<'_> {
    match settings {
        StoreSettings::Memory => Store { file: None, server: None },
        StoreSettings::File(path) => Store { file: Some(path), server: None },
        StoreSettings::Redis(config) => {
            let server = StoreServer {
                url: &config.url,
                namespace: &config.namespace,
                username: config.username.as_deref(),
                password_file: config.password_file.as_deref(),
                ca_file: config.ca_file.as_deref(),
                timeout: duration_text(config.timeout),
            };
            Store { file: None, server: Some(server) }
        }
    }
}

fn rpc(security: &Security) -> Rpc<'_> {
    match security {
        Security::Plaintext => Rpc { plaintext: Some(true), ..Rpc::default() },
        Security::Mutual(files) => Rpc {
            plaintext: None,
            ca_file: Some(&files.ca_file),
            certificate_file: Some(&files.certificate_file),
            key_file: Some(&files.key_file),
            data_callers: &files.callers.data,
            admin_callers: &files.callers.admin,
        },
    }
}

fn tail(settings: &TailSettings) -> Tail<'_> {
    Tail {
        folder: settings.folder.as_deref(),
        service: (&settings.service).into(),
        interval: duration_text(settings.interval),
    }
}

fn service(listeners: &Listeners, in_flight: u64) -> Service {
    Service {
        listen: listeners.listen,
        admin_listen: listeners.admin_listen,
        grace: duration_text(listeners.grace),
        in_flight: octets_text(in_flight),
    }
}

fn collector(collector: &CollectorConfig) -> Collector {
    let elements = collector.elements.as_ref();
    Collector {
        address: collector.address.to_string(),
        report: reports::Dump::of(collector.window.as_ref()),
        max_packet_size: collector.max_packet_size,
        records_per_second: collector.records_per_second,
        template_interval: duration_text(collector.template_interval),
        elements: elements.map(|elements| elements.iter().map(|each| each.name).collect()),
        segmentation_offload: collector.segmentation_offload,
        when_down: when_down(collector.when_down),
        source_address: source_address(collector.source_address),
        tls: tls(&collector.tls),
    }
}

fn output(output: &OutputConfig) -> Output {
    let fields = output.fields.iter().map(|field| field.key);
    Output {
        target: output.target.to_string(),
        report: reports::Dump::of(output.window.as_ref()),
        fields: fields.collect(),
        when_down: when_down(output.when_down),
        tls: tls(&output.tls),
    }
}

fn when_down(when_down: WhenDown) -> &'static str {
    match when_down {
        WhenDown::Wait => "wait",
        WhenDown::Drop => "drop",
    }
}

fn source_address(source: SourceAddress) -> Option<String> {
    match source {
        SourceAddress::System => None,
        SourceAddress::Fixed(address) => Some(address.to_string()),
        SourceAddress::Exporter => Some("exporter".to_owned()),
    }
}

fn tls(config: &TlsConfig) -> Option<Tls> {
    let TlsConfig { ca_file, certificate_file, key_file, server_name } = config.clone();
    let tls = Tls { ca_file, certificate_file, key_file, server_name };
    (!config.is_default()).then_some(tls)
}
