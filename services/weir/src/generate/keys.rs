//! The names of objects, as S3 keys of flow logs are made.

use super::clock::UtcMinute;
use super::environment::FlowLog;
use super::object_file::ObjectForm;

/// The folder that AWS delivers into.
pub(super) const ROOT: &str = "AWSLogs";

/// The folders that objects lie in: AWS's default, or a partition for each hour and names that
/// Hive understands
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyLayout {
    /// A folder for each hour below the day's.
    pub(crate) hourly: bool,
    /// Folders named `key=value`.
    pub(crate) hive: bool,
}

impl KeyLayout {
    /// The key of an object whose window begins at `time`. `suffix` sets objects of the same
    /// flow log and window apart.
    pub(super) fn key(
        self,
        log: &FlowLog,
        time: UtcMinute,
        suffix: u32,
        form: ObjectForm,
    ) -> String {
        let FlowLog { id, account_id, region, .. } = log;
        let folders = self.folders(account_id, region, time);
        let extension = form.extension();
        format!(
            "{ROOT}/{folders}/{account_id}_vpcflowlogs_{region}_{id}_{time}_{suffix:08x}.{extension}"
        )
    }

    fn folders(self, account: &str, region: &str, time: UtcMinute) -> String {
        let UtcMinute { year, month, day, hour, .. } = time;
        let mut folders = if self.hive {
            format!(
                "aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}\
                 /year={year:04}/month={month:02}/day={day:02}"
            )
        } else {
            format!("{account}/vpcflowlogs/{region}/{year:04}/{month:02}/{day:02}")
        };
        if self.hourly {
            folders.push_str(if self.hive { "/hour=" } else { "/" });
            folders.push_str(&format!("{hour:02}"));
        }
        folders
    }
}
