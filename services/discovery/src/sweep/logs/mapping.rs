//! Log groups, subscription filters and policies of accounts: SDK shapes → model.

use aws_sdk_cloudwatchlogs::types;
use serde::Deserialize;
use weir_inventory::region::{LogGroup, SubscriptionFilter};

/// A log group without its filters.
pub(crate) fn log_group(group: &types::LogGroup) -> Option<LogGroup> {
    let arn = group.log_group_arn().or(group.arn()).unwrap_or_default();
    Some(LogGroup {
        name: group.log_group_name()?.to_owned(),
        arn: arn.strip_suffix(":*").unwrap_or(arn).to_owned(),
        retention_days: group.retention_in_days().and_then(|days| u32::try_from(days).ok()),
        subscription_filters: Vec::new(),
    })
}

/// A subscription filter of a log group.
pub(crate) fn filter(filter: &types::SubscriptionFilter) -> Option<SubscriptionFilter> {
    Some(SubscriptionFilter {
        name: filter.filter_name().unwrap_or_default().to_owned(),
        destination_arn: filter.destination_arn()?.to_owned(),
        target_arn: None,
        filter_pattern: filter.filter_pattern().unwrap_or_default().to_owned(),
        is_account_policy: false,
    })
}

/// A subscription filter policy of an account: holds for all log groups that it does not leave
/// out (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountFilter {
    filter: SubscriptionFilter,
    criteria: Criteria,
}

/// Which log groups a policy holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Criteria {
    All,
    AllBut(Vec<String>),
    StartingWith(Vec<String>),
}

/// The document of a policy of type `SUBSCRIPTION_FILTER_POLICY`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    destination_arn: String,
    #[serde(default)]
    filter_pattern: String,
}

impl AccountFilter {
    /// `None` for a document or a selection that this version does not understand: where events
    /// go is left out rather than guessed.
    pub(crate) fn new(policy: &types::AccountPolicy) -> Option<Self> {
        let document: PolicyDocument = serde_json::from_str(policy.policy_document()?).ok()?;
        let filter = SubscriptionFilter {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            destination_arn: document.destination_arn,
            target_arn: None,
            filter_pattern: document.filter_pattern,
            is_account_policy: true,
        };
        Some(Self { filter, criteria: criteria(policy.selection_criteria().unwrap_or_default())? })
    }

    /// The filter, if it holds for a log group.
    pub(crate) fn of(&self, log_group: &str) -> Option<SubscriptionFilter> {
        let holds = match &self.criteria {
            Criteria::All => true,
            Criteria::AllBut(names) => !names.iter().any(|name| name == log_group),
            Criteria::StartingWith(starts) => {
                starts.iter().any(|start| log_group.starts_with(start.as_str()))
            }
        };
        holds.then(|| self.filter.clone())
    }
}

/// `LogGroupName NOT IN ["a", "b"]`, or `LogGroupNamePrefix IN ["a"]`.
fn criteria(text: &str) -> Option<Criteria> {
    if text.trim().is_empty() {
        return Some(Criteria::All);
    }
    let list = text.find('[')?;
    let names: Vec<String> = serde_json::from_str(text.get(list..)?.trim()).ok()?;
    let words: Vec<&str> = text.get(..list)?.split_whitespace().collect();
    match words.as_slice() {
        ["LogGroupName", "NOT", "IN"] => Some(Criteria::AllBut(names)),
        ["LogGroupNamePrefix", "IN"] => Some(Criteria::StartingWith(names)),
        _ => None,
    }
}
