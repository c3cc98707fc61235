//! Prints the CPU time of parsing and of enriching a record with a million addresses.
//!
//! `cargo run --release -p weir-enrich --example enrich_speed`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fmt::Write;
use std::net::Ipv4Addr;
use std::time::Instant;
use std::{fs, hint};

use weir_enrich::{LineEnricher, RecordGroups};
use weir_flowlog::{BlockParser, Field, Line, LogFormat};
use weir_inventory::{
    FallbackExporter, Instance, Interface, InterfaceAddress, Inventory, Ipv4Range, Route,
    RouteTable, Snapshot, Vpc,
};
use weir_ipfix::LayoutPair;

const VPCS: u32 = 200;
const PREFIXES: u32 = 10_000;
const RECORDS: u64 = 200_000;
/// Lines of one run: what a worker enriches before it hands the records over.
const RUN: usize = 8_000;
const ROUNDS: u64 = 10;
const ENTERPRISE_NUMBER: u32 = 32473;

fn main() {
    // What fits the processor's caches, and a million addresses.
    for interfaces in [2_000, 500_000] {
        measure_inventory(interfaces);
    }
}

fn measure_inventory(interfaces: u32) {
    let start = Instant::now();
    let inventory = inventory(interfaces);
    let snapshot = Snapshot::build(&inventory, &FallbackExporter::default()).unwrap();
    drop(inventory);
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = snapshot.memory_bytes() as f64 / 1e6;
    println!("{} addresses, {megabytes:.0} MB, {seconds:.1} s", snapshot.counts().addresses);
    for (name, is_mixed) in [("one VPC in each run", false), ("all VPCs mixed", true)] {
        let text = sample(is_mixed, interfaces);
        let parse = measure(&text, parse_only);
        let layouts = LayoutPair::new(ENTERPRISE_NUMBER);
        let mut groups = RecordGroups::new();
        let both = measure(&text, |parser, format, run| {
            enrich(parser, format, run, &snapshot, &layouts, &mut groups)
        });
        let difference = both - parse;
        println!("  {name}: parse {parse:.0}, both {both:.0}, enrich {difference:.0} ns");
    }
}

/// Two addresses on each interface.
fn inventory(interfaces: u32) -> Inventory {
    let private = |n: u32, upper: u32| {
        Ipv4Addr::from_bits(10 << 24 | upper << 16 | (n % (interfaces / VPCS)) << 2)
    };
    let address = |n: u32, second: u32| {
        let public =
            (n.is_multiple_of(10) && second == 0).then(|| Ipv4Addr::from_bits(0x0305_0000 + n));
        InterfaceAddress { private: private(n, second), public }
    };
    Inventory {
        vpcs: (0..VPCS).map(vpc).collect(),
        instances: (0..interfaces)
            .map(|n| Instance { id: instance_id(n), name: Some(format!("service-{:05}-web", n)) })
            .collect(),
        interfaces: (0..interfaces)
            .map(|n| Interface {
                id: eni_id(n),
                account_id: "123456789012".to_owned(),
                vpc_id: vpc_id(n / (interfaces / VPCS)),
                subnet_id: Some(subnet_id(n / (interfaces / VPCS))),
                instance_id: Some(instance_id(n)),
                interface_type: "interface".to_owned(),
                description: String::new(),
                addresses: vec![address(n, 0), address(n, 1)],
                ipv6_addresses: Vec::new(),
                ipv6_prefixes: Vec::new(),
            })
            .collect(),
        route_tables: (0..VPCS).map(route_table).collect(),
        ip_ranges: weir_inventory::IpRanges {
            prefixes: (0..PREFIXES).map(prefix).collect(),
            ..Default::default()
        },
        ..Inventory::default()
    }
}

fn vpc(n: u32) -> Vpc {
    Vpc {
        id: vpc_id(n),
        account_id: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        name: Some(format!("vpc {n}")),
        cidrs: vec!["10.0.0.0/16".parse().unwrap(), "10.1.0.0/16".parse().unwrap()],
        exporter: None,
    }
}

fn route_table(n: u32) -> RouteTable {
    let route = |destination: &str, target: &str| Route {
        destination: destination.parse().unwrap(),
        target: target.to_owned(),
        is_blackhole: false,
    };
    RouteTable {
        id: format!("rtb-{n}"),
        vpc_id: vpc_id(n),
        is_main: true,
        subnet_ids: vec![subnet_id(n)],
        routes: vec![route("10.0.0.0/16", "local"), route("0.0.0.0/0", "igw-1")],
    }
}

fn prefix(n: u32) -> Ipv4Range {
    let service = ["AMAZON", "EC2", "S3", "CLOUDFRONT"][n as usize % 4];
    Ipv4Range {
        ip_prefix: format!("{}.{}.0.0/18", 13 + n / 250, n % 250).parse().unwrap(),
        region: "us-east-1".to_owned(),
        service: service.to_owned(),
    }
}

fn vpc_id(n: u32) -> String {
    format!("vpc-0a1b2c3d4e5f6{n:04x}")
}

fn subnet_id(n: u32) -> String {
    format!("subnet-0a1b2c3d4e5f6{n:04x}")
}

fn eni_id(n: u32) -> String {
    format!("eni-0{:016x}", u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn instance_id(n: u32) -> String {
    format!("i-0{:016x}", u64::from(n).wrapping_mul(0xd1b5_4a32_d192_ed03))
}

/// Lines of version 5 whose talkers are as uneven as in life; half of the other sides are in the
/// VPC and half on the internet. An object in S3 is of one flow log, mostly of one VPC; streams
/// mix them.
fn sample(is_mixed: bool, interfaces: u32) -> String {
    let mut text = String::new();
    let mut random = 1_u64;
    for record in 0..RECORDS {
        let line_random = next(&mut random);
        let of_vpc = record as u32 / RUN as u32 * 7 % VPCS;
        let mut own = skewed(next(&mut random), interfaces);
        if !is_mixed {
            own = own % (interfaces / VPCS) + of_vpc * (interfaces / VPCS);
        }
        let other = skewed(next(&mut random), interfaces);
        push_line(&mut text, record, line_random, [own, other], interfaces / VPCS);
    }
    text
}

fn push_line(text: &mut String, record: u64, random: u64, talkers: [u32; 2], per_vpc: u32) {
    let [own, other] = talkers;
    let vpc = own / per_vpc;
    let [a, b, c, d, e, f, ..] = random.to_be_bytes();
    let place = |n: u32| Ipv4Addr::from_bits(10 << 24 | (n % per_vpc) << 2);
    let own_address = place(own);
    let (other_address, service) = if a % 2 == 0 {
        (place(other), "-")
    } else {
        let peer = other.wrapping_mul(0x9e37_79b1).to_be_bytes();
        (Ipv4Addr::new(11 + peer[0] / 3, peer[1], peer[2], peer[3]), "S3")
    };
    let (source, target, direction) = if b % 2 == 0 {
        (own_address, other_address, "egress")
    } else {
        (other_address, own_address, "ingress")
    };
    let (port, start) = (500 + u32::from(c) * u32::from(d), 1_700_000_000 + record / 50);
    writeln!(
        text,
        "5 123456789012 {} {source} {target} {port} 443 6 {e} {} {start} {} ACCEPT OK {} {} {} 19 \
         IPv4 {source} {target} eu-west-1 euw1-az2 - - - {service} {direction} 8",
        eni_id(own),
        u32::from(f) * u32::from(d) * 40,
        start + 60,
        vpc_id(vpc),
        subnet_id(vpc),
        instance_id(own),
    )
    .unwrap();
}

fn next(random: &mut u64) -> u64 {
    *random =
        random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *random ^ *random >> 29
}

/// As by Zipf's law with exponent 1: each tenfold of interfaces has as much traffic as the next.
fn skewed(random: u64, interfaces: u32) -> u32 {
    let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let rank = (unit * f64::from(interfaces).ln()).exp() as u32;
    // Busy interfaces do not lie side by side.
    (u64::from(rank) * 0x9e37_79b1 % u64::from(interfaces)) as u32
}

fn measure(text: &str, mut work: impl FnMut(&mut BlockParser, &LogFormat, &[u8]) -> u64) -> f64 {
    let format = LogFormat::up_to_version(5).unwrap();
    let mut parser = BlockParser::new();
    let runs = runs(text);
    let mut round = || runs.iter().map(|run| work(&mut parser, &format, run)).sum::<u64>();
    assert_eq!(round(), RECORDS, "each line is a flow");
    let before = cpu_nanoseconds();
    for _ in 0..ROUNDS {
        hint::black_box(round());
    }
    (cpu_nanoseconds() - before) as f64 / (ROUNDS * RECORDS) as f64
}

fn runs(text: &str) -> Vec<&[u8]> {
    let mut runs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.match_indices('\n').nth(RUN - 1).map_or(rest.len(), |(at, _)| at + 1);
        let (run, after) = rest.split_at(end);
        runs.push(run.as_bytes());
        rest = after;
    }
    runs
}

fn parse_only(parser: &mut BlockParser, format: &LogFormat, run: &[u8]) -> u64 {
    let (mut flows, mut sum) = (0, 0_u64);
    parser.parse(format, run, |outcome| {
        if let Line::Flow(flow) = outcome.line {
            flows += 1;
            sum = sum.wrapping_add(flow.number(Field::Bytes).unwrap_or_default());
            sum ^= flow.text(Field::InterfaceId).map_or(0, |id| id.len() as u64);
        }
    });
    hint::black_box(sum);
    flows
}

fn enrich(
    parser: &mut BlockParser,
    format: &LogFormat,
    run: &[u8],
    snapshot: &Snapshot,
    layouts: &LayoutPair,
    groups: &mut RecordGroups,
) -> u64 {
    let mut lines = LineEnricher::new(layouts);
    parser.parse(format, run, |outcome| {
        if let Line::Flow(flow) = outcome.line {
            lines.queue(snapshot, flow, groups);
        }
    });
    hint::black_box(lines.finish(snapshot, groups));
    groups.take().iter().map(|group| group.len() as u64).sum()
}

/// The CPU time of this thread where the system tells it, otherwise the time that has passed.
fn cpu_nanoseconds() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok());
    spent.unwrap_or_else(|| START.elapsed().as_nanos() as u64)
}
