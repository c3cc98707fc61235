//! Collected records as a table for people.

use std::io::{self, Write};

use serde_json::Value;

/// A column: its heading, its width in characters, and its text for a record.
struct Column {
    heading: &'static str,
    width: usize,
    is_number: bool,
    text: fn(&Value) -> String,
}

const COLUMNS: [Column; 9] = [
    Column { heading: "time", width: 8, is_number: false, text: time },
    Column { heading: "exporter", width: 19, is_number: false, text: exporter },
    Column { heading: "source", width: 36, is_number: false, text: source },
    Column { heading: "destination", width: 36, is_number: false, text: destination },
    Column { heading: "proto", width: 5, is_number: false, text: protocol },
    Column { heading: "action", width: 6, is_number: false, text: action },
    Column { heading: "packets", width: 7, is_number: true, text: packets },
    Column { heading: "bytes", width: 10, is_number: true, text: bytes },
    Column { heading: "interface", width: 21, is_number: false, text: interface },
];

/// Writes the first `rows` of the JSON lines as a table.
pub(super) fn write(out: &mut dyn Write, lines: &[u8], rows: usize) -> io::Result<()> {
    write_row(out, |column| column.heading.to_owned())?;
    write_row(out, |column| "─".repeat(column.width))?;
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records = lines.map(serde_json::from_slice).collect::<Result<Vec<Value>, _>>()?;
    // Options records describe elements and exporters: they are no flows.
    let flows = records.iter().filter(|record| record.get("options").is_none());
    for flow in flows.clone().take(rows) {
        write_row(out, |column| (column.text)(flow))?;
    }
    let rest = flows.count().saturating_sub(rows);
    if rest > 0 { writeln!(out, "… and {rest} more (--rows {})", rows + rest) } else { Ok(()) }
}

fn write_row(out: &mut dyn Write, text: impl Fn(&Column) -> String) -> io::Result<()> {
    let mut row = String::new();
    for column in &COLUMNS {
        let width = column.width;
        let text: String = text(column).chars().filter(|each| !each.is_control()).collect();
        let text = shortened(&text, width);
        let cell =
            if column.is_number { format!("{text:>width$}") } else { format!("{text:<width$}") };
        row.push_str(&cell);
        row.push_str("  ");
    }
    writeln!(out, "{}", row.trim_end())
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

// === the texts of the columns ===

fn text<'r>(record: &'r Value, element: &str) -> &'r str {
    record.get(element).and_then(Value::as_str).unwrap_or_default()
}

fn number(record: &Value, element: &str) -> u64 {
    record.get(element).and_then(Value::as_u64).unwrap_or(0)
}

fn time(record: &Value) -> String {
    let seconds = number(record, "flowStartMilliseconds") / 1000 % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn exporter(record: &Value) -> String {
    text(record, "observationDomainName").to_owned()
}

fn source(record: &Value) -> String {
    side(record, "source", "Source")
}

fn destination(record: &Value) -> String {
    side(record, "destination", "Destination")
}

/// Address and port, with what enrichment found: a name, or a service and its region.
fn side(record: &Value, prefix: &str, own_prefix: &str) -> String {
    let address = [format!("{prefix}IPv4Address"), format!("{prefix}IPv6Address")];
    let address = address.iter().map(|element| text(record, element)).find(|text| !text.is_empty());
    let port = number(record, &format!("{prefix}TransportPort"));
    let own = |name: &str| text(record, &format!("aws{own_prefix}{name}"));
    let names = [own("InstanceName"), own("InstanceId"), own("Service")];
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let address = address.unwrap_or("-");
    match (name, port) {
        ("", 0) => address.to_owned(),
        ("", port) => format!("{address} :{port}"),
        (name, 0) => format!("{name} {address}"),
        (name, port) => format!("{name} {address} :{port}"),
    }
}

fn protocol(record: &Value) -> String {
    match number(record, "protocolIdentifier") {
        1 => "ICMP".to_owned(),
        6 => "TCP".to_owned(),
        17 => "UDP".to_owned(),
        58 => "ICMP6".to_owned(),
        other => other.to_string(),
    }
}

fn action(record: &Value) -> String {
    match number(record, "forwardingStatus") >> 6 {
        1 => "ACCEPT".to_owned(),
        2 => "REJECT".to_owned(),
        _ => "-".to_owned(),
    }
}

fn packets(record: &Value) -> String {
    number(record, "packetDeltaCount").to_string()
}

fn bytes(record: &Value) -> String {
    number(record, "octetDeltaCount").to_string()
}

fn interface(record: &Value) -> String {
    text(record, "awsInterfaceId").to_owned()
}
