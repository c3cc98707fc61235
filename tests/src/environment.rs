//! A generated AWS environment: inventory, flow logs and what they add up to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::flow_line::FlowLine;
use crate::scratch::Scratch;
use crate::weir::{run, weir};

/// An environment in a temporary folder.
#[derive(Debug)]
pub struct Environment {
    scratch: Scratch,
}

/// What the flows of an environment add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Flows.
    pub records: u64,
    /// Octets of all flows.
    pub bytes: u64,
    /// Packets of all flows.
    pub packets: u64,
}

impl Environment {
    /// Runs `weir generate` with `arguments`.
    ///
    /// # Panics
    /// When that fails.
    pub fn generate(arguments: &[&str]) -> Self {
        let scratch = Scratch::new();
        let out = scratch.path("flows");
        run(weir("generate").arg("--out").arg(out).args(arguments)).ended_with(0);
        Self { scratch }
    }

    /// The folder for what the test writes.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The folder of the flow logs.
    pub fn logs(&self) -> PathBuf {
        self.scratch.path("flows/AWSLogs")
    }

    /// The inventory file.
    pub fn inventory(&self) -> PathBuf {
        self.scratch.path("flows/inventory.json")
    }

    /// A `weir replay` of everything, with its summary as JSON.
    pub fn replay(&self) -> Command {
        let mut command = weir("replay");
        command.arg(self.logs()).arg("--inventory").arg(self.inventory());
        command.arg("--summary").arg("json");
        command
    }

    /// `totals.json`.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn totals_json(&self) -> Value {
        let json = fs::read(self.scratch.path("flows/totals.json")).expect("totals.json is there");
        serde_json::from_slice(&json).expect("totals.json is JSON")
    }

    /// The totals of all flows.
    ///
    /// # Panics
    /// When `totals.json` lacks one.
    pub fn totals(&self) -> Totals {
        Totals::from_json(&self.totals_json())
    }

    /// All input lines that tell of a flow.
    ///
    /// # Panics
    /// When a file cannot be read.
    pub fn flows(&self) -> Vec<FlowLine> {
        FlowLine::read_folder(&self.logs()).into_iter().filter(FlowLine::is_flow).collect()
    }
}

impl Totals {
    /// The totals in an object with `records`, `bytes` and `packets`.
    ///
    /// # Panics
    /// When one of them is missing.
    #[track_caller]
    pub fn from_json(json: &Value) -> Self {
        let count = |key: &str| {
            json[key].as_u64().unwrap_or_else(|| panic!("{key} is no number in {json}"))
        };
        Self { records: count("records"), bytes: count("bytes"), packets: count("packets") }
    }

    /// Adds one record.
    pub fn add(&mut self, bytes: u64, packets: u64) {
        self.records += 1;
        self.bytes += bytes;
        self.packets += packets;
    }
}
