//! docs/configuration.md says what is so.

use std::collections::BTreeSet;

use crate::workplace::Workplace;

const DOCUMENT: &str = include_str!("../../../../docs/configuration.md");
const CHECK: [&str; 3] = ["check", "--config", "weir.toml"];

/// The content of each block of code in `language`.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    let blocks = DOCUMENT.split(&opening).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Each documented section's heading, and the keys of its table.
fn documented() -> Vec<(&'static str, BTreeSet<&'static str>)> {
    let sections = DOCUMENT.split("\n## `").skip(1);
    let section = |text: &'static str| {
        let (heading, body) = text.split_once('`').unwrap();
        let rows = body.lines().filter_map(|line| line.strip_prefix("| `"));
        (heading, rows.map(|row| row.split('`').next().unwrap()).collect())
    };
    sections.map(section).collect()
}

/// The keys that a section takes, as the message about an unknown one lists them.
fn known_keys(heading: &str) -> BTreeSet<String> {
    // With this alone [rpc] is complete.
    let complete = match heading {
        "[rpc]" => "plaintext = true",
        "[aws.organization]" => "role = 'weir-reader'",
        "[[ingest_s3.queues]]" => "queue = 'arn:aws:sqs:eu-west-1:111122223333:flow-logs'",
        "[[aws.roles]]" => "arn = 'arn:aws:iam::111122223333:role/weir-reader'",
        "[[ingest_kinesis.streams]]" => "name = 'flows'\nregion = 'eu-west-1'",
        "[[ingest_cloudwatch.groups]]" => {
            "group = 'arn:aws:logs:eu-west-1:111122223333:log-group:vpc-flow-logs'"
        }
        _ => "",
    };
    let text = format!("{heading}\n{complete}\nqqqqqqqqqqqq = 1");
    let workplace = Workplace::with_config(&text);
    let (_, _, problems) = workplace.run(&CHECK);
    let (_, keys) = problems.split_once("known here are ").unwrap();
    keys.lines().next().unwrap().split(", ").map(str::to_owned).collect()
}

#[test]
fn every_example_is_valid() {
    let examples = blocks("toml");
    assert!(examples.len() >= 5);
    for example in examples {
        let (code, _, problems) = Workplace::with_config(example).run(&CHECK);
        assert_eq!(code, 0, "{problems}in the example\n{example}");
    }
}

#[test]
fn every_variable_in_the_examples_is_accepted() {
    let all = blocks("sh").concat();
    let variables = all.lines().filter(|line| line.starts_with("WEIR__"));
    let variables: Vec<_> = variables
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name, value.trim_matches('\'')))
        .collect();
    assert!(!variables.is_empty());
    let (code, _, problems) = Workplace::with_config("").run_under(&variables, &CHECK);
    assert_eq!(code, 0, "{problems}");
}

#[test]
fn every_section_is_documented_with_all_of_its_keys_and_no_others() {
    let documented = documented();
    assert_eq!(documented.len(), 26);
    let is_read = |heading: &str| {
        let is_of_aws = ["aws", "discovery", "ingest_"].iter().any(|part| heading.contains(part));
        cfg!(feature = "aws") || !is_of_aws
    };
    let documented = documented.into_iter().filter(|(heading, _)| is_read(heading));
    for (heading, keys) in documented {
        let keys: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
        assert_eq!(keys, known_keys(heading), "{heading}");
    }
}

#[test]
fn the_problems_that_are_shown_are_worded_so() {
    let text = "[replay]\nworkers = 0\n[exporter]\ncolectors = 1\n[[exporter.collectors]]\n\
                address = 'udp://127.0.0.1:4739'\nmax_packet_size = 100";
    let (_, _, problems) = Workplace::with_config(text).run(&CHECK);
    let shown = blocks("text").concat();
    assert_eq!(problems.lines().count(), 3);
    for problem in problems.lines() {
        assert!(shown.contains(problem), "{problem}");
    }
}

#[test]
fn the_counts_that_are_shown_are_printed_so() {
    let (code, counts, _) = Workplace::with_config(blocks("toml")[0]).run(&CHECK);
    assert_eq!(code, 0);
    assert!(blocks("text").concat().contains(&counts), "{counts}");
}
