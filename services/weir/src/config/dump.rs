//! The effective configuration as TOML, which reads back as the same.

use std::path::{Path, PathBuf};

use serde::Serialize;
use weir_exporter::{CollectorConfig, OutputConfig, SourceAddress, TlsConfig, WhenDown};
use weir_runtime::config::{duration_text, to_toml};

use super::Config;

#[derive(Serialize)]
struct Dump<'a> {
    inventory: Inventory<'a>,
    replay: Replay<'a>,
    enricher: Enricher<'a>,
    exporter: Exporter,
}

#[derive(Serialize)]
struct Inventory<'a> {
    file: Option<&'a Path>,
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
}

#[derive(Serialize)]
struct Exporter {
    enterprise_number: u32,
    add_fields: Vec<&'static str>,
    collectors: Vec<Collector>,
    outputs: Vec<Output>,
}

#[derive(Serialize)]
struct Collector {
    address: String,
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
    to_toml(&Dump {
        inventory: Inventory { file: config.inventory.as_deref() },
        replay: Replay {
            log_format: config.log_format.as_ref().map(ToString::to_string),
            workers: config.workers.map(Into::into),
            rejects: config.rejects.as_deref(),
        },
        enricher: Enricher {
            fallback_exporter: config.fallback_exporter.address.to_string(),
            fallback_exporter_name: &config.fallback_exporter.name,
            geo_database: config.geo_database.as_deref(),
        },
        exporter: Exporter {
            enterprise_number: exporter.enterprise_number,
            add_fields: add_fields.map(|native| native.key).collect(),
            collectors: config.exporter.collectors.iter().map(collector).collect(),
            outputs: exporter.outputs.iter().map(output).collect(),
        },
    })
}

fn collector(collector: &CollectorConfig) -> Collector {
    let elements = collector.elements.as_ref();
    Collector {
        address: collector.address.to_string(),
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
