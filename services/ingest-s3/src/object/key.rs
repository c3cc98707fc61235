//! What the key of a flow log object tells.

use std::time::SystemTime;

use weir_flowlog::ObjectKey;

use crate::time;

/// The key of an object of a VPC or Transit Gateway flow log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowLogKey<'k> {
    /// The flow log's id (`fl-…`), where the name has it.
    pub(crate) flow_log_id: Option<&'k str>,
    /// The start of the five minutes in which its records ended, where the name has it.
    pub(crate) time: Option<SystemTime>,
}

impl<'k> FlowLogKey<'k> {
    /// `None` for keys of anything else, unless `any_key` is read, of which nothing is told.
    pub(crate) fn parse(key: &'k str, any_key: bool) -> Option<Self> {
        // A folder that somebody made in the console.
        if key.ends_with('/') {
            return None;
        }
        let other = any_key.then_some(Self { flow_log_id: None, time: None });
        Self::of_flow_log(key).or(other)
    }

    fn of_flow_log(key: &'k str) -> Option<Self> {
        let found = ObjectKey::parse(key)?;
        let name = key.rsplit('/').next().unwrap_or_default();
        let time = name.split('_').nth(4).and_then(time::of_name);
        Some(Self { flow_log_id: found.flow_log_id, time })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const FOLDER: &str = "p/AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/01/02";

    #[test]
    fn a_name_tells_the_flow_log_and_the_time() {
        let name = "123456789012_vpcflowlogs_eu-west-1_fl-0a1b_20260102T0305Z_0a1b2c3d.log.gz";
        let key = format!("{FOLDER}/{name}");
        let time = Some(UNIX_EPOCH + Duration::from_secs(1_767_323_100));
        let expected = FlowLogKey { flow_log_id: Some("fl-0a1b"), time };
        assert_eq!(FlowLogKey::parse(&key, false), Some(expected));
    }

    #[test]
    fn another_name_in_such_a_folder_tells_neither() {
        let expected = Some(FlowLogKey { flow_log_id: None, time: None });
        assert_eq!(FlowLogKey::parse(&format!("{FOLDER}/renamed.log.gz"), false), expected);
        assert_eq!(FlowLogKey::parse(&format!("{FOLDER}/a_b_c_d_e_f"), false), expected);
    }

    #[test]
    fn folders_and_other_objects_are_none() {
        for key in ["", "x.gz", "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/x.json.gz"] {
            assert_eq!(FlowLogKey::parse(key, false), None, "{key}");
            let nothing = Some(FlowLogKey { flow_log_id: None, time: None });
            assert_eq!(FlowLogKey::parse(key, true), nothing, "{key}");
        }
        for any_key in [false, true] {
            assert_eq!(FlowLogKey::parse(&format!("{FOLDER}/"), any_key), None);
        }
    }
}
