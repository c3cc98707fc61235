//! A small AWS environment written by hand, and replays of lines in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use weir_tests::{Run, Scratch, run, weir};

/// The header line of the default format, version 2.
pub(crate) const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport \
                                 protocol packets bytes start end action log-status";

/// A line of the default format: web to database, 10 packets, 840 bytes.
pub(crate) const LINE: &str = "2 111111111111 eni-web 10.0.1.10 10.0.1.20 40000 5432 6 10 840 \
                               1767322552 1767322554 ACCEPT OK";

const INVENTORY: &str = r#"{
  "vpcs": [{"id": "vpc-1", "account_id": "111111111111", "region": "eu-west-1", "name": "shop",
            "cidrs": ["10.0.0.0/16", "2001:db8:1::/56"]}],
  "subnets": [{"id": "subnet-1", "vpc_id": "vpc-1", "cidrs": ["10.0.1.0/24"]}],
  "instances": [{"id": "i-web", "name": "web"}, {"id": "i-db", "name": "db"}],
  "interfaces": [
    {"id": "eni-web", "account_id": "111111111111", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
     "instance_id": "i-web", "addresses": [{"private": "10.0.1.10", "public": "198.51.100.10"}],
     "ipv6_addresses": ["2001:db8:1::10"]},
    {"id": "eni-db", "account_id": "111111111111", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
     "instance_id": "i-db", "addresses": [{"private": "10.0.1.20"}]},
    {"id": "eni-nat", "account_id": "111111111111", "vpc_id": "vpc-1", "subnet_id": "subnet-1",
     "interface_type": "nat_gateway",
     "addresses": [{"private": "10.0.1.99", "public": "198.51.100.99"}]}
  ],
  "ip_ranges": {"prefixes": [
    {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "AMAZON"},
    {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "S3"},
    {"ip_prefix": "203.0.113.128/25", "region": "us-east-1", "service": "EC2"}
  ]}
}"#;

/// The environment in a folder of its own.
pub(crate) struct Shop {
    pub(crate) scratch: Scratch,
    inventory: PathBuf,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let inventory = scratch.write("inventory.json", INVENTORY);
        Self { scratch, inventory }
    }

    pub(crate) fn inventory(&self) -> &Path {
        &self.inventory
    }

    /// `weir replay` with all outputs into the folder.
    pub(crate) fn command<P: AsRef<OsStr>>(&self, paths: impl IntoIterator<Item = P>) -> Command {
        let mut command = weir("replay");
        command.args(paths).arg("--inventory").arg(&self.inventory);
        let output = format!("jsonl:{}", self.scratch.path("out.jsonl").display());
        command.arg("--output").arg(output);
        command.arg("--rejects").arg(self.scratch.path("rejects.jsonl"));
        command.args(["--workers", "1", "--summary", "json"]);
        command
    }

    pub(crate) fn replay<P: AsRef<OsStr>>(&self, paths: impl IntoIterator<Item = P>) -> Run {
        run(&mut self.command(paths))
    }

    /// Replays a file of this text and expects it to end well: its summary.
    #[track_caller]
    pub(crate) fn replay_text(&self, text: &str) -> Value {
        let file = self.scratch.write("flows.log", text);
        self.replay([file]).ended_with(0).summary()
    }

    /// The JSON lines of the last replay.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.json_lines("out.jsonl")
    }

    /// The rejects of the last replay.
    #[track_caller]
    pub(crate) fn rejects(&self) -> Vec<Value> {
        self.json_lines("rejects.jsonl")
    }

    #[track_caller]
    fn json_lines(&self, name: &str) -> Vec<Value> {
        let text = self.scratch.read(name);
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }
}

/// A file of the default format with these lines.
pub(crate) fn log(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| format!("{line}\n"));
    format!("{HEADER}\n{}", lines.collect::<String>())
}

/// A file with so many good lines.
pub(crate) fn good(lines: usize) -> String {
    log(&vec![LINE; lines])
}
