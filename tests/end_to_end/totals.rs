//! What goes in comes out: counts, octets, packets.

use std::collections::BTreeMap;

use serde_json::Value;
use weir_tests::{Datagrams, Environment, Run, Totals, UdpSink, run, weir};

/// Records read are exported, rejected or without a flow, and nothing else.
#[track_caller]
pub(crate) fn assert_conserved(summary: &Value) {
    let count = |value: &Value| value.as_u64().expect("a count");
    let sum = |object: &Value| object.as_object().unwrap().values().map(count).sum::<u64>();
    let accounted =
        count(&summary["exported"]) + sum(&summary["rejected"]) + sum(&summary["without_flow"]);
    assert_eq!(count(&summary["records_read"]), accounted, "{summary}");
}

/// The totals as a summary has them.
#[track_caller]
fn totals_of(summary: &Value) -> Totals {
    let mut totals = summary.clone();
    totals["records"] = summary["exported"].clone();
    Totals::from_json(&totals)
}

fn replay_to_json_lines(environment: &Environment, arguments: &[&str]) -> (Run, Vec<Value>) {
    let output = format!("jsonl:{}", environment.scratch().path("out.jsonl").display());
    let run = run(environment.replay().arg("--output").arg(output).args(arguments)).ended_with(0);
    let text = environment.scratch().read("out.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON"));
    (run, lines.collect())
}

#[test]
fn a_replay_exports_exactly_what_was_generated() {
    let environment = Environment::generate(&["--records", "5000"]);
    let (run, _) = replay_to_json_lines(&environment, &[]);
    let (summary, totals) = (run.summary(), environment.totals_json());
    assert_eq!(totals_of(&summary), environment.totals());
    assert_eq!(summary["records_read"], totals["lines"]);
    assert_eq!(summary["without_flow"], totals["without_flow"]);
    assert_eq!(summary["files"], totals["files"]);
    assert_eq!(summary["files_failed"], 0);
    assert_conserved(&summary);
}

#[test]
fn the_json_lines_add_up_to_the_totals_by_action() {
    let environment = Environment::generate(&["--records", "5000", "--seed", "2"]);
    let (_, lines) = replay_to_json_lines(&environment, &[]);
    let mut by_action: BTreeMap<String, Totals> = BTreeMap::new();
    for line in &lines {
        let action = line["vpcflow_action"].as_str().expect("each flow has an action");
        // A rejected flow may come without its bytes.
        let number = |key: &str| line[key].as_u64().unwrap_or(0);
        let totals = by_action.entry(action.to_owned()).or_default();
        totals.add(number("bytes_in"), number("packets_in"));
    }
    let expected = environment.totals_json();
    let expected = expected["by_action"].as_object().unwrap().iter();
    let expected = expected.map(|(action, totals)| (action.clone(), Totals::from_json(totals)));
    assert_eq!(by_action, expected.collect());
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let environment = Environment::generate(&["--records", "3000", "--seed", "3"]);
    let sorted = |workers| {
        let (run, _) = replay_to_json_lines(&environment, &["--workers", workers]);
        let text = environment.scratch().read("out.jsonl");
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (totals_of(&run.summary()), lines)
    };
    assert_eq!(sorted("1"), sorted("4"));
}

#[test]
fn a_collector_and_a_file_get_the_same_records() {
    let environment = Environment::generate(&["--records", "2000", "--seed", "4"]);
    let sink = UdpSink::open();
    let (run, lines) = replay_to_json_lines(&environment, &["--collector", &sink.url()]);
    let mut received = Totals::default();
    for record in Datagrams::decode(&sink.close()).iter().flat_map(|message| &message.records) {
        received.add(record.number(1).unwrap(), record.number(2).unwrap());
    }
    assert_eq!(received, environment.totals());
    assert_eq!(lines.len() as u64, received.records);
    let collector = &run.summary()["collectors"][0];
    assert_eq!(collector["records"], received.records);
    assert_eq!(collector["refused"], 0);
}

#[test]
fn the_summary_as_text_names_the_totals() {
    let environment = Environment::generate(&["--records", "500"]);
    let mut command = weir("replay");
    command.arg(environment.logs()).arg("--inventory").arg(environment.inventory());
    let run = run(&mut command).ended_with(0);
    let totals = environment.totals();
    run.says(&["exported", &totals.records.to_string(), &totals.bytes.to_string()]);
    assert_eq!(run.stdout, "");
}
