//! Rows of reports over an interval, for collectors to read.

use serde_json::Value;
use weir_tests::{Environment, run};

/// Few enough for a collector with the usual receive buffer of 208 KiB.
const RATE: u32 = 20_000;

/// What the rows of a report add up to, as weir writes them in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowTotals {
    pub(crate) rows: usize,
    pub(crate) octets: u64,
    pub(crate) packets: u64,
    pub(crate) octets_back: u64,
    pub(crate) packets_back: u64,
}

/// Replays all of an environment as rows of `report` to the collector `url`.
pub(crate) fn replay_rows(environment: &Environment, report: &str, url: &str) -> RowTotals {
    let scratch = environment.scratch();
    let json = scratch.path("rows.jsonl");
    let report_keys = format!("report = \"{report}\"\ninterval = \"30m\"\n");
    let config = format!(
        "[[exporter.collectors]]\naddress = \"{url}\"\nrecords_per_second = {RATE}\n{report_keys}\
         [[exporter.outputs]]\ntarget = \"jsonl:{}\"\n{report_keys}",
        json.display()
    );
    let config = scratch.write("rows.toml", config);
    run(environment.replay().arg("--config").arg(config)).ended_with(0);
    let rows = scratch.read("rows.jsonl");
    let rows: Vec<Value> =
        rows.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let sum = |key: &str| rows.iter().filter_map(|row| row[key].as_u64()).sum();
    RowTotals {
        rows: rows.len(),
        octets: sum("bytes_in"),
        packets: sum("packets_in"),
        octets_back: sum("bytes_out"),
        packets_back: sum("packets_out"),
    }
}

/// An environment whose rows are worth reading: of both families, some with a way back.
pub(crate) fn environment() -> Environment {
    Environment::generate(&["--records", "5000", "--accounts", "2", "--vpcs", "2"])
}
