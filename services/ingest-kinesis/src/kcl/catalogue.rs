//! The metrics of the Kinesis Client Library that weir has, as the library sends them to
//! CloudWatch (<https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-kcl.html>).

use weir_control::settings::MetricsLevel;

/// A metric of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Metric {
    RecordsProcessed,
    DataBytesProcessed,
    MillisBehindLatest,
    ProcessRecordsTime,
    ExpiredIterator,
    GetRecordsSuccess,
    GetRecordsTime,
    GetShardIteratorSuccess,
    GetShardIteratorTime,
    UpdateLeaseSuccess,
    UpdateLeaseTime,
    CurrentLeases,
    LostLeases,
    RenewLeaseSuccess,
    RenewLeaseTime,
    TakenLeases,
    ExpiredLeases,
    NumWorkers,
    TotalLeases,
    NeededLeases,
    LeasesToTake,
    ListLeasesSuccess,
    ListLeasesTime,
    TakeLeaseSuccess,
    TakeLeaseTime,
    CreateLeaseSuccess,
    CreateLeaseTime,
    ShardSyncSuccess,
    ShardSyncTime,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    Bytes,
    Milliseconds,
}

/// How the library names a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The value of the dimension `Operation`.
    pub(crate) operation: &'static str,
    pub(crate) name: &'static str,
    /// The least level that has it.
    pub(crate) level: MetricsLevel,
    pub(crate) unit: Unit,
}

impl Metric {
    pub(crate) const fn entry(self) -> Entry {
        use MetricsLevel::{Detailed, Summary};
        use Unit::{Bytes, Count, Milliseconds};
        let (operation, name, level, unit) = match self {
            Self::RecordsProcessed => (PROCESS, "RecordsProcessed", Summary, Count),
            Self::DataBytesProcessed => (PROCESS, "DataBytesProcessed", Summary, Bytes),
            Self::MillisBehindLatest => (PROCESS, "MillisBehindLatest", Summary, Milliseconds),
            Self::ProcessRecordsTime => {
                (PROCESS, "RecordProcessor.processRecords.Time", Summary, Milliseconds)
            }
            Self::ExpiredIterator => (PROCESS, "ExpiredIterator", Summary, Count),
            Self::GetRecordsSuccess => {
                (PROCESS, "KinesisDataFetcher.getRecords.Success", Detailed, Count)
            }
            Self::GetRecordsTime => {
                (PROCESS, "KinesisDataFetcher.getRecords.Time", Detailed, Milliseconds)
            }
            Self::GetShardIteratorSuccess => {
                (PROCESS, "KinesisDataFetcher.getShardIterator.Success", Detailed, Count)
            }
            Self::GetShardIteratorTime => {
                (PROCESS, "KinesisDataFetcher.getShardIterator.Time", Detailed, Milliseconds)
            }
            Self::UpdateLeaseSuccess => (PROCESS, "UpdateLease.Success", Detailed, Count),
            Self::UpdateLeaseTime => (PROCESS, "UpdateLease.Time", Detailed, Milliseconds),
            Self::CurrentLeases => (RENEW, "CurrentLeases", Summary, Count),
            Self::LostLeases => (RENEW, "LostLeases", Summary, Count),
            Self::RenewLeaseSuccess => (RENEW, "RenewLease.Success", Detailed, Count),
            Self::RenewLeaseTime => (RENEW, "RenewLease.Time", Detailed, Milliseconds),
            Self::TakenLeases => (TAKE, "TakenLeases", Summary, Count),
            Self::ExpiredLeases => (TAKE, "ExpiredLeases", Summary, Count),
            Self::NumWorkers => (TAKE, "NumWorkers", Summary, Count),
            Self::TotalLeases => (TAKE, "TotalLeases", Detailed, Count),
            Self::NeededLeases => (TAKE, "NeededLeases", Detailed, Count),
            Self::LeasesToTake => (TAKE, "LeasesToTake", Detailed, Count),
            Self::ListLeasesSuccess => (TAKE, "ListLeases.Success", Detailed, Count),
            Self::ListLeasesTime => (TAKE, "ListLeases.Time", Detailed, Milliseconds),
            Self::TakeLeaseSuccess => (TAKE, "TakeLease.Success", Detailed, Count),
            Self::TakeLeaseTime => (TAKE, "TakeLease.Time", Detailed, Milliseconds),
            Self::CreateLeaseSuccess => (SYNC, "CreateLease.Success", Detailed, Count),
            Self::CreateLeaseTime => (SYNC, "CreateLease.Time", Detailed, Milliseconds),
            Self::ShardSyncSuccess => (SYNC, "Success", Summary, Count),
            Self::ShardSyncTime => (SYNC, "Time", Summary, Milliseconds),
        };
        Entry { operation, name, level, unit }
    }
}

const PROCESS: &str = "ProcessTask";
const RENEW: &str = "RenewAllLeases";
const TAKE: &str = "TakeLeases";
const SYNC: &str = "ShardSyncTask";
