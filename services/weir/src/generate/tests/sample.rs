//! Generated folders, read back in the plainest way.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flate2::read::MultiGzDecoder;
use weir_flowlog::LogFormat;
use weir_inventory::Inventory;

use crate::generate::{DEFAULT_END, GenerateConfig, KeyLayout, ObjectForm, generate};

pub(super) type Row = HashMap<String, String>;

pub(super) struct Object {
    /// Relative to the output folder.
    pub(super) path: String,
    pub(super) text: String,
}

/// A generated environment with all fields of VPC flow logs, and with the transit gateways'.
pub(super) struct Sample {
    pub(super) inventory: Inventory,
    pub(super) totals: serde_json::Value,
    pub(super) objects: Vec<Object>,
    /// Of VPC flow logs.
    pub(super) rows: Vec<Row>,
    /// Of Transit Gateway flow logs.
    pub(super) gateway_rows: Vec<Row>,
}

pub(super) fn config(out: &Path) -> GenerateConfig {
    GenerateConfig {
        out: out.to_owned(),
        seed: 7,
        accounts: 2,
        vpcs: 4,
        instances: 240,
        records: 8_000,
        format: LogFormat::up_to_version(11).unwrap(),
        layout: KeyLayout::default(),
        form: ObjectForm::Text,
        transit_gateways: false,
        end: DEFAULT_END,
    }
}

/// One sample for all tests that only look at it.
pub(super) fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let config = GenerateConfig { transit_gateways: true, ..config(folder.path()) };
        generate(&config, &|_| ()).unwrap();
        let objects = objects(folder.path());
        let rows = objects.iter().flat_map(|object| rows(&object.text));
        let (gateway_rows, rows) = rows.partition(|row| row.contains_key("tgw-id"));
        Sample {
            inventory: json(&folder.path().join("inventory.json")),
            totals: json(&folder.path().join("totals.json")),
            rows,
            gateway_rows,
            objects,
        }
    })
}

impl Sample {
    /// The rows that tell of a flow.
    pub(super) fn flows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row["log-status"] == "OK")
    }
}

pub(super) fn json<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// All files below `folder` with their content, in the order of their paths.
pub(super) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let content = fs::read(&path).unwrap();
            files.push((path, content));
        }
    }
    files.sort();
    files
}

pub(super) fn objects(folder: &Path) -> Vec<Object> {
    let unpack = |(path, content): (PathBuf, Vec<u8>)| {
        let mut text = String::new();
        MultiGzDecoder::new(&content[..]).read_to_string(&mut text).unwrap();
        Object { path: path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), text }
    };
    files(&folder.join("AWSLogs")).into_iter().map(unpack).collect()
}

fn rows(text: &str) -> Vec<Row> {
    let mut lines = text.lines();
    let names: Vec<_> = lines.next().unwrap().split(' ').collect();
    let row = |line: &str| {
        let values: Vec<_> = line.split(' ').collect();
        assert_eq!(values.len(), names.len(), "{line}");
        names
            .iter()
            .zip(values)
            .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
            .collect()
    };
    lines.map(row).collect()
}

/// A number, 0 when absent.
pub(super) fn number(row: &Row, field: &str) -> u64 {
    if row[field] == "-" { 0 } else { row[field].parse().unwrap() }
}
