//! Flags and files as configurations.

use clap::Parser as _;
use weir_exporter::ExporterConfig;
use weir_runtime::config::Environment;

use super::*;
use crate::cli::{Cli, Command};

fn resolved(text: &str) -> ExporterConfig {
    let config = runtime::read("weir.toml", text, &Environment::default(), Config::read).unwrap();
    config.exporter.resolve(None)
}

/// What `weir replay` makes of the file `text` and these flags.
fn under_flags(text: &str, flags: &[&str]) -> anyhow::Result<Config> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("weir.toml");
    std::fs::write(&path, text)?;
    let arguments = ["weir", "replay", "flows", "--config", path.to_str().unwrap()];
    match Cli::try_parse_from(arguments.iter().chain(flags))?.command {
        Command::Replay(args) => args.flags.into_config(),
        other => panic!("{other:?}"),
    }
}

fn names<'a>(
    elements: impl IntoIterator<Item = &'a weir_ipfix::InformationElement>,
) -> Vec<&'a str> {
    elements.into_iter().map(|element| element.name).collect()
}

const TWO_COLLECTORS: &str = "
    [[exporter.collectors]]
    address = 'udp://127.0.0.1:1'
    records_per_second = 5
    [[exporter.collectors]]
    address = 'udp://127.0.0.1:2'
    max_packet_size = 1000
    elements = ['octetDeltaCount', 'traffic_path', 'awsFlowLogRejectReason']
    ";

#[test]
fn records_hold_what_any_collector_or_output_asks_for_once() {
    let outputs = "
        [[exporter.outputs]]
        target = 'jsonl:-'
        fields = ['exp_ip', 'reject_reason', 'az_id']
        [[exporter.outputs]]
        target = 'jsonl:flows.jsonl'
        add_fields = ['az_id', 'vpc_id', 'region']
        [exporter]
        add_fields = ['flow_direction', 'region', 'region']
        ";
    let config = resolved(&format!("{TWO_COLLECTORS}{outputs}"));
    let expected = [
        "awsFlowLogFlowDirection",
        "awsFlowLogRegion",
        "awsFlowLogTrafficPath",
        "awsFlowLogRejectReason",
        "awsFlowLogAzId",
    ];
    assert_eq!(names(&config.extra_elements), expected);
}

#[test]
fn a_collector_gets_the_added_fields_and_not_what_others_have_listed() {
    let config = resolved(&format!("exporter.add_fields = ['region']\n{TWO_COLLECTORS}"));
    let [first, second] = &config.collectors[..] else { panic!("{config:?}") };
    let elements = names(first.elements.as_ref().unwrap());
    assert!(elements.contains(&"awsFlowLogRegion") && elements.contains(&"sourceIPv6Address"));
    assert!(!elements.contains(&"awsFlowLogTrafficPath"));
    let expected = ["octetDeltaCount", "awsFlowLogTrafficPath", "awsFlowLogRejectReason"];
    assert_eq!(names(second.elements.as_ref().unwrap()), expected);
}

#[test]
fn a_collector_gets_whole_records_where_nobody_asks_for_more() {
    let config = resolved(
        "exporter.add_fields = ['region']\n\
         [[exporter.collectors]]\naddress = 'udp://127.0.0.1:1'\n\
         [[exporter.outputs]]\ntarget = 'jsonl:-'",
    );
    assert_eq!(config.collectors[0].elements, None);
    assert_eq!(names(&config.extra_elements), ["awsFlowLogRegion"]);
}

#[test]
fn an_empty_file_gives_the_defaults_of_the_exporter() {
    assert_eq!(format!("{:?}", resolved("")), format!("{:?}", ExporterConfig::default()));
}

#[test]
fn a_given_flag_holds_for_all_collectors_and_the_others_stay() {
    let flags = ["--rate-limit", "7", "--template-interval", "90s"];
    let collectors = under_flags(TWO_COLLECTORS, &flags).unwrap().exporter.collectors;
    let limits = collectors.iter().map(|each| (each.records_per_second, each.max_packet_size));
    assert_eq!(limits.collect::<Vec<_>>(), [(7, 1420), (7, 1000)]);
    assert!(collectors.iter().all(|each| each.template_interval.as_secs() == 90));
}

#[test]
fn collectors_that_are_given_replace_those_of_the_file() {
    let flags = ["--collector", "tcp://[::1]:3", "--max-packet-size", "512"];
    let collectors = under_flags(TWO_COLLECTORS, &flags).unwrap().exporter.collectors;
    let [only] = &collectors[..] else { panic!("{collectors:?}") };
    assert_eq!((only.address.to_string().as_str(), only.max_packet_size), ("tcp://[::1]:3", 512));
    assert_eq!(only.elements, None);
}

#[test]
fn a_collector_that_is_given_twice_is_refused() {
    let flags = ["--collector", "udp://h:1", "--collector", "udp://h:1"];
    let error = under_flags("", &flags).unwrap_err();
    assert_eq!(error.to_string(), "udp://h:1 is given twice: give it once");
}
