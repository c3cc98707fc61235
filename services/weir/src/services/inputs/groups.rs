//! Log groups.

use weir_aws::Access;
use weir_control::inputs::{Enabled, FollowedInputs, LogGroupSource};
use weir_ingest_cloudwatch::{
    Covered, GroupInput, InitialPosition, Inputs, InvalidLogGroup, LogGroup,
};
use weir_inventory::coverage::log_group_input;

use super::{Known, LeftOut};

/// What is read from CloudWatch Logs: the file's log groups and those that are enabled, with the
/// times that count.
pub(in crate::services) fn groups(file: Inputs) -> impl FnMut(&Known<'_>) -> Inputs {
    let mut left_out = LeftOut::default();
    move |known| {
        let mut inputs = Inputs {
            groups: file.groups.clone(),
            interval: known.settings.cloudwatch_request_interval,
            overlap: known.settings.cloudwatch_overlap,
            settle: known.settings.cloudwatch_settle,
        };
        for enabled in known.read(|all| &all.log_groups) {
            match group(enabled) {
                Ok(input) if inputs.groups.iter().any(|other| other.group == input.group) => {}
                Ok(input) => inputs.groups.push(input),
                Err(error) => left_out.tell(&enabled.id, &error.to_string()),
            }
        }
        if let Some(all) = known.inputs {
            inputs.groups.iter_mut().for_each(|input| input.covered = covered(all, &input.group));
        }
        inputs
    }
}

fn group(enabled: &Enabled<LogGroupSource>) -> Result<GroupInput, InvalidLogGroup> {
    Ok(GroupInput {
        group: enabled.source.arn.parse()?,
        access: Access::Account(enabled.account_id.clone()),
        formats: Vec::new(),
        start: InitialPosition::AtTimestamp(enabled.since.saturating_mul(1000)),
        // Somebody asked for it. Where its position was lost it begins at the same place again.
        begin: true,
        covered: Vec::new(),
    })
}

/// Which records of the group streams have.
fn covered(all: &FollowedInputs, group: &LogGroup) -> Vec<Covered> {
    let better = all.better_than_log_group(&log_group_input(&group.arn())).iter();
    let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
    let covered = better.map(|each| Covered {
        after: milliseconds(each.after),
        until: each.until.map(milliseconds),
    });
    covered.collect()
}
