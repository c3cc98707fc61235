//! Rules of EventBridge that send new objects of buckets on to queues.

use std::collections::HashMap;

use weir_inventory::region::{BucketNotification, NotificationRoute};

use super::Buckets;
use super::pattern::S3Pattern;
use crate::sweep::arn::Arn;
use crate::sweep::calls;
use crate::sweep::faults::CallError;

/// The bus that S3 sends to.
const DEFAULT_BUS: &str = "default";

/// How many ways over buses are followed: an account has 100 buses in a region, and events may
/// go in circles.
const MAX_WAYS: usize = 200;

/// A rule of EventBridge that new objects pass, with its queues.
pub(super) struct Rule {
    arn: String,
    pattern: S3Pattern,
    queue_arns: Vec<String>,
}

/// A rule as its bus has it.
#[derive(Clone)]
struct BusRule {
    name: String,
    arn: String,
    pattern: S3Pattern,
}

/// What a rule sends to.
#[derive(Default)]
struct Targets {
    queue_arns: Vec<String>,
    /// Buses of this account and region; others cannot be read from here.
    buses: Vec<String>,
}

impl Buckets<'_> {
    /// The rules that new objects pass and that have queues: those of the default bus, and those
    /// of buses that its rules send on to.
    pub(super) async fn rules(&self, errors: &mut Vec<CallError>) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut known: HashMap<String, Vec<(BusRule, Targets)>> = HashMap::new();
        let mut ways = vec![(DEFAULT_BUS.to_owned(), S3Pattern::everything())];
        let mut next = 0;
        while let Some((bus, before)) = ways.get(next).filter(|_| next < MAX_WAYS).cloned() {
            next += 1;
            if !known.contains_key(&bus) {
                known.insert(bus.clone(), self.rules_of(&bus, errors).await);
            }
            for (rule, targets) in known.get(&bus).into_iter().flatten() {
                let Some(pattern) = rule.pattern.after(&before) else { continue };
                if !targets.queue_arns.is_empty() {
                    let (arn, queue_arns) = (rule.arn.clone(), targets.queue_arns.clone());
                    rules.push(Rule { arn, pattern: pattern.clone(), queue_arns });
                }
                for bus in &targets.buses {
                    let way = (bus.clone(), pattern.clone());
                    if !ways.contains(&way) {
                        ways.push(way);
                    }
                }
            }
        }
        rules
    }

    /// The rules of a bus that new objects pass. What cannot be read is left out.
    async fn rules_of(&self, bus: &str, errors: &mut Vec<CallError>) -> Vec<(BusRule, Targets)> {
        let listed = self.list_rules(bus).await.unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        let mut rules = Vec::new();
        for rule in listed {
            match self.targets_of(bus, &rule.name).await {
                Ok(targets) => rules.push((rule, targets)),
                Err(error) => errors.push(error),
            }
        }
        rules
    }

    async fn list_rules(&self, bus: &str) -> Result<Vec<BusRule>, CallError> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let request = self.events.list_rules().event_bus_name(bus).set_next_token(token);
            let page = self.calls.once(calls::RULES, request.send()).await?;
            let rules = page.rules.unwrap_or_default().into_iter();
            let enabled = rules.filter(|rule| {
                rule.state().is_none_or(|state| state.as_str().starts_with("ENABLED"))
            });
            found.extend(enabled.filter_map(|rule| {
                let pattern = S3Pattern::parse(rule.event_pattern()?)?;
                Some(BusRule { name: rule.name?, arn: rule.arn?, pattern })
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn targets_of(&self, bus: &str, rule: &str) -> Result<Targets, CallError> {
        let (mut targets, mut token) = (Targets::default(), None);
        loop {
            let request = self.events.list_targets_by_rule().rule(rule).event_bus_name(bus);
            let request = request.set_next_token(token);
            let page = self.calls.once(calls::RULE_TARGETS, request.send()).await?;
            for target in page.targets.unwrap_or_default() {
                self.note(target.arn, &mut targets);
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(targets);
            }
        }
    }

    fn note(&self, arn: String, targets: &mut Targets) {
        let Some(target) = Arn::parse(&arn) else { return };
        let place = self.calls.place();
        let is_here = target.region == place.region && target.account_id == place.account_id;
        match (target.service, target.resource.strip_prefix("event-bus/")) {
            ("sqs", _) => targets.queue_arns.push(arn),
            ("events", Some(bus)) if is_here => targets.buses.push(bus.to_owned()),
            _ => {}
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
