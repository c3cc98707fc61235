//! `[console]`: the screens of weir in a browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use weir_console::{
    AccessConfig, CertificateConfig, SERVERS, Servers, SessionLimits, check_certificate,
    check_tokens,
};
use weir_rpc::endpoints::{InvalidTarget, TargetSource};
use weir_runtime::config::{DurationRange, Section, duration_text};

use super::accepted;

/// How long a session may last without a request.
const IDLES: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(86_400) };

/// How long a session may last in all.
const LIFETIMES: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(30 * 86_400) };

/// How often it is asked how everything goes.
const INTERVALS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(60) };

/// How long answers under way may take to end: nothing is lost with them.
const GRACE: Duration = Duration::from_secs(5);

/// What `weir console` is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct ConsoleSettings {
    /// Where browsers connect.
    pub(crate) listen: SocketAddr,
    /// Where health checks connect.
    pub(crate) admin_listen: SocketAddr,
    /// Whom it calls.
    pub(crate) servers: Servers,
    /// Who may look and change.
    pub(crate) access: AccessConfig,
    /// How often it is asked how everything goes.
    pub(crate) interval: Duration,
    /// How long answers under way may take after a shutdown is asked for.
    pub(crate) grace: Duration,
}

impl ConsoleSettings {
    /// The section; none where the file has none.
    pub(super) fn read(root: &mut Section<'_>) -> Option<Self> {
        let is_given = root.gives("console");
        let settings = root.section("console", Self::take);
        is_given.then_some(settings).flatten()
    }

    /// None where a default could not stand in for what was refused.
    fn take(section: &mut Section<'_>) -> Option<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listen = section.text("listen", accepted::listen).unwrap_or(local(4530));
        let settings = Self {
            listen,
            admin_listen: section.text("admin_listen", accepted::listen).unwrap_or(local(4531)),
            servers: servers(section).ok()?,
            access: access(section),
            interval: section.duration("interval", &INTERVALS).unwrap_or(Duration::from_secs(5)),
            grace: section.duration("grace", &accepted::GRACES).unwrap_or(GRACE),
        };
        if let Err(unsafe_listener) = settings.access.check_listener(listen) {
            section.problem("listen", unsafe_listener);
        }
        Some(settings)
    }

    /// Reports files that cannot be used.
    pub(super) fn check_files(&self, root: &mut Section<'_>) {
        let AccessConfig { admin_token_file, viewer_token_file, certificate, .. } = &self.access;
        if (admin_token_file.is_some() || viewer_token_file.is_some())
            && let Err(error) = check_tokens(&self.access)
        {
            root.problem("console", format_args!("{:#}", anyhow::Error::new(error)));
        }
        if let Some(Err(error)) = certificate.as_ref().map(check_certificate) {
            root.problem("console", format_args!("{:#}", anyhow::Error::new(error)));
        }
    }
}

fn servers(section: &mut Section<'_>) -> Result<Servers, InvalidTarget> {
    let [discovery, enricher, exporter] = SERVERS.map(str::parse::<TargetSource>);
    let discovery = section.text("discovery", str::parse).map_or(discovery, Ok)?;
    let enrichers = section.texts("enrichers", str::parse);
    let exporters = section.texts("exporters", str::parse);
    Ok(Servers {
        discovery,
        enrichers: enrichers.map_or_else(|| Ok(vec![enricher?]), Ok)?,
        exporters: exporters.map_or_else(|| Ok(vec![exporter?]), Ok)?,
    })
}

fn access(section: &mut Section<'_>) -> AccessConfig {
    let admin_token_file = section.text("admin_token_file", accepted::path);
    let viewer_token_file = section.text("viewer_token_file", accepted::path);
    let certificate = certificate(section);
    let trusted_proxies = section.texts("trusted_proxies", proxy).unwrap_or_default();
    let limits = SessionLimits::default();
    let sessions = SessionLimits {
        idle: section.duration("session_idle", &IDLES).unwrap_or(limits.idle),
        lifetime: section.duration("session_lifetime", &LIFETIMES).unwrap_or(limits.lifetime),
        ..limits
    };
    AccessConfig { admin_token_file, viewer_token_file, certificate, trusted_proxies, sessions }
}

fn proxy(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "give the address that the proxy connects from, such as 10.0.0.5")
}

fn certificate(section: &mut Section<'_>) -> Option<CertificateConfig> {
    let certificate_file = section.text("certificate_file", accepted::path);
    let key_file = section.text("key_file", accepted::path);
    match (certificate_file, key_file) {
        (Some(certificate_file), Some(key_file)) => {
            Some(CertificateConfig { certificate_file, key_file })
        }
        (Some(_), None) => {
            section.problem("key_file", "missing: a certificate needs its key");
            None
        }
        (None, Some(_)) => {
            section.problem("certificate_file", "missing: a key needs its certificate");
            None
        }
        (None, None) => None,
    }
}

/// The same as TOML.
#[derive(Serialize)]
pub(super) struct Dump<'a> {
    listen: SocketAddr,
    admin_listen: SocketAddr,
    discovery: String,
    enrichers: Vec<String>,
    exporters: Vec<String>,
    admin_token_file: Option<&'a PathBuf>,
    viewer_token_file: Option<&'a PathBuf>,
    certificate_file: Option<&'a PathBuf>,
    key_file: Option<&'a PathBuf>,
    trusted_proxies: &'a [IpAddr],
    session_idle: String,
    session_lifetime: String,
    interval: String,
    grace: String,
}

impl<'a> From<&'a ConsoleSettings> for Dump<'a> {
    fn from(settings: &'a ConsoleSettings) -> Self {
        let ConsoleSettings { servers, access, .. } = settings;
        let texts = |sources: &[TargetSource]| sources.iter().map(ToString::to_string).collect();
        Self {
            listen: settings.listen,
            admin_listen: settings.admin_listen,
            discovery: servers.discovery.to_string(),
            enrichers: texts(&servers.enrichers),
            exporters: texts(&servers.exporters),
            admin_token_file: access.admin_token_file.as_ref(),
            viewer_token_file: access.viewer_token_file.as_ref(),
            certificate_file: access.certificate.as_ref().map(|it| &it.certificate_file),
            key_file: access.certificate.as_ref().map(|it| &it.key_file),
            trusted_proxies: &access.trusted_proxies,
            session_idle: duration_text(access.sessions.idle),
            session_lifetime: duration_text(access.sessions.lifetime),
            interval: duration_text(settings.interval),
            grace: duration_text(settings.grace),
        }
    }
}
