//! Sections that a weir with the feature `aws` reads, and one without passes over.

use crate::workplace::Workplace;

const FULL: &str = include_str!("aws/full.toml");
const PROBLEMS: &str = include_str!("aws/problems.toml");
const DUMP: [&str; 4] = ["check", "--config", "weir.toml", "--dump"];

#[cfg(not(feature = "aws"))]
#[test]
fn without_the_feature_the_sections_are_passed_over() {
    for text in [FULL, PROBLEMS] {
        let (code, stdout, stderr) = Workplace::with_config(text).run(&DUMP);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let dumped = ["aws", "discovery", "ingest_"].iter().any(|it| stdout.contains(it));
        assert!(!dumped, "{stdout}");
    }
}

#[cfg(feature = "aws")]
#[test]
fn a_dump_has_everything_but_secrets_and_reads_back_as_the_same() {
    let (code, dump, problems) = Workplace::with_config(FULL).run(&DUMP);
    assert_eq!((code, problems.as_str()), (0, ""));
    let values = [
        "0 0/30 6-20 ? * MON-FRI",
        "Europe/Berlin",
        "ip-ranges.json",
        "externalID-1",
        "externalID-2",
        "externalID-3",
        "ou-ab12-34cd56ef",
        "https://vpce-1.ec2.eu-west-1.vpce.amazonaws.com",
        "http://127.0.0.1:5000",
        "arn:aws:iam::333333333333:role/R2",
        "https://sqs.eu-west-1.amazonaws.com/111111111111/flow-logs",
        "arn:aws:iam::111111111111:role/queue-reader,externalID-4",
        "arn:aws:iam::222222222222:role/bucket-reader",
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vpc/flow-logs",
        "arn:aws:iam::111122223333:role/weir-logs,externalID-4",
        "srcaddr dstaddr bytes",
        "2026-01-02T03:04:05Z",
        "oldest",
        "eu-north-1",
        "1m",
    ];
    for value in values {
        assert!(dump.contains(&format!("\"{value}\"")), "{value} is not in\n{dump}");
    }
    // The application's name, as the Kinesis Client Library has it.
    assert!(dump.contains("namespace = \"weir-production\""), "{dump}");
    assert!(!dump.contains("AKIAIOSFODNN7EXAMPLE"), "{dump}");
    let (_, again, _) = Workplace::with_config(&dump).run(&DUMP);
    assert_eq!(again, dump);
}

#[cfg(feature = "aws")]
#[test]
fn all_problems_are_reported_with_their_keys() {
    let (code, _, problems) = Workplace::with_config(PROBLEMS).run(&DUMP);
    assert_eq!(code, 64);
    let keys = [
        "discovery.cron",
        "discovery.timezone",
        "discovery.concurrency",
        "discovery.keep",
        "discovery.ip_ranges",
        "discovery.schedule",
        "ingest_s3.concurrency",
        "ingest_s3.visibility_timeout",
        "ingest_s3.queues[0].queue",
        "ingest_s3.queues[1].queue",
        "ingest_s3.queues[2].role",
        "ingest_s3.queues[3].queue",
        "aws.session_duration",
        "aws.role_list",
        "aws.profiles[0].name",
        "ingest_cloudwatch.interval",
        "ingest_cloudwatch.settle",
        "ingest_cloudwatch.rate",
        "ingest_cloudwatch.groups[0].group",
        "ingest_cloudwatch.groups[1].role",
        "ingest_cloudwatch.groups[1].log_formats[0]",
        "ingest_cloudwatch.groups[1].start",
        "ingest_cloudwatch.groups[2].group",
        "ingest_kinesis.metrics_level",
        "ingest_kinesis.cloudwatch.enabled",
        "ingest_kinesis.cloudwatch.namespace",
        "ingest_kinesis.cloudwatch.region",
        "ingest_kinesis.cloudwatch.interval",
    ];
    for key in keys {
        assert!(problems.contains(&format!("weir.toml: {key}: ")), "{key} is not in\n{problems}");
    }
    assert_eq!(problems.lines().count(), keys.len(), "{problems}");
}

#[test]
fn discovery_needs_a_store_that_is_shared() {
    let text = "rpc.plaintext = true\nstore.file = 'weir.redb'";
    let workplace = Workplace::with_config(text);
    let (code, _, stderr) = workplace.run(&["discovery", "--config", "weir.toml"]);
    assert_eq!(code, 64, "{stderr}");
    if cfg!(feature = "aws") {
        assert!(stderr.contains("store.url: missing"), "{stderr}");
    } else {
        assert!(stderr.contains("unrecognized subcommand"), "{stderr}");
    }
}

#[test]
fn ingest_s3_needs_enrichers_and_queues_where_none_can_come_at_run_time() {
    let run = |text: &str| {
        let workplace = Workplace::with_config(&format!("rpc.plaintext = true\n{text}"));
        let (code, _, stderr) = workplace.run(&["ingest-s3", "--config", "weir.toml"]);
        assert_eq!(code, 64, "{stderr}");
        stderr
    };
    if cfg!(feature = "aws") {
        assert!(run("").contains("ingest_s3.enrichers: missing"));
        let enrichers = "ingest_s3.enrichers = ['http://127.0.0.1:4470']";
        assert!(run(enrichers).contains("ingest_s3.queues: missing"));
        let locked = format!("control.locked = true\nstore.file = 'weir.redb'\n{enrichers}");
        assert!(run(&locked).contains("ingest_s3.queues: missing"));
    } else {
        assert!(run("").contains("unrecognized subcommand"));
    }
}

#[test]
fn ingest_cloudwatch_needs_enrichers_and_groups_where_none_can_come_at_run_time() {
    let command = ["ingest-cloudwatch", "--config", "weir.toml"];
    let enrichers = "[ingest_cloudwatch]\nenrichers = ['http://127.0.0.1:1']\n";
    for (text, missing) in [("", "enrichers"), (enrichers, "groups")] {
        let text = format!("rpc.plaintext = true\n{text}");
        let (code, _, stderr) = Workplace::with_config(&text).run(&command);
        assert_eq!(code, 64, "{stderr}");
        if cfg!(feature = "aws") {
            let words = format!("ingest_cloudwatch.{missing}: missing");
            assert!(stderr.contains(&words), "{stderr}");
        } else {
            assert!(stderr.contains("unrecognized subcommand"), "{stderr}");
        }
    }
}

#[test]
fn ingest_kinesis_needs_enrichers_and_streams_where_none_can_come_at_run_time() {
    let enrichers = "[ingest_kinesis]\nenrichers = ['http://127.0.0.1:1']\n";
    for (text, missing) in [("", "enrichers"), (enrichers, "streams")] {
        let text = format!("rpc.plaintext = true\n{text}");
        let workplace = Workplace::with_config(&text);
        let (code, _, stderr) = workplace.run(&["ingest-kinesis", "--config", "weir.toml"]);
        assert_eq!(code, 64, "{stderr}");
        if cfg!(feature = "aws") {
            assert!(stderr.contains(&format!("ingest_kinesis.{missing}: missing")), "{stderr}");
        } else {
            assert!(!stderr.is_empty(), "it says why");
        }
    }
}
