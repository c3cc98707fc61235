//! Flags of `weir replay`, which go over what a file says.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use weir_enrich::NativeField;
use weir_exporter::{CollectorAddress, CollectorConfig, OutputTarget};
use weir_flowlog::LogFormat;
use weir_runtime::usage;

use super::{Config, OutputSettings, accepted, conflicts};

/// What `weir replay` is asked to do. A flag that is given goes over the file's value; the
/// defaults of what neither gives are those of [`Config`].
#[derive(Debug, Args)]
pub(crate) struct ReplayFlags {
    /// Read what is not given here from this file, such as weir.toml; `weir check` checks it.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The inventory that flows are enriched from.
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Send IPFIX there, over udp://, tcp:// or tls://; may be given several times.
    #[arg(long, value_name = "udp://HOST:PORT", value_parser = accepted::collector_address)]
    collector: Vec<CollectorAddress>,
    /// Write report 20201 there: jsonl:FILE, jsonl:- (standard output),
    /// syslog+udp://HOST:PORT, or syslog+tcp:// or syslog+tls://; may be given several times.
    #[arg(long, value_name = "TARGET", value_parser = accepted::output_target)]
    output: Vec<OutputTarget>,
    /// Fields of the flow log to add to every output as they stand in the line, such as
    /// flow_direction,traffic_path; may be given several times.
    #[arg(long, value_name = "FIELD", value_delimiter = ',', value_parser = accepted::native_field)]
    add_field: Vec<&'static NativeField>,
    /// The fields of files without a header line, as AWS writes a log format.
    #[arg(long, value_name = "FIELDS", value_parser = LogFormat::parse)]
    log_format: Option<LogFormat>,
    /// Write rejected lines there, each with its file, line number and reason.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Exporter address of records whose VPC the inventory does not have; 192.0.0.8 by default.
    #[arg(long, value_name = "IP", value_parser = accepted::ipv4_address)]
    fallback_exporter: Option<Ipv4Addr>,
    /// A MaxMind database (.mmdb) that names the geographic regions of public addresses:
    /// src_geo_region and dest_geo_region in every output.
    #[arg(long, value_name = "FILE")]
    geo_database: Option<PathBuf>,
    /// Threads that read and enrich; one for each CPU by default.
    #[arg(long, value_name = "N", value_parser = |text: &str| accepted::WORKERS.parse(text))]
    workers: Option<u64>,
    #[command(flatten)]
    export: ExportFlags,
}

/// How IPFIX is sent, to all collectors.
#[derive(Debug, Args)]
struct ExportFlags {
    /// Records per second to each collector, evenly spread; 0, the default, is unlimited.
    #[arg(long, value_name = "N", value_parser = |text: &str| accepted::RATES.parse(text))]
    rate_limit: Option<u64>,
    /// The most octets of an IPFIX message (the UDP payload), 512 to 3900; 1420 by default.
    /// Above the path MTU less headers it is refused, unless the collector is on this host.
    #[arg(long, value_name = "OCTETS",
        value_parser = |text: &str| accepted::PACKET_SIZES.parse(text))]
    max_packet_size: Option<u64>,
    /// How often templates are sent again, 1s to 1d; 10m by default.
    #[arg(long, value_name = "TIME",
        value_parser = |text: &str| accepted::TEMPLATE_INTERVALS.parse(text))]
    template_interval: Option<Duration>,
    /// The private enterprise number of weir's own elements; 32473 by default.
    #[arg(long, value_name = "PEN",
        value_parser = |text: &str| accepted::ENTERPRISE_NUMBERS.parse(text))]
    enterprise_number: Option<u64>,
}

impl ReplayFlags {
    /// The file's configuration, if one is given, under these flags.
    ///
    /// # Errors
    ///
    /// Bad usage: all that is wrong with the file, and flags that do not go together.
    pub(crate) fn into_config(self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::default(),
        };
        self.put_over(&mut config);
        conflicts::of_all(&config).map_err(|problem| usage(anyhow!(problem)))?;
        Ok(config)
    }

    fn put_over(self, config: &mut Config) {
        config.inventory = self.inventory.or(config.inventory.take());
        config.log_format = self.log_format.or(config.log_format.take());
        config.rejects = self.rejects.or(config.rejects.take());
        config.workers = self.workers.and_then(accepted::count).or(config.workers);
        let fallback = &mut config.fallback_exporter.address;
        *fallback = self.fallback_exporter.unwrap_or(*fallback);

        config.geo_database = self.geo_database.or(config.geo_database.take());
        let exporter = &mut config.exporter;
        exporter.adds_geo_regions = config.geo_database.is_some();
        if !self.collector.is_empty() {
            exporter.collectors = self.collector.into_iter().map(CollectorConfig::new).collect();
        }
        if !self.output.is_empty() {
            exporter.outputs = self.output.into_iter().map(OutputSettings::new).collect();
        }
        if !self.add_field.is_empty() {
            exporter.add_fields = self.add_field;
        }
        self.export.put_over(config);
    }
}

impl ExportFlags {
    fn put_over(self, config: &mut Config) {
        let number = self.enterprise_number.and_then(|number| number.try_into().ok());
        let exporter = &mut config.exporter;
        exporter.enterprise_number = number.unwrap_or(exporter.enterprise_number);
        let size = self.max_packet_size.and_then(|size| size.try_into().ok());
        for collector in &mut exporter.collectors {
            collector.max_packet_size = size.unwrap_or(collector.max_packet_size);
            collector.records_per_second = self.rate_limit.unwrap_or(collector.records_per_second);
            collector.template_interval =
                self.template_interval.unwrap_or(collector.template_interval);
        }
    }
}
