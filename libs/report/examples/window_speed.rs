//! Prints the CPU time and the memory that reports over intervals take for each record.
//!
//! `cargo run --release -p weir-report --example window_speed`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{FixedPart, InterfaceSide, LayoutPair, RecordGroup, standard as slot};
use weir_report::{Extent, JsonWriter, Report, Window, WindowOptions};

const ENTERPRISE_NUMBER: u32 = 32473;
const VPCS: u32 = 200;
/// Interfaces of a VPC.
const INTERFACES: u32 = 500;
/// Records that are counted after one another, as those of a run.
const RUN: u32 = 2_600;

fn main() {
    if std::env::args().nth(1).is_some() {
        for n in std::env::args().skip(1).map(|n| n.parse().unwrap()) {
            measure(Report::TopTraffic, n);
        }
        return;
    }
    println!("a million conversations with two records each");
    for report in [Report::Conversations, Report::TopTraffic, Report::Flows] {
        measure(report, 1_000_000);
    }
    println!("135,000 records a second for 30 s, two for each conversation");
    for report in [Report::Conversations, Report::TopTraffic] {
        measure(report, 135_000 * 30 / 2);
    }
}

fn measure(report: Report, conversations: u32) {
    let options = WindowOptions { max_octets: 4 << 30, ..WindowOptions::new(report) };
    let records = LayoutPair::with_extras(ENTERPRISE_NUMBER, &options.record_elements());
    let rows = Arc::new(options.row_layouts(ENTERPRISE_NUMBER));
    let mut window = Window::new(options, &records, Arc::clone(&rows));
    let before = resident();
    let mut counting = Duration::ZERO;
    for is_back in [false, true] {
        for first in (0..conversations).step_by(RUN as usize) {
            let groups = run(&records, first..conversations.min(first + RUN), is_back);
            let start = cpu_time();
            for group in &groups {
                let records = group.checked_records(&records.v4);
                window.add(group.observation_domain_id, records);
            }
            counting += cpu_time() - start;
        }
    }
    let (entries, known, taken) = (window.len(), window.octets(), resident() - before);
    let start = cpu_time();
    let mut closed = window.close(Duration::from_secs(30), Extent::All);
    let mut writer = JsonWriter::new(&rows, report, &report.row_fields());
    let (mut text, mut written) = (Vec::new(), 0);
    while let Some(groups) = closed.next_batch() {
        for group in &groups {
            text.clear();
            group.checked_records(&rows.v4).for_each(|row| writer.write(&row, &mut text));
            written += group.len();
        }
    }
    let closing = cpu_time() - start;
    let of_record = |time: Duration| time.as_nanos() as f64 / f64::from(2 * conversations);
    println!(
        "  {}: {:.0} ns to count a record, {:.0} ns to close and write {written} rows as JSON; \
         {entries} entries, {} octets each ({} by weir's own count), {} MB; at most {} MB",
        report.number(),
        of_record(counting),
        of_record(closing),
        taken / entries,
        known / entries,
        taken >> 20,
        (status("VmHWM") - before) >> 20,
    );
}

/// The records of these conversations, one way, as an enricher groups them.
fn run(layouts: &LayoutPair, numbers: std::ops::Range<u32>, is_back: bool) -> Vec<RecordGroup> {
    let mut groups: Vec<RecordGroup> = Vec::new();
    let vpc = numbers.start / RUN % VPCS;
    groups.push(RecordGroup::new(layouts.v4.revision(), vpc));
    for number in numbers {
        let group = groups.last_mut().unwrap();
        // As good as any order: each interface talks to hosts all over the internet.
        let mixed = number.wrapping_mul(0x9e37_79b9);
        let interface = mixed % INTERFACES;
        let own = (Ipv4Addr::from_bits(10 << 24 | vpc << 16 | interface), 443_u16);
        let other = (Ipv4Addr::from_bits(0x4000_0000 | mixed >> 3), 32768 + (mixed >> 17) as u16);
        let (source, destination) = if is_back { (own, other) } else { (other, own) };
        let mut fixed = FixedPart::new(&layouts.v4);
        fixed.put_u64(slot::OCTETS, u64::from(mixed & 0xffff));
        fixed.put_u64(slot::PACKETS, 10);
        fixed.put_u64(slot::START, 1_767_322_000_000);
        fixed.put_u64(slot::END, 1_767_322_030_000);
        fixed.put_ipv4(slot::SOURCE_V4, source.0);
        fixed.put_ipv4(slot::DESTINATION_V4, destination.0);
        fixed.put_u16(slot::SOURCE_PORT, source.1);
        fixed.put_u16(slot::DESTINATION_PORT, destination.1);
        fixed.put_u8(slot::PROTOCOL, 6);
        fixed.put_u8(slot::TCP_FLAGS, if is_back { 19 } else { 3 });
        fixed.put_u8(slot::FORWARDING_STATUS, 64);
        fixed.put_u32(slot::INGRESS_INTERFACE, interface + 2);
        fixed.put_u32(slot::EGRESS_INTERFACE, 1);
        fixed.put_ipv4(slot::EXPORTER_ADDRESS, Ipv4Addr::from_bits(10 << 24 | vpc << 16 | 1));
        let side = if is_back { InterfaceSide::Source } else { InterfaceSide::Destination };
        fixed.put_interface_side(side);
        let mut record = group.start_record(&fixed);
        record.push_string(format!("production {vpc}").as_bytes());
        let instance = format!("i-{:017x}", u64::from(vpc * INTERFACES + interface));
        let name = format!("service-{interface:05}-web");
        let known: [&[u8]; 4] = [instance.as_bytes(), name.as_bytes(), b"eu-west-1", b""];
        let unknown: [&[u8]; 4] = [b""; 4];
        let sides = if is_back { [known, unknown] } else { [unknown, known] };
        sides.as_flattened().iter().for_each(|text| record.push_string(text));
        record.push_string(b"123456789012");
        record.push_string(format!("vpc-{vpc:017x}").as_bytes());
        record.push_string(format!("subnet-{:017x}", interface % 6).as_bytes());
        record.push_string(format!("eni-{interface:017x}").as_bytes());
        record.push_string(b"IPv4");
        record.finish();
    }
    groups
}

/// What this thread has had of a processor.
fn cpu_time() -> Duration {
    let times = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}

fn resident() -> usize {
    status("VmRSS")
}

/// A figure of the process in octets.
fn status(key: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}
