//! Bad usage and configuration: exit code 64 and a message that helps.

use weir_tests::{run, weir};

use crate::shop::{Shop, good};

/// Replays a good file with arguments that are wrong.
#[track_caller]
fn assert_refused(arguments: &[&str], words: &[&str]) {
    let shop = Shop::new();
    let file = shop.scratch.write("flows.log", good(1));
    run(shop.command([file]).args(arguments)).ended_with(64).says(words);
}

#[test]
fn an_unknown_flag_is_refused() {
    assert_refused(&["--frobnicate"], &["--frobnicate"]);
}

#[test]
fn an_unknown_subcommand_is_refused() {
    run(&mut weir("frobnicate")).ended_with(64).says(&["frobnicate"]);
}

#[test]
fn no_path_at_all_is_refused() {
    let shop = Shop::new();
    let mut command = weir("replay");
    run(command.arg("--inventory").arg(shop.inventory())).ended_with(64).says(&["PATH"]);
}

#[test]
fn packet_sizes_out_of_range_are_refused() {
    for size in ["511", "3901", "0", "-1", "big"] {
        let argument = format!("--max-packet-size={size}");
        assert_refused(&["--collector", "udp://127.0.0.1:9", &argument], &["512 to 3900"]);
    }
}

#[test]
fn collector_addresses_that_are_none_are_refused() {
    for address in ["127.0.0.1:4739", "udp://127.0.0.1", "sctp://127.0.0.1:4739", "udp://h:0"] {
        assert_refused(&["--collector", address], &[address, "udp://HOST:PORT"]);
    }
}

#[test]
fn outputs_that_are_none_are_refused() {
    for output in ["flows.json", "jsonl:", "csv:flows.csv"] {
        assert_refused(&["--output", output], &["jsonl:"]);
    }
}

#[test]
fn log_formats_that_are_none_are_refused() {
    for format in ["", "${", "srcaddr srcaddr", "Src Addr"] {
        assert_refused(&["--log-format", format], &["--log-format"]);
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    assert_refused(&["--rate-limit", "fast"], &["--rate-limit"]);
    assert_refused(&["--workers", "0"], &["--workers"]);
    assert_refused(&["--template-interval", "0s"], &["--template-interval"]);
    assert_refused(&["--fallback-exporter", "10.0.0"], &["--fallback-exporter"]);
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    assert_refused(&["--log-level", "loud"], &["loud", "info"]);
}

#[test]
fn generate_refuses_unknown_fields_and_versions() {
    for fields in ["v6", "v99", "srcaddr shoe-size"] {
        let shop = Shop::new();
        let mut command = weir("generate");
        command.arg("--out").arg(shop.scratch.path("flows")).args(["--fields", fields]);
        run(&mut command).ended_with(64).says(&["--fields"]);
    }
}
