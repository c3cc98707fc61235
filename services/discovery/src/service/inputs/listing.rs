//! Pages of inputs and flow logs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tonic::Status;
use weir_control::inputs::Inputs;
use weir_inventory::coverage::{Coverage, SourceDecision};
use weir_inventory::region::FlowLog;
use weir_rpc::pb;
use weir_rpc::status::{PageToken, page_size};

use super::available::AllAvailable;
use super::keeper::found;
use super::messages::{flow_log_message, input_message, log_format_texts};
use crate::publish::Edition;

/// How many warnings are told.
const MAX_WARNINGS: usize = 100;

/// Between the parts of a cursor; no name has it.
const SEPARATOR: char = '\u{1f}';

/// A line of the list: inputs come first, then flow logs by VPC.
type Position = (u8, String, String);

/// The asked-for page. `inputs` are as they were stored; what is decided for them now is shown.
pub(super) fn list(
    edition: &Edition,
    available: &AllAvailable,
    mut inputs: Inputs,
    asked: &pb::ListInputsRequest,
    now: u64,
) -> Result<pb::ListInputsResponse, Status> {
    let found = found(edition);
    let coverage = inputs.take_notice(&found, now);
    let mut reached: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in &found.ways.sources {
        reached.entry(&source.input_id).or_default().push(source.flow_log_id.clone());
    }
    let flow_logs = flow_logs_of(edition);
    let known = inputs.inputs.keys();
    let ids: BTreeSet<&String> = match asked.only_enabled {
        true => known.collect(),
        false => known.chain(available.inputs.keys()).collect(),
    };
    let of_inputs = ids.into_iter().map(|id| (0, id.clone(), String::new()));
    let of_logs = flow_logs.iter().map(|(id, (vpc, _))| (1, vpc.clone(), id.clone()));
    let positions: BTreeSet<Position> = of_inputs.chain(of_logs).collect();

    let only = asked.only_enabled.to_string();
    let tokens = PageToken::of("weir.v1.InputService/ListInputs", &[&only]);
    let after = tokens.read(&asked.page_token)?.and_then(|cursor| parse(&cursor));
    let size = page_size(asked.page_size, 100, 1000);
    let behind = positions.into_iter().filter(|it| after.as_ref().is_none_or(|after| after < it));
    let mut page: Vec<_> = behind.take(size.saturating_add(1)).collect();
    let has_more = page.len() > size;
    page.truncate(size);
    let last = page.last().filter(|_| has_more);
    let next_page_token = last.map(|position| tokens.write(&text(position))).unwrap_or_default();

    let decisions = by_flow_log(&coverage);
    let mut answer = pb::ListInputsResponse { next_page_token, ..Default::default() };
    for (list, first, second) in &page {
        if *list == 0 {
            let flow_log_ids = reached.get(first.as_str()).cloned().unwrap_or_default();
            let (input, found) = (inputs.inputs.get(first), available.inputs.get(first));
            let reaching = flow_log_ids.iter().filter_map(|id| flow_logs.get(id));
            let log_formats = log_format_texts(reaching.map(|(_, flow_log)| *flow_log));
            let shown = input_message(first, input, found);
            answer.inputs.push(pb::Input { flow_log_ids, log_formats, ..shown });
        } else if let Some((vpc, flow_log)) = flow_logs.get(second) {
            let decisions = decisions.get(second.as_str()).map(Vec::as_slice).unwrap_or_default();
            answer.flow_logs.push(flow_log_message(flow_log, vpc, decisions));
        }
    }
    if asked.page_token.is_empty() {
        answer.warnings = warnings(&coverage, available, &inputs);
    }
    Ok(answer)
}

/// What people should know.
pub(super) fn warnings(
    coverage: &Coverage,
    available: &AllAvailable,
    inputs: &Inputs,
) -> Vec<String> {
    let of_rules = available.rule_warnings(inputs).into_iter();
    let of_sources = coverage.warnings().iter().map(ToString::to_string);
    of_rules.chain(of_sources).take(MAX_WARNINGS).collect()
}

fn by_flow_log(coverage: &Coverage) -> HashMap<&str, Vec<&SourceDecision>> {
    let mut decisions: HashMap<&str, Vec<&SourceDecision>> = HashMap::new();
    for decision in coverage.decisions() {
        decisions.entry(&decision.source.flow_log_id).or_default().push(decision);
    }
    decisions
}

/// The flow logs by id, each with the VPC of its resource.
fn flow_logs_of(edition: &Edition) -> BTreeMap<String, (String, &FlowLog)> {
    let mut flow_logs = BTreeMap::new();
    for (_, snapshot) in edition.snapshots().filter(|(_, it)| !it.flow_logs.is_empty()) {
        let found = &snapshot.inventory;
        let subnets = found.subnets.iter().map(|it| (it.id.as_str(), it.vpc_id.as_str()));
        let interfaces = found.interfaces.iter().map(|it| (it.id.as_str(), it.vpc_id.as_str()));
        let vpcs: HashMap<&str, &str> = subnets.chain(interfaces).collect();
        for flow_log in &snapshot.flow_logs {
            let resource = flow_log.resource_id.as_str();
            let vpc = match resource.starts_with("vpc-") {
                true => resource,
                false => vpcs.get(resource).copied().unwrap_or_default(),
            };
            flow_logs.insert(flow_log.id.clone(), (vpc.to_owned(), flow_log));
        }
    }
    flow_logs
}

fn text((list, first, second): &Position) -> String {
    format!("{list}{SEPARATOR}{first}{SEPARATOR}{second}")
}

fn parse(cursor: &str) -> Option<Position> {
    let mut parts = cursor.splitn(3, SEPARATOR);
    Some((parts.next()?.parse().ok()?, parts.next()?.to_owned(), parts.next()?.to_owned()))
}
