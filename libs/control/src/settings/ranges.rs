//! What settings accept, the same in the file as at run time.

use std::time::Duration;

use weir_runtime::config::{DurationRange, NumberRange, OctetRange};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// How long a session of a role may last
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const SESSION_DURATIONS: DurationRange =
    DurationRange { least: Duration::from_secs(900), most: Duration::from_secs(43_200) };

/// How often a log group is asked.
pub const REQUEST_INTERVALS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: DAY };

/// How far behind its newest event a log group is read again.
pub const OVERLAPS: DurationRange = DurationRange { least: Duration::from_secs(60), most: DAY };

/// How old events of a log group are when they are first asked for.
pub const SETTLES: DurationRange = DurationRange { least: Duration::ZERO, most: HOUR };

/// Objects that are read at a time.
pub const S3_CONCURRENCIES: NumberRange = NumberRange { least: 1, most: 64, unit: "objects" };

/// Octets of an IPFIX message: RFC 7011 section 10.3.3 names 512 octets for an unknown path; 3900
/// is for a collector on the same host.
pub const PACKET_SIZES: NumberRange = NumberRange { least: 512, most: 3900, unit: "octets" };

/// Records per second; 0 is unlimited.
pub const RATES: NumberRange = NumberRange { least: 0, most: u64::MAX, unit: "records per second" };

/// How much a service holds in memory of what is on its way.
pub const BUDGETS: OctetRange = OctetRange { least: 1 << 20, most: 64 << 30 };
