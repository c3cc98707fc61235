//! Records of conversations that are all distinct, as an enricher groups them.

use std::net::Ipv4Addr;
use std::ops::Range;

use weir_ipfix::{FixedPart, InterfaceSide, LayoutPair, RecordGroup, standard as slot};

/// Records that are counted after one another, as those of a run.
const RUN: u32 = 2_600;
const VPCS: u32 = 200;
/// Interfaces of a VPC.
const INTERFACES: u32 = 500;

/// The runs of this many conversations: what all clients say, and then what all servers answer.
/// Each run is of one VPC, whose interfaces talk to hosts all over the internet.
pub(crate) fn runs(layouts: &LayoutPair, conversations: u32) -> impl Iterator<Item = RecordGroup> {
    let first = (0..conversations).step_by(RUN as usize);
    let numbers = first.map(move |first| first..conversations.min(first + RUN));
    let both = [false, true]
        .into_iter()
        .flat_map(move |is_back| numbers.clone().map(move |numbers| (numbers, is_back)));
    both.map(|(numbers, is_back)| run(layouts, numbers, is_back))
}

fn run(layouts: &LayoutPair, numbers: Range<u32>, is_back: bool) -> RecordGroup {
    let vpc = numbers.start / RUN % VPCS;
    let mut group = RecordGroup::new(layouts.v4.revision(), vpc);
    for number in numbers {
        // As good as any order.
        let mixed = number.wrapping_mul(0x9e37_79b9);
        let interface = mixed % INTERFACES;
        let own = (Ipv4Addr::from_bits((10 << 24) | (vpc << 16) | interface), 443_u16);
        let far = (Ipv4Addr::from_bits(0x4000_0000 | (mixed >> 3)), 32768 + (mixed >> 17) as u16);
        let mut fixed = FixedPart::new(&layouts.v4);
        fixed.put_u64(slot::OCTETS, u64::from(mixed & 0xffff));
        fixed.put_u64(slot::PACKETS, 10);
        fixed.put_u64(slot::START, 1_767_322_000_000);
        fixed.put_u64(slot::END, 1_767_322_030_000);
        let (source, destination) = if is_back { (own, far) } else { (far, own) };
        fixed.put_ipv4(slot::SOURCE_V4, source.0);
        fixed.put_ipv4(slot::DESTINATION_V4, destination.0);
        fixed.put_u16(slot::SOURCE_PORT, source.1);
        fixed.put_u16(slot::DESTINATION_PORT, destination.1);
        fixed.put_u8(slot::PROTOCOL, 6);
        fixed.put_u8(slot::TCP_FLAGS, if is_back { 19 } else { 3 });
        fixed.put_u8(slot::FORWARDING_STATUS, 64);
        let indexes = if is_back { [interface + 2, 1] } else { [1, interface + 2] };
        fixed.put_u32(slot::INGRESS_INTERFACE, indexes[0]);
        fixed.put_u32(slot::EGRESS_INTERFACE, indexes[1]);
        fixed.put_ipv4(slot::EXPORTER_ADDRESS, Ipv4Addr::from_bits((10 << 24) | (vpc << 16) | 1));
        let side = if is_back { InterfaceSide::Source } else { InterfaceSide::Destination };
        fixed.put_interface_side(side);
        put_strings(&mut group, &fixed, vpc, interface, is_back);
    }
    group
}

fn put_strings(
    group: &mut RecordGroup,
    fixed: &FixedPart,
    vpc: u32,
    interface: u32,
    is_back: bool,
) {
    let mut record = group.start_record(fixed);
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
