//! What discovery knows of the fields of lines, for tests.

use std::sync::Arc;

use weir_inventory::log_formats::{
    Covering, FoundFormats, GroupFlowLog, GroupFormats, KnownFormats, group_id,
};

/// What is known when flow logs of interfaces write to a log group, each with its format: pairs of
/// an interface and a list of fields. The flow log of `eni-a` is `fl-of-eni-a`.
#[must_use]
pub fn known_formats(
    account_id: &str,
    region: &str,
    group: &str,
    flow_logs: &[(&str, &str)],
) -> Arc<KnownFormats> {
    let log = |(resource, log_format): &(&str, &str)| GroupFlowLog {
        id: format!("fl-of-{resource}"),
        resource_id: (*resource).to_owned(),
        log_format: (*log_format).to_owned(),
        gone: None,
    };
    let covering = |(place, (resource, _)): (usize, &(&str, &str))| Covering {
        flow_logs: vec![place],
        resources: vec![(*resource).to_owned()],
    };
    let formats = GroupFormats {
        flow_logs: flow_logs.iter().map(log).collect(),
        covered: flow_logs.iter().enumerate().map(covering).collect(),
    };
    let groups = [(group_id(account_id, region, group), formats)].into();
    Arc::new(KnownFormats::of(&FoundFormats { groups, ..FoundFormats::default() }))
}
