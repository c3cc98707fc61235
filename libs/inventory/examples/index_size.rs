//! Prints the memory and the lookup times of a snapshot with a million addresses.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use weir_inventory::{
    Endpoint, FallbackExporter, Instance, Interface, InterfaceAddress, Inventory, Ipv4Range, NOW,
    Snapshot, Vpc, VpcIndex,
};

const ADDRESSES: u32 = 1_000_000;
const VPCS: u32 = 200;
const PREFIXES: u32 = 10_000;
const LOOKUPS: usize = 2_000_000;
const GROUP: usize = 32;

fn main() {
    // One address on each interface is the most expensive case.
    for per_interface in [1, 3] {
        measure(per_interface);
    }
}

fn measure(addresses_per_interface: u32) {
    let inventory = inventory(addresses_per_interface);
    let start = Instant::now();
    let snapshot = Snapshot::build(&inventory, &FallbackExporter::default()).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    drop(inventory);
    println!("{addresses_per_interface} address(es) per interface: {:?}", snapshot.counts());
    println!("  build {seconds:.2} s, {:.1} MB", snapshot.memory_bytes() as f64 / 1e6);
    lookups(&snapshot, addresses_per_interface);
}

fn lookups(snapshot: &Snapshot, addresses_per_interface: u32) {
    let vpcs: Vec<VpcIndex> =
        (0..VPCS).map(|vpc| snapshot.vpc_by_id(vpc_id(vpc).as_bytes()).unwrap()).collect();
    let mut random = 1_u64;
    let picks: Vec<u32> = (0..LOOKUPS).map(|_| next(&mut random) % ADDRESSES).collect();
    time("address in VPC", &picks, |pick| {
        let (vpc, address) = place(pick);
        snapshot.endpoint_in_vpc(vpcs[vpc as usize], IpAddr::V4(address), NOW).is_some()
    });
    let busy: Vec<u32> = picks.iter().map(|pick| skewed(*pick)).collect();
    time("address in VPC, nine of ten busy ones", &busy, |pick| {
        let (vpc, address) = place(pick);
        snapshot.endpoint_in_vpc(vpcs[vpc as usize], IpAddr::V4(address), NOW).is_some()
    });
    copy_in_groups("any", snapshot, &vpcs, &picks);
    copy_in_groups("nine of ten busy ones", snapshot, &vpcs, &busy);
    time("address of no one", &picks, |pick| {
        let (vpc, address) = place(pick);
        let address = Ipv4Addr::from_bits(address.to_bits() | 0x0080_0000);
        snapshot.endpoint_in_vpc(vpcs[vpc as usize], IpAddr::V4(address), NOW).is_none()
    });
    time("AWS range", &picks, |pick| {
        let address = Ipv4Addr::from_bits(pick.wrapping_mul(2_654_435_761));
        snapshot.aws_range(IpAddr::V4(address)).is_some() || pick > 0
    });
    // In one block, as lines of a flow log are.
    let ids: String =
        picks.iter().map(|pick| interface_id(pick / addresses_per_interface)).collect();
    let lines: Vec<u32> = (0..picks.len() as u32).collect();
    let id = |line: u32| &ids.as_bytes()[line as usize * 21..][..21];
    time("interface id", &lines, |line| snapshot.interface(id(line)).is_some());
    time("interface and its own address", &lines, |line| {
        let Some(entry) = snapshot.interface(id(line)) else { return false };
        let (_, address) = place(picks[line as usize]);
        snapshot.endpoint_of_interface(entry, IpAddr::V4(address), NOW).is_some()
    });
}

/// What a record writer does: look up a group, let the strings come near, copy them.
fn copy_in_groups(which: &str, snapshot: &Snapshot, vpcs: &[VpcIndex], picks: &[u32]) {
    let start = Instant::now();
    let mut out = Vec::with_capacity(1 << 16);
    let mut group = Vec::with_capacity(GROUP);
    let mut touched = 0_u64;
    for picks in picks.chunks(GROUP) {
        group.clear();
        group.extend(picks.iter().map(|pick| {
            let (vpc, address) = place(*pick);
            let found = snapshot.endpoint_in_vpc(vpcs[vpc as usize], IpAddr::V4(address), NOW);
            found.unwrap_or(Endpoint::UNKNOWN)
        }));
        touched += group.iter().map(|found| u64::from(found.strings[0])).sum::<u64>();
        out.clear();
        group.iter().for_each(|found| out.extend_from_slice(found.strings));
        black_box(&out);
    }
    let nanoseconds = start.elapsed().as_nanos() as f64 / picks.len() as f64;
    println!("  address in VPC, strings copied, {which}: {nanoseconds:.1} ns ({touched})");
}

fn time(what: &str, picks: &[u32], mut lookup: impl FnMut(u32) -> bool) {
    let start = Instant::now();
    let hits = picks.iter().filter(|pick| lookup(black_box(**pick))).count();
    let nanoseconds = start.elapsed().as_nanos() as f64 / picks.len() as f64;
    println!("  {what}: {nanoseconds:.1} ns ({hits} of {} as expected)", picks.len());
}

fn inventory(addresses_per_interface: u32) -> Inventory {
    let mut inventory = Inventory { vpcs: (0..VPCS).map(vpc).collect(), ..Inventory::default() };
    inventory.ip_ranges.prefixes = (0..PREFIXES).map(prefix).collect();
    for at in 0..ADDRESSES.div_ceil(addresses_per_interface) {
        let first = at * addresses_per_interface;
        let last = (first + addresses_per_interface).min(ADDRESSES);
        inventory.instances.push(instance(at));
        inventory.interfaces.push(interface(at, first..last));
    }
    inventory
}

/// Nine times of ten one of ten thousand busy addresses.
fn skewed(number: u32) -> u32 {
    if number.is_multiple_of(10) { number } else { number % 10_000 * 97 }
}

/// The VPC and the address in it of the address with this number; runs of 3000 share a VPC.
fn place(number: u32) -> (u32, Ipv4Addr) {
    (number / 3000 % VPCS, Ipv4Addr::from_bits(0x0a00_0000 + number))
}

fn vpc_id(vpc: u32) -> String {
    format!("vpc-{vpc:017x}")
}

fn interface_id(at: u32) -> String {
    format!("eni-{:017x}", u64::from(at) * 0x9e37_79b9_7f4a)
}

fn vpc(vpc: u32) -> Vpc {
    Vpc {
        id: vpc_id(vpc),
        account_id: format!("{:012}", vpc / 4),
        region: "eu-central-1".to_owned(),
        name: Some(format!("vpc number {vpc}")),
        cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        exporter: None,
    }
}

fn instance(at: u32) -> Instance {
    Instance { id: format!("i-{at:017x}"), name: Some(format!("production-web-{at}")) }
}

fn interface(at: u32, addresses: std::ops::Range<u32>) -> Interface {
    let (vpc, _) = place(addresses.start);
    // The others belong to the first one's VPC, unless a run of VPCs ends between them.
    let own = addresses.filter(|number| place(*number).0 == vpc);
    Interface {
        id: interface_id(at),
        account_id: format!("{:012}", vpc / 4),
        vpc_id: vpc_id(vpc),
        subnet_id: Some(format!("subnet-{:017x}", vpc * 6 + at % 6)),
        instance_id: Some(format!("i-{at:017x}")),
        interface_type: "interface".to_owned(),
        description: String::new(),
        addresses: own
            .map(|number| InterfaceAddress { private: place(number).1, public: None })
            .collect(),
        ipv6_addresses: Vec::new(),
        ipv6_prefixes: Vec::new(),
    }
}

fn prefix(at: u32) -> Ipv4Range {
    let base = Ipv4Addr::from_bits(0x0300_0000 + (at << 12));
    Ipv4Range {
        ip_prefix: format!("{base}/{}", 21 + at % 8).parse().unwrap(),
        region: "eu-central-1".to_owned(),
        service: ["AMAZON", "EC2", "S3"][at as usize % 3].to_owned(),
    }
}

fn next(state: &mut u64) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 32) as u32
}
