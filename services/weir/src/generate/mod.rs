//! Generates an environment and its flow logs: the same bytes for a seed, on any machine.

mod accounts;
mod clock;
mod containers;
mod crossing;
mod environment;
mod exchange;
mod flow;
mod gateway_flow;
mod interfaces;
mod ip_ranges;
mod keys;
mod names;
mod object_file;
mod objects;
mod parquet_object;
mod records;
mod remote;
mod rng;
mod routing;
mod sighting;
mod subnets;
#[cfg(test)]
mod tests;
mod text;
mod text_object;
mod topology;
mod totals;
mod traffic;
mod value;
mod writer;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use weir_flowlog::{Field, LogFormat};

pub(crate) use self::keys::KeyLayout;
pub(crate) use self::object_file::ObjectForm;

use self::keys::ROOT;
use self::objects::{ColumnCounts, WINDOWS};
use self::subnets::{MAX_INSTANCES_PER_VPC, MAX_VPCS};

/// The default of [`GenerateConfig::end`]: 2026-01-02T03:05:00Z.
pub(crate) const DEFAULT_END: u64 = 1_767_323_100;

const INVENTORY: &str = "inventory.json";
const TOTALS: &str = "totals.json";

/// The last second of the year 9999.
const MAX_END: u64 = 253_402_300_799;

/// What to generate.
#[derive(Clone, Debug)]
pub(crate) struct GenerateConfig {
    /// The folder that is filled; made when it is missing.
    pub(crate) out: PathBuf,
    /// The same seed and settings generate the same bytes.
    pub(crate) seed: u64,
    /// AWS accounts, at least 1.
    pub(crate) accounts: u32,
    /// VPCs of each account, at least 1; up to 336 in all.
    pub(crate) vpcs: u32,
    /// EC2 instances in all, spread evenly over the VPCs: 2 to 20,000 for each VPC.
    pub(crate) instances: u32,
    /// Records of VPC flow logs that tell of a flow. About 0.3 % more tell of none.
    pub(crate) records: u64,
    /// The fields of the lines, all of VPC flow logs.
    pub(crate) format: LogFormat,
    /// The folders that objects lie in.
    pub(crate) layout: KeyLayout,
    /// Text or Parquet.
    pub(crate) form: ObjectForm,
    /// Whether the transit gateways have flow logs too, in AWS's default format. Each
    /// conversation through them that the VPC flow logs hold makes four more records.
    pub(crate) transit_gateways: bool,
    /// Where the generated twenty minutes end, in Unix seconds; counts in steps of five minutes.
    pub(crate) end: u64,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Records that are written.
    pub(crate) done: u64,
    /// Records that there will be.
    pub(crate) all: u64,
}

/// What was generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GenerateReport {
    /// Objects, `inventory.json` and `totals.json` not counted.
    pub(crate) files: u64,
    /// Records that tell of a flow, those of transit gateways counted too.
    pub(crate) records: u64,
    /// NODATA and SKIPDATA records.
    pub(crate) lines_without_flow: u64,
    /// Bytes of the objects without compression.
    pub(crate) unpacked_bytes: u64,
    /// Bytes of the objects.
    pub(crate) bytes_written: u64,
}

/// Fills `config.out` with `inventory.json`, flow log objects below `AWSLogs` and, last of all,
/// `totals.json`. `progress` is told how many records are done so far and how many there will be.
///
/// # Errors
///
/// When a setting is out of its range, when the folder holds generated files already, and when
/// something cannot be written.
pub(crate) fn generate(
    config: &GenerateConfig,
    progress: &dyn Fn(Progress),
) -> anyhow::Result<GenerateReport> {
    check_sizes(config)?;
    let columns = vpc_columns(&config.format)?;
    make_folder(&config.out)?;
    let environment = accounts::lay_out(config)?;
    write_json(&config.out.join(INVENTORY), &environment.inventory)?;
    let gateway_columns: Vec<_> =
        LogFormat::transit_gateway_default().columns().flatten().collect();
    let counts = ColumnCounts { vpc: columns.len(), transit_gateway: gateway_columns.len() };
    let objects = objects::plan(config, &environment, counts);
    let source = writer::Source {
        config,
        environment: &environment,
        columns: &columns,
        gateway_columns: &gateway_columns,
    };
    let written = writer::write_objects(source, &objects, progress)?;
    write_json(&config.out.join(TOTALS), &written.totals)?;
    Ok(GenerateReport {
        files: written.totals.files,
        records: written.totals.flows.records,
        lines_without_flow: written.totals.without_flow.sum(),
        unpacked_bytes: written.sizes.unpacked,
        bytes_written: written.sizes.packed,
    })
}

fn check_sizes(config: &GenerateConfig) -> anyhow::Result<()> {
    let GenerateConfig { accounts, vpcs, instances, records, end, .. } = *config;
    let all_vpcs = u64::from(accounts) * u64::from(vpcs);
    ensure!(
        (1..=MAX_VPCS).contains(&all_vpcs),
        "{accounts} accounts with {vpcs} VPCs each make {all_vpcs} VPCs; choose 1 to {MAX_VPCS}"
    );
    let (least, most) = (2 * all_vpcs, MAX_INSTANCES_PER_VPC * all_vpcs);
    ensure!(
        (least..=most).contains(&u64::from(instances)),
        "{instances} instances do not fit {all_vpcs} VPCs; choose {least} to {most}"
    );
    ensure!(records > 0, "there are no records to generate; choose 1 or more");
    ensure!(
        ((WINDOWS + 1) * exchange::WINDOW..=MAX_END).contains(&end),
        "the time range cannot end at {end} seconds after 1970; choose a time up to the year 9999"
    );
    Ok(())
}

/// The format's columns, each a field that VPC flow logs have.
fn vpc_columns(format: &LogFormat) -> anyhow::Result<Vec<Field>> {
    let mut columns = Vec::new();
    for column in format.columns() {
        match column {
            None => bail!("the log format {format} has a field that flow logs do not have"),
            Some(field) if field.version() == gateway_flow::VERSION => {
                bail!("VPC flow logs have no field {}, which is of transit gateways", field.name())
            }
            Some(field) => columns.push(field),
        }
    }
    ensure!(!columns.is_empty(), "the log format has no field");
    Ok(columns)
}

/// Makes the folder, and refuses one in which something would be overwritten or mixed up.
fn make_folder(out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    for name in [INVENTORY, TOTALS] {
        ensure!(
            !out.join(name).exists(),
            "{} is there already; choose another folder or remove it",
            out.join(name).display()
        );
    }
    let root = out.join(ROOT);
    let mut entries = match fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", root.display()));
        }
    };
    ensure!(
        entries.next().is_none(),
        "{} holds flow logs already; choose another folder or remove it",
        root.display()
    );
    Ok(())
}

fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let write = || -> anyhow::Result<()> {
        let mut file = BufWriter::new(File::create_new(path)?);
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        Ok(file.flush()?)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
