//! The rule.

use std::collections::HashMap;

use super::{
    Coverage, CoverageInput, CoveredFlowLog, PassedOver, Resources, Source, SourceDecision,
    SourceKind, Ways,
};
use crate::coverage::warning::warnings;
use crate::region::TrafficType;

/// A source with all that the rule asks of it.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'c> {
    pub(super) source: &'c Source,
    pub(super) input: &'c CoverageInput,
    pub(super) flow_log: &'c CoveredFlowLog,
}

impl Coverage {
    /// Decides for each way of a flow log into an input. A way whose input or flow log is not
    /// given is left out.
    pub fn decide(
        flow_logs: &[CoveredFlowLog],
        inputs: &[CoverageInput],
        ways: &Ways,
        resources: &Resources,
    ) -> Self {
        let inputs: HashMap<&str, &CoverageInput> =
            inputs.iter().map(|input| (input.id.as_str(), input)).collect();
        let flow_logs: HashMap<&str, &CoveredFlowLog> =
            flow_logs.iter().map(|log| (log.id.as_str(), log)).collect();
        let mut candidates: Vec<Candidate<'_>> = ways
            .sources
            .iter()
            .filter_map(|source| {
                let input = inputs.get(source.input_id.as_str())?;
                let flow_log = flow_logs.get(source.flow_log_id.as_str())?;
                Some(Candidate { source, input, flow_log })
            })
            .collect();
        candidates.sort_by(|one, other| one.rank().cmp(&other.rank()));
        let places = Places::of(&candidates, resources);
        let mut coverage = Self { groups: groups(ways, &inputs), ..Self::default() };
        for (place, candidate) in candidates.iter().enumerate() {
            let better = places.near(candidate).filter(|at| *at < place);
            let better = better.filter_map(|at| candidates.get(at));
            let covering = better.filter(|better| better.covers(candidate, resources));
            coverage.decisions.push(SourceDecision {
                source: candidate.source.clone(),
                kind: candidate.input.kind,
                passed_over: covering.map(Candidate::passes_over).collect(),
                until: candidate.input.until,
            });
        }
        coverage.warnings = warnings(&candidates, &coverage.decisions, &places, resources);
        coverage.sort();
        coverage
    }

    fn sort(&mut self) {
        self.decisions.sort_by(|one, other| one.source.flow_log_id.cmp(&other.source.flow_log_id));
        for (place, decision) in self.decisions.iter().enumerate() {
            let places = self.by_flow_log.entry(decision.source.flow_log_id.clone());
            places.or_default().push(place);
        }
    }
}

impl Candidate<'_> {
    /// The better ones first; no two are equal.
    fn rank(&self) -> (SourceKind, u64, &str, &str) {
        (self.input.kind, self.input.since, &self.input.id, &self.flow_log.id)
    }

    /// Whether it has every record of `other`, which is worse.
    fn covers(&self, other: &Candidate<'_>, resources: &Resources) -> bool {
        if !self.source.is_whole
            || !self.input.is_read
            || self.input.id == other.input.id && other.input.kind != SourceKind::S3
        {
            return false;
        }
        match other.input.kind {
            SourceKind::Kinesis => false,
            // The stream is fed from the log group: it has what is in there, known or not.
            SourceKind::CloudWatchLogs => {
                self.input.kind == SourceKind::Kinesis && self.flow_log.id == other.flow_log.id
            }
            SourceKind::S3 => {
                let traffic = self.flow_log.traffic;
                (traffic == TrafficType::All || traffic == other.flow_log.traffic)
                    && resources.contains(&self.flow_log.resource_id, &other.flow_log.resource_id)
            }
        }
    }

    fn passes_over(&self) -> PassedOver {
        PassedOver {
            flow_log_id: self.flow_log.id.clone(),
            input_id: self.input.id.clone(),
            kind: self.input.kind,
            after: self.source.switch_over,
            until: self.input.until,
        }
    }
}

/// Candidates by the largest resource that theirs is part of: only these can overlap.
pub(super) struct Places<'c> {
    by_root: HashMap<&'c str, Vec<usize>>,
    resources: &'c Resources,
}

impl<'c> Places<'c> {
    fn of(candidates: &[Candidate<'c>], resources: &'c Resources) -> Self {
        let mut by_root: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, candidate) in candidates.iter().enumerate() {
            let root = resources.root(&candidate.flow_log.resource_id);
            by_root.entry(root).or_default().push(place);
        }
        Self { by_root, resources }
    }

    /// The places of all that may overlap with it, itself among them, the best first.
    pub(super) fn near(&self, candidate: &Candidate<'_>) -> impl Iterator<Item = usize> {
        let root = self.resources.root(&candidate.flow_log.resource_id);
        self.by_root.get(root).into_iter().flatten().copied()
    }
}

/// Log groups all of whose events a stream gets.
fn groups(ways: &Ways, inputs: &HashMap<&str, &CoverageInput>) -> HashMap<String, Vec<PassedOver>> {
    let mut groups: HashMap<String, Vec<PassedOver>> = HashMap::new();
    for link in &ways.links {
        let stream = inputs.get(link.stream.as_str()).filter(|stream| stream.is_read);
        let Some(stream) = stream else { continue };
        groups.entry(link.log_group.clone()).or_default().push(PassedOver {
            flow_log_id: String::new(),
            input_id: stream.id.clone(),
            kind: stream.kind,
            after: link.switch_over,
            until: stream.until,
        });
    }
    groups
}
