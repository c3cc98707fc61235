//! The other subcommands, help, pipes and signals.

use std::process::Stdio;
use std::thread;

use serde_json::Value;
use weir_tests::{
    Datagrams, Environment, Guard, Scratch, UdpSink, free_udp_port, run, wait_for,
    wait_until_bound, weir,
};

use crate::totals::assert_conserved;

#[test]
fn every_subcommand_s_help_has_examples() {
    let help = run(&mut weir("--help")).ended_with(0).stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    // Descriptions go on in lines that are further in.
    let first_lines = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '));
    let names: Vec<_> = first_lines.filter_map(|line| line.split_whitespace().next()).collect();
    for expected in ["demo", "replay", "collect", "generate"] {
        assert!(names.contains(&expected), "{expected} is not in {names:?}");
    }
    for name in names.into_iter().filter(|name| *name != "help") {
        let help = run(weir(name).arg("--help")).ended_with(0).stdout;
        assert!(help.contains("Examples:"), "{name}:\n{help}");
        assert!(help.contains(&format!("weir {name}")), "{name}:\n{help}");
    }
}

#[test]
fn help_names_the_exit_codes() {
    let help = run(&mut weir("--help")).ended_with(0).stdout;
    for word in ["Exit codes", "64"] {
        assert!(help.contains(word), "{help}");
    }
    run(&mut weir("--version")).ended_with(0);
}

#[test]
fn the_demo_shows_a_table_of_enriched_flows() {
    let demo = run(weir("demo").args(["--rows", "1000"])).ended_with(0);
    for heading in ["source", "destination", "action", "packets", "bytes"] {
        assert!(demo.stdout.contains(heading), "{}", demo.stdout);
    }
    assert!(demo.stdout.contains("ACCEPT") && demo.stdout.contains("REJECT"), "{}", demo.stdout);
    assert_eq!(demo.stderr, "", "a demo has nothing to complain about");
}

#[test]
fn the_demo_shows_as_many_rows_as_asked_for() {
    let rows = |count: &str| {
        let demo = run(weir("demo").args(["--rows", count])).ended_with(0);
        demo.stdout
            .lines()
            .filter(|line| line.contains("ACCEPT") || line.contains("REJECT"))
            .count()
    };
    assert_eq!((rows("3"), rows("7")), (3, 7));
}

#[test]
fn collect_prints_what_replay_sends_with_the_names_of_the_elements() {
    let environment = Environment::generate(&["--records", "2000"]);
    let port = free_udp_port();
    let url = format!("udp://127.0.0.1:{port}");
    let mut collect = weir("collect");
    collect.args(["--listen", &url, "--count", "2000"]);
    let mut collect = Guard::spawn(collect.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let reader = thread::spawn({
        let output = collect.take_output();
        move || output.read()
    });
    wait_until_bound(port);

    run(environment.replay().args(["--collector", &url, "--rate-limit", "20000"])).ended_with(0);
    assert_eq!(collect.wait(), Some(0));
    let (stdout, stderr) = reader.join().unwrap();
    let lines: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    let lines: Vec<_> = lines.iter().filter(|line| line.get("options").is_none()).collect();
    assert_eq!(lines.len(), 2000, "{stderr}");
    let sum = |key| lines.iter().map(|line| line[key].as_u64().unwrap()).sum::<u64>();
    let totals = environment.totals();
    assert_eq!((sum("octetDeltaCount"), sum("packetDeltaCount")), (totals.bytes, totals.packets));
    for element in ["awsVpcId", "awsSourceInstanceName", "observationDomainName", "awsInterfaceId"]
    {
        assert!(
            lines.iter().any(|line| line[element].as_str().is_some_and(|text| !text.is_empty()))
        );
    }
    assert!(stderr.contains("2000 records") && stderr.contains("0 sequence errors"), "{stderr}");
}

#[test]
fn collect_ends_on_sigterm() {
    let port = free_udp_port();
    let mut command = weir("collect");
    command.args(["--listen", &format!("udp://127.0.0.1:{port}")]);
    let mut collect = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    wait_until_bound(port);
    collect.terminate();
    let run = collect.output().ended_with(0);
    run.says(&["0 records"]);
}

#[test]
fn no_progress_bar_and_no_escape_sequence_goes_into_a_pipe() {
    let environment = Environment::generate(&["--records", "2000"]);
    let replay = run(&mut environment.replay()).ended_with(0);
    assert_eq!(replay.stderr, "");
    assert_eq!(replay.stdout.lines().count(), 1, "{}", replay.stdout);
    let scratch = Scratch::new();
    let generate = run(weir("generate").arg("--out").arg(scratch.path("out"))).ended_with(0);
    assert!(!generate.stderr.contains(['\u{1b}', '\r']), "{:?}", generate.stderr);
    assert!(!run(&mut weir("demo")).stdout.contains('\u{1b}'));
}

#[test]
fn json_lines_to_standard_output_stand_before_the_summary() {
    let environment = Environment::generate(&["--records", "100"]);
    let run = run(environment.replay().args(["--output", "jsonl:-"])).ended_with(0);
    assert_eq!(run.stdout.lines().count(), 101);
    assert_eq!(run.summary()["exported"], 100);
}

#[test]
fn generate_is_deterministic_and_depends_on_its_seed() {
    let inventory = |seed: &str| {
        let environment = Environment::generate(&["--records", "500", "--seed", seed]);
        let flows: Vec<_> = environment.flows().iter().map(|flow| format!("{flow:?}")).collect();
        let names = |text: &str| text.split("AWSLogs").nth(1).unwrap_or_default().to_owned();
        let flows: Vec<_> = flows.iter().map(|flow| names(flow)).collect();
        (std::fs::read(environment.inventory()).unwrap(), environment.totals(), flows)
    };
    assert_eq!(inventory("1"), inventory("1"));
    assert_ne!(inventory("1"), inventory("2"));
}

#[test]
fn generate_does_not_write_over_flow_logs() {
    let scratch = Scratch::new();
    let generate = || run(weir("generate").arg("--out").arg(scratch.path("out")));
    generate().ended_with(0);
    assert_ne!(generate().code, Some(0));
}

/// A replay at so many records a second that is asked to end after its first records.
fn interrupted(rate: &str) {
    let environment = Environment::generate(&["--records", "20000"]);
    let sink = UdpSink::open();
    let mut command = environment.replay();
    command.args(["--collector", &sink.url(), "--rate-limit", rate]);
    let mut replay = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    wait_for("the first records", || (sink.received() > 2).then_some(()));
    replay.terminate();
    let run = replay.output().ended_with(1);
    run.says(&["interrupted"]);
    let summary = run.summary();
    assert_conserved(&summary);
    let exported = summary["exported"].as_u64().unwrap();
    let sent = summary["collectors"][0]["records"].as_u64().unwrap();
    assert!(sent < 20_000, "all {sent} were sent at {rate} a second");
    // Of the run that the stop interrupts a part was sent: it does not count as exported.
    assert!(exported <= sent, "{exported} exported and {sent} sent");
    let messages = Datagrams::decode(&sink.close());
    let received: usize = messages.iter().map(|message| message.records.len()).sum();
    assert_eq!(received as u64, sent, "what the summary says has been sent");
}

#[test]
fn sigterm_ends_a_replay_with_a_summary_and_exit_code_1() {
    interrupted("2000");
}

#[test]
fn sigterm_ends_a_very_slow_replay_as_soon() {
    interrupted("20");
}
