//! Prints the CPU time of parsing a record of each default format.
//!
//! `cargo run --release -p weir-flowlog --example parse_speed`
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use std::time::Instant;
use std::{fs, hint};

use weir_flowlog::{BlockParser, Field, Line, LogFormat};

const RECORDS: u64 = 50_000;
/// Systems may tell CPU time in steps of milliseconds, so that one round would say little.
const ROUNDS: u64 = 60;

fn main() {
    let regular = sample(29);
    measure("version 5, 29 fields", 5, &regular);
    measure("the same with CRLF", 5, &regular.replace('\n', "\r\n"));
    measure("version 2, 14 fields", 2, &sample(14));
}

/// Lines of the first `fields` fields of version 5 whose values vary as they do in life.
fn sample(fields: usize) -> String {
    let mut text = String::new();
    let mut random = 1_u64;
    for record in 0..RECORDS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        let [a, b, c, d, e, f, g, h] = (random ^ random >> 29).to_be_bytes();
        let source = format!("10.{}.{b}.{c}", a % 8);
        let target = format!("{}.{e}.{f}.{d}", 11 + h / 2);
        let (port, start) = (500 + u32::from(a) * u32::from(b), 1_700_000_000 + record / 50);
        let bytes = u64::from(c) * u64::from(d) * u64::from(g);
        let (action, path) = if c > 30 { ("ACCEPT", "8") } else { ("REJECT", "-") };
        let (service, direction) = if d > 99 { ("S3", "egress") } else { ("-", "ingress") };
        let line = format!(
            "5 123456789012 eni-0{random:016x} {source} {target} {port} 443 6 {g} {bytes} {start} \
             {} {action} OK vpc-0a1b2c3d4e5f60718 subnet-0a1b2c3d4e5f60718 i-0{:016x} 19 IPv4 \
             {source} {target} us-east-1 use1-az4 - - - {service} {direction} {path}",
            start + 60,
            random / 3,
        );
        let kept: Vec<_> = line.split(' ').take(fields).collect();
        text.push_str(&kept.join(" "));
        text.push('\n');
    }
    text
}

fn measure(name: &str, version: u8, text: &str) {
    let Some(format) = LogFormat::up_to_version(version) else { return };
    let mut parser = BlockParser::new();
    parse_once(&mut parser, &format, text);
    let before = cpu_nanoseconds();
    for _ in 0..ROUNDS {
        parse_once(&mut parser, &format, text);
    }
    let nanoseconds = (cpu_nanoseconds() - before) as f64 / (ROUNDS * RECORDS) as f64;
    let bytes = text.len() as f64 / RECORDS as f64;
    let speed = bytes / nanoseconds;
    println!("{name}: {nanoseconds:.0} ns CPU a record of {bytes:.0} bytes, {speed:.2} GB/s");
}

fn parse_once(parser: &mut BlockParser, format: &LogFormat, text: &str) {
    let (mut flows, mut sum) = (0, 0_u64);
    parser.parse(format, text.as_bytes(), |outcome| {
        if let Line::Flow(flow) = outcome.line {
            flows += 1;
            sum = sum.wrapping_add(flow.number(Field::Bytes).unwrap_or_default());
            sum ^= flow.text(Field::InterfaceId).map_or(0, |id| id.len() as u64);
            sum ^= u64::from(flow.address(Field::DstAddr).is_some());
        }
    });
    hint::black_box(sum);
    assert_eq!(flows, RECORDS, "each line is a flow");
}

/// The CPU time of this thread where the system tells it, otherwise the time that has passed.
fn cpu_nanoseconds() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    spent.unwrap_or_else(|| START.elapsed().as_nanos() as u64)
}
