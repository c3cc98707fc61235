//! What a sweep found, and what follows for the inputs.

use std::collections::{BTreeMap, HashMap, HashSet};

use weir_inventory::coverage::{Coverage, CoverageInput, CoveredFlowLog, Resources, Ways, ways};
use weir_inventory::region::{FlowLog, RegionSnapshot};

use super::{Input, Inputs, SeenWay};

/// How much later a switch-over is than the moment at which somebody first read the better input,
/// in seconds: clocks differ. What ends in between is read twice.
pub const SWITCH_OVER_MARGIN: u64 = 60;

/// How long after it was disabled an input is read at most, in seconds: as long as Kinesis keeps
/// records by default.
const DRAIN: u64 = 24 * 60 * 60;

/// How long an input that is gone from the inventory is remembered, in seconds: as long as a queue
/// keeps messages at most.
const MEMORY: u64 = 14 * 24 * 60 * 60;

/// What sweeps found, as far as inputs depend on it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The flow logs.
    pub flow_logs: Vec<CoveredFlowLog>,
    /// Their ways into inputs.
    pub ways: Ways,
    /// What is part of what.
    pub resources: Resources,
}

impl Found {
    /// What these parts of an inventory have.
    pub fn of(snapshots: &[&RegionSnapshot]) -> Self {
        let mut flow_logs: BTreeMap<&str, &FlowLog> = BTreeMap::new();
        for flow_log in snapshots.iter().flat_map(|snapshot| &snapshot.flow_logs) {
            flow_logs.insert(&flow_log.id, flow_log);
        }
        let mut resources = Resources::of(snapshots.iter().copied());
        let of_interfaces: HashSet<&str> =
            flow_logs.values().map(|log| log.resource_id.as_str()).collect();
        resources.add_interfaces(snapshots.iter().copied(), |id| of_interfaces.contains(id));
        let flow_logs = flow_logs.into_values().map(CoveredFlowLog::from).collect();
        Self { flow_logs, ways: ways(snapshots), resources }
    }
}

impl Inputs {
    /// Takes notice of what sweeps found at `now` (Unix seconds): ways that are new count from now
    /// on, and what covers what is decided anew. The decisions.
    pub fn take_notice(&mut self, found: &Found, now: u64) -> Coverage {
        self.retire(now);
        let mut ways = found.ways.clone();
        let is_known = |id: &str| self.inputs.contains_key(id);
        ways.sources.retain(|source| is_known(&source.input_id));
        ways.links.retain(|link| is_known(&link.stream) && is_known(&link.log_group));
        let known: HashMap<(&str, &str), (bool, u64)> = self
            .ways
            .iter()
            .map(|way| ((way.from.as_str(), way.input_id.as_str()), (way.is_whole, way.since)))
            .collect();
        // A way that was not whole before has left records out.
        let since = |from: &str, input: &str, is_whole: bool| match known.get(&(from, input)) {
            Some((true, since)) if is_whole => *since,
            Some((false, since)) if !is_whole => *since,
            _ => now,
        };
        let mut seen = Vec::with_capacity(ways.sources.len() + ways.links.len());
        for source in &mut ways.sources {
            let (from, input_id, is_whole) =
                (source.flow_log_id.clone(), source.input_id.clone(), source.is_whole);
            let since = since(&from, &input_id, is_whole);
            source.switch_over = switch_over(since, self.inputs.get(&input_id));
            seen.push(SeenWay { from, input_id, is_whole, since });
        }
        for link in &mut ways.links {
            let (from, input_id) = (link.log_group.clone(), link.stream.clone());
            let since = since(&from, &input_id, true);
            link.switch_over = switch_over(since, self.inputs.get(&input_id));
            seen.push(SeenWay { from, input_id, is_whole: true, since });
        }
        let inputs: Vec<_> = self.inputs.iter().map(covered).collect();
        let coverage = Coverage::decide(&found.flow_logs, &inputs, &ways, &found.resources);
        self.ways = seen;
        self.keep(&coverage);
        coverage
    }

    fn keep(&mut self, coverage: &Coverage) {
        self.passed_over.clear();
        for decision in coverage.decisions().iter().filter(|it| !it.passed_over.is_empty()) {
            let of_flow_log = self.passed_over.entry(decision.source.flow_log_id.clone());
            let input_id = decision.source.input_id.clone();
            of_flow_log.or_default().insert(input_id, decision.passed_over.clone());
        }
        let groups = coverage.groups().iter();
        self.groups = groups.map(|(id, by)| (id.clone(), by.clone())).collect();
    }

    /// Inputs that were disabled long ago.
    fn retire(&mut self, now: u64) {
        let is_past = |until: Option<u64>, time| until.is_some_and(|until| until + time < now);
        for input in self.inputs.values_mut() {
            input.is_done = is_past(input.until, DRAIN);
        }
        // While a rule could enable it again, that it was disabled must not be forgotten.
        let has_rules = !self.rules.is_empty();
        self.inputs.retain(|_, input| has_rules || !is_past(input.until, MEMORY));
    }
}

fn switch_over(since: u64, input: Option<&Input>) -> u64 {
    let of_input = input.map_or(0, |input| input.read_since.unwrap_or_default().max(input.since));
    since.max(of_input) + SWITCH_OVER_MARGIN
}

fn covered((id, input): (&String, &Input)) -> CoverageInput {
    CoverageInput {
        id: id.clone(),
        kind: input.source.kind(),
        since: input.since,
        until: input.until,
        is_read: input.read_since.is_some(),
    }
}
