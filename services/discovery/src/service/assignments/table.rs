//! Assignments as comma-separated values (RFC 4180).

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Writer};
use tonic::Status;
use weir_inventory::AssignedExporter;
use weir_rpc::pb;
use weir_rpc::status::Violations;

use super::values::{self, shown};

/// The longest table that is read, in octets.
const MAX_LENGTH: usize = 3 << 20;

/// The most lines of a table behind its header.
const MAX_LINES: usize = 50_000;

/// How many problems of a table are told: they travel as headers, which are bounded.
const MAX_PROBLEMS: usize = 20;

/// The columns of a written table; the first four are read.
const COLUMNS: [&str; 10] = [
    "id",
    "ipv4",
    "ipv6",
    "name",
    "account_id",
    "region",
    "cidrs",
    "default_ipv4",
    "default_name",
    "observation_domain_id",
];

/// What a spreadsheet takes for the start of a formula, and what is put in front of it.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', QUOTE];
const QUOTE: char = '\'';

/// Where the columns stand that are read.
struct Columns {
    id: usize,
    ipv4: Option<usize>,
    ipv6: Option<usize>,
    name: Option<usize>,
}

/// What a table says of each exporter that it names.
pub(super) fn read(
    csv: &str,
    is_known: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, AssignedExporter>, Status> {
    if csv.len() > MAX_LENGTH {
        let problem = format!("{} octets are too many: give at most {MAX_LENGTH}", csv.len());
        return Err(Violations::of("csv", problem).into());
    }
    // Spreadsheets write a byte order mark.
    let csv = csv.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(csv.as_bytes());
    let columns = Columns::of(reader.headers().map_err(|error| damaged(&error))?)?;
    let mut table = Table::default();
    for (count, record) in reader.records().enumerate() {
        let record = record.map_err(|error| damaged(&error))?;
        if count == MAX_LINES {
            let problem = format!("it has too many lines: give at most {MAX_LINES}");
            return Err(Violations::of("csv", problem).into());
        }
        table.add(&record, &columns, &is_known);
        if table.problems >= MAX_PROBLEMS {
            table.violations.add("csv", "there may be more problems: mend these first");
            break;
        }
    }
    table.violations.into_result()?;
    Ok(table.exporters)
}

#[derive(Default)]
struct Table {
    exporters: BTreeMap<String, AssignedExporter>,
    violations: Violations,
    problems: usize,
}

impl Table {
    fn add(&mut self, record: &StringRecord, columns: &Columns, is_known: &impl Fn(&str) -> bool) {
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: Option<usize>| {
            unquoted(column.and_then(|column| record.get(column)).unwrap_or_default())
        };
        let id = cell(Some(columns.id)).trim();
        if !is_known(id) {
            let advice = "the inventory has no such VPC or transit gateway: take the line out";
            return self.report(line, &format!("id `{}`: {advice}", shown(id)));
        }
        let read = values::ipv4(cell(columns.ipv4)).map_err(|problem| ("ipv4", problem));
        let read = read.and_then(|ipv4| {
            let ipv6 = values::ipv6(cell(columns.ipv6)).map_err(|problem| ("ipv6", problem))?;
            let name = values::name(cell(columns.name)).map_err(|problem| ("name", problem))?;
            Ok(AssignedExporter { ipv4, ipv6, name })
        });
        match read {
            Ok(exporter) => {
                if self.exporters.insert(id.to_owned(), exporter).is_some() {
                    self.report(line, &format!("id `{}`: a line before names it", shown(id)));
                }
            }
            Err((field, problem)) => self.report(line, &format!("{field}: {problem}")),
        }
    }

    fn report(&mut self, line: u64, problem: &str) {
        self.problems += 1;
        self.violations.add("csv", format!("line {line}: {problem}"));
    }
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, Status> {
        let find = |name: &str| {
            let mut places = header.iter().enumerate();
            places.find(|(_, column)| column.trim() == name).map(|(place, _)| place)
        };
        let Some(id) = find("id") else {
            let advice =
                "the first line has to name the columns, `id` among them: id,ipv4,ipv6,name";
            return Err(Violations::of("csv", advice).into());
        };
        Ok(Self { id, ipv4: find("ipv4"), ipv6: find("ipv6"), name: find("name") })
    }
}

/// Writes exporters down.
pub(super) fn write<'e>(
    exporters: impl Iterator<Item = &'e pb::ExporterAssignment>,
) -> Result<String, csv::Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for exporter in exporters {
        let assigned = exporter.assigned.clone().unwrap_or_default();
        let domain = exporter.observation_domain_id.to_string();
        let cidrs = exporter.cidrs.join(" ");
        let cells: [&str; COLUMNS.len()] = [
            &exporter.id,
            &assigned.ipv4,
            &assigned.ipv6,
            &assigned.name,
            &exporter.account_id,
            &exporter.region,
            &cidrs,
            &exporter.default_ipv4,
            &exporter.default_name,
            &domain,
        ];
        writer.write_record(cells.map(quoted).each_ref().map(|cell| cell.as_bytes()))?;
    }
    let written = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

/// Keeps a text from being a formula: names come from tags, which others may write.
fn quoted(text: &str) -> Cow<'_, str> {
    match text.starts_with(FORMULA) {
        true => Cow::Owned(format!("{QUOTE}{text}")),
        false => Cow::Borrowed(text),
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix(QUOTE).unwrap_or(text)
}

fn damaged(error: &csv::Error) -> Status {
    Violations::of("csv", format!("no comma-separated values: {error}")).into()
}
