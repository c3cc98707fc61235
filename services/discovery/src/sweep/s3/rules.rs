//! Rules of EventBridge that send new objects of buckets on to queues.

use weir_inventory::region::{BucketNotification, NotificationRoute};

use super::Buckets;
use super::pattern::S3Pattern;
use crate::sweep::arn::Arn;
use crate::sweep::calls;
use crate::sweep::faults::CallError;

/// A rule of EventBridge that new objects pass, with its queues.
pub(super) struct Rule {
    arn: String,
    pattern: S3Pattern,
    queue_arns: Vec<String>,
}

impl Buckets<'_> {
    /// The rules of the default bus that new objects pass and that have queues.
    pub(super) async fn rules(&self, errors: &mut Vec<CallError>) -> Vec<Rule> {
        let patterns = self.patterns().await.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        let mut rules = Vec::new();
        for (name, arn, pattern) in patterns {
            match self.queues_of_rule(&name).await {
                Ok(queue_arns) => rules.push(Rule { arn, pattern, queue_arns }),
                Err(error) => errors.push(error),
            }
        }
        rules
    }

    async fn patterns(&self) -> Result<Vec<(String, String, S3Pattern)>, CallError> {
        let (mut patterns, mut token) = (Vec::new(), None);
        loop {
            let request = self.events.list_rules().set_next_token(token);
            let page = self.calls.once(calls::RULES, request.send()).await?;
            let rules = page.rules.unwrap_or_default().into_iter();
            let enabled = rules.filter(|rule| {
                rule.state().is_none_or(|state| state.as_str().starts_with("ENABLED"))
            });
            patterns.extend(enabled.filter_map(|rule| {
                let pattern = S3Pattern::parse(rule.event_pattern()?)?;
                Some((rule.name?, rule.arn?, pattern))
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(patterns);
            }
        }
    }

    async fn queues_of_rule(&self, rule: &str) -> Result<Vec<String>, CallError> {
        let (mut queues, mut token) = (Vec::new(), None);
        loop {
            let request = self.events.list_targets_by_rule().rule(rule).set_next_token(token);
            let page = self.calls.once(calls::RULE_TARGETS, request.send()).await?;
            let targets = page.targets.unwrap_or_default().into_iter().map(|target| target.arn);
            let is_queue = |arn: &String| Arn::parse(arn).is_some_and(|arn| arn.service == "sqs");
            queues.extend(targets.filter(is_queue));
            token = page.next_token;
            if token.is_none() {
                return Ok(queues);
            }
        }
    }
}

/// The queues that rules send a bucket's new objects to.
pub(super) fn queues_of<'r>(
    rules: &'r [Rule],
    bucket: &'r str,
) -> impl Iterator<Item = BucketNotification> + 'r {
    let rules = rules.iter().filter(move |rule| rule.pattern.covers(bucket));
    rules.flat_map(|rule| {
        rule.queue_arns.iter().map(|queue_arn| BucketNotification {
            queue_arn: queue_arn.clone(),
            route: NotificationRoute::EventBridge { rule_arn: rule.arn.clone() },
            prefix: rule.pattern.prefix.clone(),
            suffix: rule.pattern.suffix.clone(),
        })
    })
}
