//! What weir is asked to do: `weir.toml`, the environment and flags in one place.

pub(crate) mod accepted;
#[cfg_attr(not(feature = "aws"), path = "without_aws.rs")]
mod aws;
mod check;
mod conflicts;
mod console;
mod control;
mod dump;
mod exporter;
mod fields;
mod flags;
mod outputs;
mod reports;
mod services;
mod source_service;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use weir_control::settings::Setting;
use weir_flowlog::LogFormat;
use weir_inventory::FallbackExporter;
use weir_rpc::tls::Security;
use weir_runtime::config::{self as runtime, InvalidConfig, Section};
use weir_runtime::telemetry::TelemetryConfig;

pub(crate) use aws::AwsSections;
#[cfg(feature = "aws")]
pub(crate) use aws::{
    DiscoverySettings, IngestCloudWatchSettings, IngestS3Settings, KinesisSettings, retrieval,
};
pub(crate) use check::check;
pub(crate) use console::ConsoleSettings;
pub(crate) use control::ControlSettings;
pub(crate) use exporter::ExporterSettings;
pub(crate) use flags::ReplayFlags;
pub(crate) use outputs::OutputSettings;
pub(crate) use services::{ExporterService, ServiceSettings};
pub(crate) use source_service::SourceService;
pub(crate) use store::StoreSettings;

/// Everything that weir is asked to do, but for the paths that a replay reads. The defaults of
/// all settings are those of [`Config::default`], whether flags or a file are used.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The inventory that flows are enriched from.
    pub(crate) inventory: Option<PathBuf>,
    /// Whether services take the inventory from the store, where `weir discovery` publishes it.
    pub(crate) inventory_store: bool,
    /// The fields of files without a header line.
    pub(crate) log_format: Option<LogFormat>,
    /// Threads that read and enrich; `None` is one for each CPU.
    pub(crate) workers: Option<NonZeroUsize>,
    /// Where rejected lines go.
    pub(crate) rejects: Option<PathBuf>,
    /// Exporter of records whose VPC the inventory does not have.
    pub(crate) fallback_exporter: FallbackExporter,
    /// The MaxMind database that geographic regions come from.
    pub(crate) geo_database: Option<PathBuf>,
    /// Collectors and outputs.
    pub(crate) exporter: ExporterSettings,
    /// How the services protect their connections; `None` where the file has no `[rpc]`.
    pub(crate) security: Option<Security>,
    /// What the services are asked to do.
    pub(crate) services: ServiceSettings,
    /// What services that call AWS are asked to do.
    pub(crate) aws: AwsSections,
    /// How people change settings and accounts at run time.
    pub(crate) control: ControlSettings,
    /// The screens; none where the file has no `[console]`.
    pub(crate) console: Option<ConsoleSettings>,
    /// The settings that the file gives a value.
    given_settings: Vec<Setting>,
    /// What services tell about themselves.
    pub(crate) telemetry: TelemetryConfig,
}

/// The name of the process in telemetry, before the command gives it another.
const SERVICE: &str = "weir";

impl Default for Config {
    fn default() -> Self {
        Self {
            inventory: None,
            inventory_store: false,
            log_format: None,
            workers: None,
            rejects: None,
            fallback_exporter: FallbackExporter::default(),
            geo_database: None,
            exporter: ExporterSettings::default(),
            security: None,
            services: ServiceSettings::default(),
            aws: AwsSections::default(),
            control: ControlSettings::default(),
            console: None,
            given_settings: Vec::new(),
            telemetry: TelemetryConfig::new(SERVICE),
        }
    }
}

impl Config {
    /// Reads the file at `path` under the environment's overrides.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(crate) fn load(path: &Path) -> Result<Self, InvalidConfig> {
        runtime::load(path, Self::read)
    }

    /// Takes the configuration out of the root section.
    fn read(root: &mut Section<'_>) -> Self {
        let mut config = Self { given_settings: control::given(root), ..Self::default() };
        root.section("inventory", |section| config.read_inventory(section));
        root.section("replay", |section| config.read_replay(section));
        root.section("enricher", |section| {
            config.read_enricher(section);
            config.services.enricher.read(section);
        });
        let adds_geo_regions = config.geo_database.is_some();
        let service = &mut config.services.exporter;
        config.exporter = root.section("exporter", |section| {
            service.read(section);
            ExporterSettings::read(section, adds_geo_regions, service.exporters)
        });
        root.section("tail", |section| config.services.tail.read(section));
        config.services.store = root.section("store", StoreSettings::read);
        config.control = root.section("control", ControlSettings::read);
        config.console = ConsoleSettings::read(root);
        config.aws = AwsSections::read(root);
        let security = |section: &mut Section<'_>| {
            if section.is_empty() { None } else { Security::read(section) }
        };
        config.security = root.section("rpc", security);
        let telemetry = |section: &mut Section<'_>| TelemetryConfig::read(section, SERVICE);
        config.telemetry = root.section("telemetry", telemetry);
        conflicts::same_file(&config, root);
        conflicts::inventory(&config, root);
        config
    }

    fn read_inventory(&mut self, section: &mut Section<'_>) {
        self.inventory = section.text("file", accepted::path);
        self.inventory_store = section.switch("store").unwrap_or_default();
    }

    fn read_replay(&mut self, section: &mut Section<'_>) {
        self.log_format = section.text("log_format", LogFormat::parse);
        self.workers = section.number("workers", &accepted::WORKERS).and_then(accepted::count);
        self.rejects = section.text("rejects", accepted::path);
    }

    fn read_enricher(&mut self, section: &mut Section<'_>) {
        let fallback = &mut self.fallback_exporter;
        if let Some(address) = section.text("fallback_exporter", accepted::ipv4_address) {
            fallback.address = address;
        }
        if let Some(name) = section.text("fallback_exporter_name", accepted::exporter_name) {
            fallback.name = name;
        }
        self.geo_database = section.text("geo_database", accepted::path);
    }
}
