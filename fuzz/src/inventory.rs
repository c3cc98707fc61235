//! Inventories and all lookups in them.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use weir_enrich::{LineEnricher, RecordGroups};
use weir_flowlog::{BlockParser, Line, LogFormat};
use weir_inventory::{
    Destination, Endpoint, FallbackExporter, Interface, Inventory, NOW, Snapshot, VpcIndex,
};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair, MAX_STRING_LENGTH};

/// The most interfaces and addresses that are looked up.
const LOOKED_UP: usize = 32;

/// Addresses that no inventory needs to hold.
const ELSEWHERE: [&str; 4] = ["0.0.0.0", "255.255.255.255", "::", "2001:db8::1"];

/// Reads a JSON document as an inventory, indexes it and looks everything up.
///
/// - An inventory that is written out is read back the same.
/// - Each VPC and transit gateway has an observation domain of its own.
/// - Each interface is found by its id and by its addresses.
/// - All texts are UTF-8 without control characters, within the length of IPFIX strings.
/// - Flows between any of its interfaces become well-formed records.
///
/// # Panics
/// When one of these does not hold.
pub fn inventory(data: &[u8]) {
    let inventory = match Inventory::from_json(data) {
        Ok(inventory) => inventory,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = Inventory::from_json(&inventory.to_json()).expect("what was written is read");
    assert_eq!(again, inventory);
    let snapshot = Snapshot::build(&inventory, &FallbackExporter::default());
    let Ok(snapshot) = snapshot else { return };
    check_counts(&inventory, &snapshot);
    check_exporters(&inventory, &snapshot);
    check_interfaces(&inventory, &snapshot);
    check_routes(&inventory, &snapshot);
    check_flows(&inventory, &snapshot);
}

fn check_counts(inventory: &Inventory, snapshot: &Snapshot) {
    let counts = snapshot.counts();
    let ids = distinct(inventory.interfaces.iter().map(|interface| &interface.id));
    assert_eq!(counts.interfaces, ids, "{counts:?}");
    assert!(counts.vpcs + counts.transit_gateways <= exporters(inventory) as u64, "{counts:?}");
    assert_eq!(counts.prefixes as usize, prefixes(inventory), "{counts:?}");
    assert!(snapshot.memory_bytes() > 0);
}

fn check_exporters(inventory: &Inventory, snapshot: &Snapshot) {
    let mut domains = HashSet::from([0]);
    let fallback = snapshot.vpc(VpcIndex::FALLBACK);
    assert!(domains.insert(fallback.observation_domain_id));
    let vpcs = inventory.vpcs.iter().filter_map(|vpc| snapshot.vpc_by_id(vpc.id.as_bytes()));
    let gateways = inventory.transit_gateways.iter();
    let gateways = gateways.filter_map(|each| snapshot.transit_gateway_by_id(each.id.as_bytes()));
    for index in vpcs.chain(gateways).collect::<HashSet<_>>() {
        let entry = snapshot.vpc(index);
        assert!(domains.insert(entry.observation_domain_id), "{entry:?}");
        for text in [&entry.id, &entry.account_id, &entry.region, &entry.exporter_name] {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
        assert!(entry.exporter_name.len() <= MAX_STRING_LENGTH);
        assert!(entry.encoded_exporter_name.ends_with(entry.exporter_name.as_bytes()));
    }
}

fn check_interfaces(inventory: &Inventory, snapshot: &Snapshot) {
    let mut seen = HashSet::new();
    for interface in inventory.interfaces.iter().take(LOOKED_UP) {
        let entry = snapshot.interface(interface.id.as_bytes()).expect("it is listed");
        // Of two with the same id the first one stays.
        if !seen.insert(&interface.id) {
            continue;
        }
        check_endpoint(snapshot.primary_endpoint(entry, NOW));
        for address in interface.private_addresses().take(LOOKED_UP) {
            let endpoint = snapshot.endpoint_of_interface(entry, address, NOW);
            let endpoint = endpoint.expect("it has the address");
            assert_eq!(endpoint.public_address, public_address(interface, address), "{address}");
            check_endpoint(endpoint);
            let in_vpc = snapshot.endpoint_in_vpc(entry.vpc(), address, NOW);
            assert_eq!(in_vpc.is_some(), entry.vpc() != VpcIndex::FALLBACK, "{address}");
        }
        for public in interface.addresses.iter().filter_map(|pair| pair.public).take(LOOKED_UP) {
            let endpoint = snapshot.endpoint_by_public_address(IpAddr::V4(public), NOW);
            check_endpoint(endpoint.expect("it has the public address"));
        }
    }
}

/// The public address that is listed with a private one for the first time.
fn public_address(interface: &Interface, private: IpAddr) -> Option<Ipv4Addr> {
    let mut pairs = interface.addresses.iter();
    let pair = pairs.find(|pair| IpAddr::V4(pair.private) == private)?;
    pair.public.filter(|public| !public.is_unspecified())
}

/// Looks every address up from every VPC.
fn check_routes(inventory: &Inventory, snapshot: &Snapshot) {
    let tables = inventory.route_tables.iter().flat_map(|table| &table.subnet_ids);
    let tables = tables.filter_map(|id| snapshot.route_table_of_subnet(id.as_bytes()));
    let tables: Vec<_> = [None].into_iter().chain(tables.take(4).map(Some)).collect();
    let vpcs = inventory.vpcs.iter().filter_map(|vpc| snapshot.vpc_by_id(vpc.id.as_bytes()));
    let vpcs: Vec<_> = [VpcIndex::FALLBACK].into_iter().chain(vpcs.take(4)).collect();
    for address in addresses(inventory) {
        snapshot.aws_range(address).into_iter().for_each(|range| check_endpoint(range.endpoint()));
        for vpc in &vpcs {
            for table in &tables {
                if let Destination::Vpc(found) = snapshot.destination(*vpc, *table, address) {
                    assert_eq!(snapshot.vpc_by_id(snapshot.vpc(found).id.as_bytes()), Some(found));
                }
                let endpoint = snapshot.endpoint_by_route(*vpc, *table, address, NOW);
                endpoint.into_iter().for_each(check_endpoint);
            }
            let endpoint = snapshot.endpoint_across_transit(Some(*vpc), address, NOW);
            endpoint.into_iter().for_each(check_endpoint);
        }
    }
}

fn check_endpoint(endpoint: Endpoint<'_>) {
    let mut length = 0;
    for text in endpoint.texts() {
        let text = str::from_utf8(text).expect("UTF-8");
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(text.len() <= MAX_STRING_LENGTH);
        length += text.len() + if text.len() < 255 { 1 } else { 3 };
    }
    assert_eq!(length, endpoint.strings.len(), "{endpoint:?}");
}

/// Enriches a flow from each interface to the next.
fn check_flows(inventory: &Inventory, snapshot: &Snapshot) {
    let format = LogFormat::parse("interface-id vpc-id srcaddr dstaddr tgw-id bytes");
    let format = format.expect("a format");
    let from = inventory.interfaces.iter().take(LOOKED_UP);
    let to = from.clone().skip(1);
    let text: String = from.zip(to).filter_map(|(from, to)| flow(inventory, from, to)).collect();
    let layouts = LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER);
    let mut enricher = LineEnricher::new(&layouts);
    let mut groups = RecordGroups::new();
    let mut flows = 0;
    BlockParser::new().parse(&format, text.as_bytes(), |outcome| {
        if let Line::Flow(flow) = outcome.line {
            enricher.queue(snapshot, flow, &mut groups);
            flows += 1;
        }
    });
    enricher.finish(snapshot, &mut groups);
    let records = groups.take().into_iter().map(|group| {
        let layout = layouts.by_revision(group.revision).expect("a layout of the pair");
        group.records(layout).expect("the group is well-formed").count()
    });
    assert_eq!(records.sum::<usize>(), flows);
}

fn flow(inventory: &Inventory, from: &Interface, to: &Interface) -> Option<String> {
    let (source, destination) = (from.private_addresses().next()?, to.private_addresses().next()?);
    let gateway = inventory.transit_gateways.first().map_or("-", |gateway| &gateway.id);
    let (id, vpc) = (&from.id, &from.vpc_id);
    Some(format!(
        "{id} {vpc} {source} {destination} - 1\n{id} - {source} {destination} {gateway} 1\n"
    ))
}

fn addresses(inventory: &Inventory) -> Vec<IpAddr> {
    let private = inventory.interfaces.iter().flat_map(Interface::private_addresses);
    let routes = inventory.route_tables.iter().flat_map(|table| &table.routes);
    let blocks = inventory.vpcs.iter().flat_map(|vpc| &vpc.cidrs);
    let blocks = blocks.chain(routes.map(|route| &route.destination));
    let edges = blocks.flat_map(|block| [block.network(), block.broadcast()]);
    let ranges = inventory.ip_ranges.prefixes.iter().map(|range| range.ip_prefix.addr().into());
    let elsewhere = ELSEWHERE.map(|address| address.parse().expect("an address"));
    let listed = private.take(LOOKED_UP).chain(edges.take(LOOKED_UP)).chain(ranges.take(LOOKED_UP));
    listed.chain(elsewhere).collect()
}

fn distinct<'i>(ids: impl Iterator<Item = &'i String>) -> u64 {
    ids.collect::<HashSet<_>>().len() as u64
}

fn exporters(inventory: &Inventory) -> usize {
    inventory.vpcs.len() + inventory.transit_gateways.len()
}

fn prefixes(inventory: &Inventory) -> usize {
    inventory.ip_ranges.prefixes.len() + inventory.ip_ranges.ipv6_prefixes.len()
}
