//! `[discovery]`: when and how accounts are swept.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use weir_discovery::ip_ranges::{DEFAULT_URL, IpRangesError, IpRangesSource};
use weir_discovery::schedule::{DEFAULT_CRON, DEFAULT_TIMEZONE, Schedule, Timing};
use weir_discovery::service::DiscoveryConfig;
use weir_runtime::config::{DurationRange, NumberRange, Section};

use crate::config::accepted;

/// How long what has vanished stays known.
const KEEPS: DurationRange =
    DurationRange { least: Duration::ZERO, most: Duration::from_secs(30 * 86_400) };
/// The longest random delay of a sweep.
const JITTERS: DurationRange =
    DurationRange { least: Duration::ZERO, most: Duration::from_secs(3600) };
/// How long a region may take.
const TIMEOUTS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(3600) };
/// Regions at a time.
const CONCURRENCIES: NumberRange = NumberRange { least: 1, most: 256, unit: "regions" };

/// What stands for the ranges that weir brings along.
const BUNDLED: &str = "bundled";

/// When and how accounts are swept.
#[derive(Clone, Debug)]
pub(crate) struct DiscoverySettings {
    /// Where people and their tools connect.
    pub(crate) admin_listen: SocketAddr,
    /// How long a result may take to be published after a shutdown is asked for.
    pub(crate) grace: Duration,
    /// Where AWS's address ranges are.
    pub(crate) ip_ranges: RangesSettings,
    /// The rest.
    pub(crate) discovery: DiscoveryConfig,
}

/// Where AWS's address ranges are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RangesSettings {
    /// In weir itself.
    Bundled,
    /// At a URL.
    Url(String),
    /// In a file.
    File(PathBuf),
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4461)),
            grace: Duration::from_secs(30),
            ip_ranges: RangesSettings::Url(DEFAULT_URL.to_owned()),
            discovery: DiscoveryConfig::new(Schedule::default()),
        }
    }
}

impl DiscoverySettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let Self { admin_listen, grace, ip_ranges, discovery } = Self::default();
        let admin_listen = section.text("admin_listen", accepted::listen).unwrap_or(admin_listen);
        let schedule = schedule(section);
        let jitter = section.duration("jitter", &JITTERS).unwrap_or(discovery.timing.jitter);
        let concurrency = section.number("concurrency", &CONCURRENCIES);
        let concurrency = concurrency.and_then(|number| NonZeroUsize::new(number.try_into().ok()?));
        let timeout = section.duration("region_timeout", &TIMEOUTS);
        let keep = section.duration("keep", &KEEPS);
        let ip_ranges = section.text("ip_ranges", RangesSettings::parse).unwrap_or(ip_ranges);
        let grace = section.duration("grace", &accepted::GRACES).unwrap_or(grace);
        let discovery = DiscoveryConfig {
            timing: Timing { schedule, jitter },
            concurrency: concurrency.unwrap_or(discovery.concurrency),
            region_timeout: timeout.unwrap_or(discovery.region_timeout),
            keep: keep.unwrap_or(discovery.keep),
            ..discovery
        };
        Self { admin_listen, grace, ip_ranges, discovery }
    }
}

/// Both keys are checked by themselves first, so that each problem stands at its own.
fn schedule(section: &mut Section<'_>) -> Schedule {
    let cron = section
        .text("cron", |text| Schedule::parse(text, DEFAULT_TIMEZONE).map(|_| text.to_owned()));
    let timezone = section
        .text("timezone", |text| Schedule::parse(DEFAULT_CRON, text).map(|_| text.to_owned()));
    let cron = cron.as_deref().unwrap_or(DEFAULT_CRON);
    let timezone = timezone.as_deref().unwrap_or(DEFAULT_TIMEZONE);
    match Schedule::parse(cron, timezone) {
        Ok(schedule) => schedule,
        Err(error) => {
            section.problem("cron", error);
            Schedule::default()
        }
    }
}

impl RangesSettings {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("give a URL, a file or bundled".to_owned()),
            BUNDLED => Ok(Self::Bundled),
            url if url.contains("://") => match IpRangesSource::url(url) {
                Ok(_) => Ok(Self::Url(url.to_owned())),
                Err(error) => Err(error.to_string()),
            },
            path => Ok(Self::File(path.into())),
        }
    }

    /// As it stands in a file.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Bundled => BUNDLED.to_owned(),
            Self::Url(url) => url.clone(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The source of the ranges; none where they are bundled.
    pub(crate) fn open(&self) -> Result<Option<IpRangesSource>, IpRangesError> {
        Ok(match self {
            Self::Bundled => None,
            Self::Url(url) => Some(IpRangesSource::url(url)?),
            Self::File(path) => Some(IpRangesSource::file(path)),
        })
    }
}
