//! Prints the CPU time of packing a record into messages of 1420 octets.
//!
//! `cargo run --release -p weir-ipfix --example pack_speed`
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use std::fs;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use weir_ipfix::element::PROTOCOL_IDENTIFIER;
use weir_ipfix::{
    AddressFamily, DEFAULT_ENTERPRISE_NUMBER, DataType, FixedPart, Layout, Packer, PackerOptions,
    Projection, RecordGroup, standard,
};

/// What an enriched flow of an instance carries, in the order of the layout's strings.
const STRINGS: [&str; 14] = [
    "vpc-0a1b2c3d4e5f60718.eu-central-1",
    "i-0a1b2c3d4e5f60718",
    "checkout-frontend-blue-17",
    "eu-central-1",
    "",
    "i-0f1e2d3c4b5a69788",
    "orders-database",
    "eu-central-1",
    "",
    "123456789012",
    "vpc-0a1b2c3d4e5f60718",
    "subnet-0a1b2c3d4e5f60718",
    "eni-0a1b2c3d4e5f60718",
    "IPv4",
];
/// So few that they stay in the cache, as the records of a run do that was just received.
const RECORDS: u32 = 1_000;
const ROUNDS: u32 = 5_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layout = Layout::new(AddressFamily::V4, DEFAULT_ENTERPRISE_NUMBER);
    let is_number = |data_type| data_type != DataType::String;
    let whole = Projection::whole(&layout);
    measure("whole records", &layout, whole.clone(), false)?;
    measure("whole records, padded", &layout, whole, true)?;
    let all_but_one = Projection::of_elements(&layout, |element| *element != PROTOCOL_IDENTIFIER);
    measure("all elements but one", &layout, all_but_one, false)?;
    let numbers = Projection::of_elements(&layout, |element| is_number(element.data_type));
    measure("numbers only", &layout, numbers, false)
}

fn measure(
    name: &str,
    layout: &Layout,
    projection: Projection,
    padded: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let group = sample(layout);
    let mut packer = Packer::new(PackerOptions {
        max_message_length: 1420,
        max_records_per_message: u32::MAX,
        template_interval: Duration::from_secs(60),
        padded,
    });
    packer.add_template(layout, projection)?;
    packer.pack(&group, layout, Duration::ZERO)?;
    let before = cpu_nanoseconds();
    let mut octets = 0;
    for _ in 0..ROUNDS {
        packer.pack(&group, layout, Duration::ZERO)?;
        packer.flush();
        octets += packer.messages().octets();
        packer.messages().clear();
    }
    let records = f64::from(ROUNDS) * f64::from(RECORDS);
    let nanoseconds = (cpu_nanoseconds() - before) as f64 / records;
    let octets = octets as f64 / records;
    println!("{name}: {nanoseconds:.1} ns CPU and {octets:.0} octets a record");
    Ok(())
}

fn sample(layout: &Layout) -> RecordGroup {
    let mut group = RecordGroup::new(layout.revision(), 7);
    let mut fixed = FixedPart::new(layout);
    for number in 0..RECORDS {
        fixed.clear();
        fixed.put_u64(standard::OCTETS, u64::from(number) * 1500);
        fixed.put_u64(standard::PACKETS, u64::from(number));
        fixed.put_u8(standard::PROTOCOL, 6);
        fixed.put_ipv4(standard::SOURCE_V4, Ipv4Addr::from_bits(number));
        fixed.put_ipv4(standard::DESTINATION_V4, Ipv4Addr::LOCALHOST);
        let mut record = group.start_record(&fixed);
        for text in STRINGS {
            record.push_string(text.as_bytes());
        }
        record.finish();
    }
    group
}

/// The CPU time of this thread where the system tells it, otherwise the time that has passed.
fn cpu_nanoseconds() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    spent.unwrap_or_else(|| START.elapsed().as_nanos() as u64)
}
