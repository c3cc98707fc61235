//! `weir replay --config`: the file is followed, flags go over it.

use crate::workplace::Workplace;

const CONFIG: &str = "[inventory]\nfile = 'inventory.json'\n\
                      [replay]\nworkers = 1\nrejects = 'rejects.jsonl'\n\
                      [[exporter.outputs]]\ntarget = 'jsonl:flows.jsonl'\n\
                      fields = ['dest_ip', 'src_ip', 'start']\n";
const REPLAY: [&str; 4] = ["replay", "flow.log", "--config", "weir.toml"];

/// The keys of the first line of a file.
fn keys(lines: &str) -> Vec<String> {
    let first = lines.lines().next().unwrap();
    let line: serde_json::Value = serde_json::from_str(first).unwrap();
    // The order of keys is that of the text, which a parsed object does not keep.
    let mut keys: Vec<String> = line.as_object().unwrap().keys().cloned().collect();
    keys.sort_by_key(|key| first.find(&format!("\"{key}\":")));
    keys
}

fn with_flags(flags: &[&'static str]) -> Vec<&'static str> {
    [&REPLAY, flags].concat()
}

#[test]
fn a_replay_follows_the_file() {
    let workplace = Workplace::with_config(CONFIG);
    let (code, _, stderr) = workplace.run(&REPLAY);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(keys(&workplace.read("flows.jsonl")), ["nfc_id", "dest_ip", "src_ip", "start"]);
    assert!(workplace.path("rejects.jsonl").exists());
}

#[test]
fn variables_go_over_the_file_and_flags_over_both() {
    let workplace = Workplace::with_config(CONFIG);
    let variables = [("WEIR__REPLAY__REJECTS", "variable.jsonl")];
    assert_eq!(workplace.run_under(&variables, &REPLAY).0, 0);
    assert!(workplace.path("variable.jsonl").exists());
    let flags = with_flags(&["--rejects", "flag.jsonl"]);
    assert_eq!(workplace.run_under(&variables, &flags).0, 0);
    assert!(workplace.path("flag.jsonl").exists());
    assert!(!workplace.path("rejects.jsonl").exists());
}

#[test]
fn outputs_that_are_given_replace_those_of_the_file() {
    let workplace = Workplace::with_config(CONFIG);
    let flags = ["--output", "jsonl:other.jsonl", "--add-field", "start"];
    assert_eq!(workplace.run(&with_flags(&flags)).0, 0);
    assert!(!workplace.path("flows.jsonl").exists());
    let keys = keys(&workplace.read("other.jsonl"));
    assert_eq!((keys[1].as_str(), keys[keys.len() - 1].as_str()), ("exp_ip", "start"));
}

#[test]
fn flags_alone_need_no_file_and_read_no_variables() {
    let workplace = Workplace::new();
    let arguments =
        ["replay", "flow.log", "--inventory", "inventory.json", "--output", "jsonl:flows.jsonl"];
    let (code, _, stderr) = workplace.run_under(&[("WEIR__NOWHERE", "1")], &arguments);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(keys(&workplace.read("flows.jsonl"))[1], "exp_ip");
}

#[test]
fn a_key_that_the_report_has_is_not_written_twice() {
    let workplace = Workplace::with_config(CONFIG);
    let flags = ["--output", "jsonl:other.jsonl", "--add-field", "vpc_id,start,start"];
    assert_eq!(workplace.run(&with_flags(&flags)).0, 0);
    for line in workplace.read("other.jsonl").lines() {
        assert_eq!(line.matches("\"vpc_id\":").count(), 1, "{line}");
        assert_eq!(line.matches("\"start\":").count(), 1, "{line}");
    }
}

#[test]
fn a_replay_without_an_inventory_is_bad_usage() {
    let workplace = Workplace::with_config("");
    for arguments in [&REPLAY[..], &["replay", "flow.log"]] {
        let (code, _, stderr) = workplace.run(arguments);
        assert_eq!(code, 64);
        assert!(stderr.contains("--inventory") && stderr.contains("[inventory]"), "{stderr}");
    }
}

#[test]
fn a_replay_refuses_a_file_that_is_not_valid() {
    let workplace = Workplace::with_config("[replay]\nworkers = 0\n[[exporter.outputs]]");
    let (code, _, stderr) = workplace.run(&REPLAY);
    assert_eq!((code, stderr.lines().count()), (64, 2), "{stderr}");
}

#[test]
fn flags_that_overwrite_each_other_or_the_inventory_are_refused() {
    let inventory = ["--inventory", "inventory.json"];
    let pairs: [&[&str]; 4] = [
        &["--output", "jsonl:a.jsonl", "--output", "jsonl:./a.jsonl"],
        &["--output", "jsonl:-", "--output", "jsonl:-"],
        &["--output", "jsonl:a.jsonl", "--rejects", "a.jsonl"],
        &["--output", "jsonl:inventory.json"],
    ];
    for pair in pairs {
        let workplace = Workplace::new();
        let arguments = [&["replay", "flow.log"][..], &inventory, pair].concat();
        let (code, _, stderr) = workplace.run(&arguments);
        assert_eq!(code, 64, "{stderr}");
        assert!(!workplace.path("a.jsonl").exists());
        assert!(workplace.read("inventory.json").starts_with('{'));
    }
}

#[test]
fn a_check_opens_neither_sockets_nor_outputs() {
    let collector = "[[exporter.collectors]]\naddress = 'tcp://no-such-host.invalid:4739'\n";
    let workplace = Workplace::with_config(&format!("{CONFIG}{collector}"));
    let (code, stdout, stderr) = workplace.run(&["check", "--config", "weir.toml"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.ends_with("weir.toml is valid\n"), "{stdout}");
    assert!(!workplace.path("flows.jsonl").exists() && !workplace.path("rejects.jsonl").exists());
}

#[test]
fn a_check_finds_what_is_wrong_with_the_inventory() {
    let workplace = Workplace::with_config(CONFIG);
    workplace.write("inventory.json", "{\"vpcs\": [{\"id\": 5}]}");
    let (code, _, stderr) = workplace.run(&["check", "--config", "weir.toml"]);
    assert_eq!(code, 64);
    assert!(stderr.starts_with("weir.toml: inventory.file: "), "{stderr}");
    assert!(stderr.contains("line 1"), "{stderr}");
}
