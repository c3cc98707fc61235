//! What settings accept, the same on the command line as in the file. Each error says what to
//! give instead.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use weir_control::settings::native_field;
pub(crate) use weir_control::settings::ranges::{BUDGETS, PACKET_SIZES, RATES};
use weir_delivery::Shards;
use weir_exporter::{CollectorAddress, FileTarget, OutputTarget, SourceAddress, WhenDown};
use weir_runtime::config::{DurationRange, NumberRange};

/// Threads that read and enrich.
pub(crate) const WORKERS: NumberRange = NumberRange { least: 1, most: 1024, unit: "threads" };

/// Exporters that share the observation domains.
pub(crate) const EXPORTERS: NumberRange =
    NumberRange { least: 1, most: Shards::MOST as u64, unit: "exporters" };

/// Private enterprise numbers; IANA reserves 0.
pub(crate) const ENTERPRISE_NUMBERS: NumberRange =
    NumberRange { least: 1, most: u32::MAX as u64, unit: "" };

/// How often templates are repeated: often enough for a collector that was started late, and
/// not with every message.
pub(crate) const TEMPLATE_INTERVALS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(86_400) };

/// How long a service may take to end.
pub(crate) const GRACES: DurationRange =
    DurationRange { least: Duration::from_millis(100), most: Duration::from_secs(3600) };

/// How often a folder is looked at.
pub(crate) const INTERVALS: DurationRange =
    DurationRange { least: Duration::from_millis(50), most: Duration::from_secs(86_400) };

/// Ids of runs that are remembered.
pub(crate) const MEMORIES: NumberRange = NumberRange { least: 0, most: 100_000_000, unit: "runs" };

/// What a collector's address looks like.
pub(crate) const COLLECTOR_ADDRESS: &str =
    "write udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, such as udp://127.0.0.1:4739";

/// What an output's target looks like.
pub(crate) const OUTPUT_TARGET: &str = "write jsonl:FILE, jsonl:-, syslog+udp://HOST:PORT, \
    syslog+tcp://HOST:PORT or syslog+tls://HOST:PORT";

/// Whether what the store has no leases of begins.
#[cfg(feature = "aws")]
pub(crate) fn without_leases(text: &str) -> Result<bool, &'static str> {
    match text {
        "refuse" => Ok(false),
        "begin" => Ok(true),
        _ => Err("give refuse or begin"),
    }
}

/// The same as it stands in a file.
#[cfg(feature = "aws")]
pub(crate) fn without_leases_text(may_begin: bool) -> &'static str {
    if may_begin { "begin" } else { "refuse" }
}

/// A number of threads.
pub(crate) fn count(number: u64) -> Option<NonZeroUsize> {
    usize::try_from(number).ok().and_then(NonZeroUsize::new)
}

pub(crate) fn path(text: &str) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("give a path") } else { Ok(text.into()) }
}

/// Where a service listens.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an address and a port such as 127.0.0.1:4470 or [::]:4470")
}

pub(crate) fn ipv4_address(text: &str) -> Result<Ipv4Addr, &'static str> {
    text.parse().map_err(|_| "give an IPv4 address such as 192.0.0.8")
}

pub(crate) fn exporter_name(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("give a name such as unknown-vpc") } else { Ok(text.to_owned()) }
}

pub(crate) fn collector_address(text: &str) -> Result<CollectorAddress, &'static str> {
    text.parse().map_err(|_| COLLECTOR_ADDRESS)
}

pub(crate) fn output_target(text: &str) -> Result<OutputTarget, &'static str> {
    match text.strip_prefix("jsonl:") {
        Some("-") => Ok(OutputTarget::JsonLines(FileTarget::StandardOutput)),
        Some("") => Err("write jsonl:FILE, or jsonl:- for standard output"),
        Some(path) => Ok(OutputTarget::JsonLines(FileTarget::File(path.into()))),
        None => text.parse().map(OutputTarget::Syslog).map_err(|_| OUTPUT_TARGET),
    }
}

pub(crate) fn when_down(text: &str) -> Result<WhenDown, &'static str> {
    match text {
        "wait" => Ok(WhenDown::Wait),
        "drop" => Ok(WhenDown::Drop),
        _ => Err("write wait or drop"),
    }
}

pub(crate) fn source_address(text: &str) -> Result<SourceAddress, &'static str> {
    match text {
        "exporter" => Ok(SourceAddress::Exporter),
        address => {
            let advice = "write exporter, or an IP address of this host";
            address.parse().map(SourceAddress::Fixed).map_err(|_| advice)
        }
    }
}

pub(crate) fn server_name(text: &str) -> Result<String, &'static str> {
    let advice = "give a DNS name or an IP address";
    if weir_exporter::is_server_name(text) { Ok(text.to_owned()) } else { Err(advice) }
}

/// A time, or the start of a day (UTC).
#[cfg(feature = "aws")]
pub(crate) fn time(text: &str) -> Result<std::time::SystemTime, &'static str> {
    use jiff::tz::TimeZone;
    let of_day = || {
        let day = text.parse::<jiff::civil::Date>().ok()?;
        TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    let time = text.parse::<jiff::Timestamp>().ok().or_else(of_day);
    let milliseconds = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
    let time = milliseconds.map(|time| std::time::UNIX_EPOCH + Duration::from_millis(time));
    time.ok_or("give a date such as 2026-01-02, or a time such as 2026-01-02T03:05:00Z")
}

/// A role's ARN, and after a comma perhaps its external id.
#[cfg(feature = "aws")]
pub(crate) fn role(text: &str) -> Result<weir_aws::Role, String> {
    let roles = weir_aws::Role::list(text).map_err(|error| error.to_string())?;
    let only: Result<[weir_aws::Role; 1], _> = roles.try_into();
    only.map(|[role]| role).map_err(|_| "give the ARN of one role, or ARN,external-id".to_owned())
}
