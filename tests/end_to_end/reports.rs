//! Reports over intervals of generated traffic, as a replay writes them.

use serde_json::Value;
use weir_tests::{Environment, Totals, run};

fn rows(environment: &Environment, name: &str) -> Vec<Value> {
    let text = environment.scratch().read(name);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn totals(rows: &[Value]) -> Totals {
    let sum = |key: &str| rows.iter().filter_map(|row| row[key].as_u64()).sum::<u64>();
    Totals {
        records: sum("flow_count"),
        bytes: sum("bytes_in") + sum("bytes_out"),
        packets: sum("packets_in") + sum("packets_out"),
    }
}

/// Replays into a file of each report, with `keys` for all of them.
fn replay(environment: &Environment, keys: &str) -> [Vec<Value>; 3] {
    let reports = ["20201", "20267", "20062"];
    let output = |report: &str| {
        let path = environment.scratch().path(&format!("{report}.jsonl"));
        format!(
            "[[exporter.outputs]]\ntarget = \"jsonl:{}\"\nreport = \"{report}\"\n\
             interval = \"30m\"\n{keys}\n",
            path.display()
        )
    };
    let config: String = reports.map(output).concat();
    let config = environment.scratch().write("weir.toml", config);
    run(environment.replay().arg("--config").arg(config)).ended_with(0);
    reports.map(|report| rows(environment, &format!("{report}.jsonl")))
}

#[test]
fn every_flow_is_in_each_report() {
    let generate = ["--records", "30000", "--accounts", "2", "--vpcs", "3", "--seed", "7"];
    let environment = Environment::generate(&generate);
    // Two interfaces may report one flow.
    for keys in ["count_once = false", "count_once = false\nmemory = \"1MiB\""] {
        for rows in replay(&environment, keys) {
            assert_eq!(totals(&rows), environment.totals(), "{keys}");
        }
    }
}

#[test]
fn conversations_are_stitched_and_top_traffic_is_the_largest_of_each_vpc() {
    let environment = Environment::generate(&["--records", "30000", "--seed", "3"]);
    let [flows, top, conversations] = replay(&environment, "");
    let stitched = conversations.iter().filter(|row| row["packets_out"].as_u64() > Some(0));
    let stitched = stitched.filter(|row| row["packets_in"].as_u64() > Some(0)).count();
    println!(
        "{} flows, {} conversations of which {stitched} have both halves",
        flows.len(),
        conversations.len()
    );
    assert!(stitched * 2 > conversations.len());
    assert!(conversations.len() < flows.len());
    assert_eq!(totals(&top), totals(&flows));
    // By the packets' addresses more is known to be seen twice: what passes a NAT gateway.
    assert!(totals(&conversations).records <= totals(&flows).records);
    let is_rest = |row: &&Value| row["src_ip"].is_null();
    let vpcs: std::collections::HashSet<_> =
        flows.iter().map(|row| [&row["exp_ip"], &row["vpc_id"]].map(Value::to_string)).collect();
    assert!(top.iter().filter(is_rest).count() <= vpcs.len());
    assert!(top.iter().filter(|row| !is_rest(row)).count() <= 50 * vpcs.len());
}
