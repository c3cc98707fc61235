//! What CloudWatch Logs knows of the log groups that flow logs are delivered to.

mod mapping;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::PolicyType;
use aws_types::SdkConfig;
use weir_inventory::region::{LogGroup, SubscriptionFilter};

use self::mapping::AccountFilter;
use super::calls::{self, Calls, client};
use super::faults::CallError;

/// CloudWatch Logs in one region.
pub(crate) struct Logs<'c> {
    calls: &'c Calls,
    client: Client,
}

/// A destination of CloudWatch Logs: its ARN and the ARN of the stream behind it.
pub(crate) type Destination = (String, String);

impl<'c> Logs<'c> {
    pub(crate) fn new(calls: &'c Calls, config: &SdkConfig) -> Self {
        Self { calls, client: client!(aws_sdk_cloudwatchlogs, "logs", calls, config) }
    }

    /// The log groups of these names, with their filters. The errors are of what is missing in
    /// them.
    pub(crate) async fn log_groups(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<(Vec<LogGroup>, Vec<CallError>), CallError> {
        if names.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut errors = Vec::new();
        let policies = self.account_filters().await.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        let mut groups = Vec::new();
        for name in names {
            let Some(mut group) = self.log_group(name).await? else { continue };
            match self.filters(name).await {
                Ok(filters) => group.subscription_filters = filters,
                Err(error) => errors.push(error),
            }
            let of_account = policies.iter().filter_map(|policy| policy.of(name));
            group.subscription_filters.extend(of_account);
            groups.push(group);
        }
        self.calls.progress().found("log groups", groups.len());
        Ok((groups, errors))
    }

    async fn log_group(&self, name: &str) -> Result<Option<LogGroup>, CallError> {
        let mut found = None;
        let request = self.client.describe_log_groups().log_group_name_prefix(name);
        let pages = request.into_paginator().send();
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput| {
            let mut groups = page.log_groups().iter();
            let same = groups.find(|group| group.log_group_name() == Some(name));
            found = found.take().or(same.and_then(mapping::log_group));
        };
        self.calls.pages(calls::LOG_GROUPS, pages, take).await?;
        Ok(found)
    }

    async fn filters(&self, name: &str) -> Result<Vec<SubscriptionFilter>, CallError> {
        let mut filters = Vec::new();
        let request = self.client.describe_subscription_filters().log_group_name(name);
        let pages = request.into_paginator().send();
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_subscription_filters::DescribeSubscriptionFiltersOutput| {
            filters.extend(page.subscription_filters().iter().filter_map(mapping::filter));
        };
        self.calls.pages(calls::SUBSCRIPTION_FILTERS, pages, take).await?;
        Ok(filters)
    }

    async fn account_filters(&self) -> Result<Vec<AccountFilter>, CallError> {
        let (mut filters, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.describe_account_policies().set_next_token(token);
            let request = request.policy_type(PolicyType::SubscriptionFilterPolicy);
            let page = self.calls.once(calls::ACCOUNT_POLICIES, request.send()).await?;
            filters.extend(page.account_policies().iter().filter_map(AccountFilter::new));
            token = page.next_token;
            if token.is_none() {
                return Ok(filters);
            }
        }
    }

    /// The account's own destinations, which filters of other accounts may name.
    pub(crate) async fn destinations(&self) -> Result<Vec<Destination>, CallError> {
        let mut destinations = Vec::new();
        let pages = self.client.describe_destinations().into_paginator().send();
        let take = |page: aws_sdk_cloudwatchlogs::operation::describe_destinations::DescribeDestinationsOutput| {
            let found = page.destinations.unwrap_or_default().into_iter();
            destinations.extend(found.filter_map(|found| Some((found.arn?, found.target_arn?))));
        };
        self.calls.pages(calls::DESTINATIONS, pages, take).await?;
        Ok(destinations)
    }
}
