//! What the key of an S3 object says of the flow log that it is of.
//!
//! AWS writes four layouts ("Flow log files" in the Amazon VPC user guide): by day, by hour, and
//! each of them with Hive-compatible `name=value` folders. A bucket may put a prefix in front.

/// A flow log object's key, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectKey<'k> {
    /// The account that the flow log is of: twelve digits.
    pub account_id: &'k str,
    /// Region code, such as `eu-west-1`.
    pub region: &'k str,
    /// The flow log's id (`fl-…`), where the file's name has one.
    pub flow_log_id: Option<&'k str>,
}

impl<'k> ObjectKey<'k> {
    /// Reads a key or a path; `None` when it is not in one of AWS's layouts.
    pub fn parse(key: &'k str) -> Option<Self> {
        let mut folders = key.split('/').skip_while(|folder| *folder != "AWSLogs").skip(1);
        let account_id = value(folders.next()?, "aws-account-id");
        let service = value(folders.next()?, "aws-service");
        let region = value(folders.next()?, "aws-region");
        let is_account = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
        let dates = folders.clone().count().checked_sub(1)?;
        let is_known = is_account && service == "vpcflowlogs" && (3..=4).contains(&dates);
        let name = folders.last()?;
        is_known.then(|| Self { account_id, region, flow_log_id: flow_log_id(name) })
    }
}

/// The value of a Hive folder, or the whole folder in the plain layouts.
fn value<'k>(folder: &'k str, name: &str) -> &'k str {
    let of_hive = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
    of_hive.unwrap_or(folder)
}

/// File names are `<account>_vpcflowlogs_<region>_<flow log id>_<time>_<hash>.log.gz`.
fn flow_log_id(name: &str) -> Option<&str> {
    name.split('_').nth(3).filter(|part| part.starts_with("fl-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str =
        "123456789012_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20260102T0305Z_0a1b2c3d.log.gz";

    #[test]
    fn all_four_layouts_tell_account_region_and_flow_log() {
        let hive =
            "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-1";
        for folder in [
            "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/01/02".to_owned(),
            "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/01/02/03".to_owned(),
            format!("{hive}/year=2026/month=01/day=02"),
            format!("some/prefix/{hive}/year=2026/month=01/day=02/hour=03"),
        ] {
            let key = format!("{folder}/{NAME}");
            let expected = ObjectKey {
                account_id: "123456789012",
                region: "eu-west-1",
                flow_log_id: Some("fl-0a1b2c3d4e5f60718"),
            };
            assert_eq!(ObjectKey::parse(&key), Some(expected), "{key}");
        }
    }

    #[test]
    fn a_name_without_a_flow_log_id_still_tells_account_and_region() {
        let key = "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/01/02/renamed.log.gz";
        let key = ObjectKey::parse(key).unwrap();
        assert_eq!((key.account_id, key.flow_log_id), ("123456789012", None));
    }

    #[test]
    fn other_keys_say_nothing() {
        for key in [
            "",
            "flow.log.gz",
            "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/x.json.gz",
            "AWSLogs/12345/vpcflowlogs/eu-west-1/2026/01/02/x.log.gz",
            "AWSLogs/123456789012/vpcflowlogs/eu-west-1",
            "AWSLogs/123456789012/vpcflowlogs/eu-west-1/x.log.gz",
        ] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }
}
