//! Parts of several accounts and regions, and their JSON forms.

use weir_inventory::region::{
    FORMAT, IndexPart, InventoryIndex, MAX_INDEX_LENGTH, RangesVersion, RegionSnapshot, Stale,
    ip_ranges_key_parts, merge,
};
use weir_inventory::{
    Instance, InventoryError, IpRanges, NOW, PeeringConnection, Route, RouteTable,
    TransitGatewayAttachment,
};

use crate::build::{attached, instance, interface, ip, known, range, snapshot, texts, vpc};

const OWNER: &str = "111122223333";
const PARTICIPANT: &str = "444455556666";

fn part(account_id: &str) -> RegionSnapshot {
    RegionSnapshot::new(account_id, "eu-west-1", 1_764_072_000)
}

/// A VPC of the owner with an interface of the participant: both see both, but tags and
/// instances only their own.
fn shared() -> [RegionSnapshot; 2] {
    let (mut owner, mut participant) = (part(OWNER), part(PARTICIPANT));
    let seen = attached(interface("eni-shared", "vpc-a", &["10.0.0.5"]), "i-shared");
    let mut named = vpc("vpc-a", &["10.0.0.0/16"]);
    named.name = Some("shared".to_owned());
    owner.inventory.vpcs = vec![named];
    owner.inventory.interfaces = vec![seen.clone()];
    participant.inventory.vpcs = vec![vpc("vpc-a", &["10.0.0.0/16"])];
    participant.inventory.interfaces = vec![seen];
    participant.inventory.instances = vec![instance("i-shared", "app")];
    [owner, participant]
}

#[test]
fn a_participant_s_instance_resolves_in_the_owner_s_vpc_in_any_order() {
    let [owner, participant] = shared();
    for parts in [[&owner, &participant], [&participant, &owner]] {
        let snapshot = snapshot(&merge(parts, &IpRanges::default()));
        let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
        let found = texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW));
        assert_eq!(found, known(["i-shared", "app", "eu-west-1", ""]));
        assert_eq!(snapshot.vpc(vpc).exporter_name, "shared");
        let entry = snapshot.interface(b"eni-shared").unwrap();
        assert_eq!(entry.account_id(), PARTICIPANT.as_bytes());
        let counts = snapshot.counts();
        assert_eq!((counts.duplicate_ids, counts.duplicate_addresses), (0, 0));
        assert_eq!(counts.dangling_references, 0);
    }
}

#[test]
fn what_only_one_account_shows_of_another_one_s_is_taken() {
    let [owner, participant] = shared();
    // The other account is not swept.
    let alone = snapshot(&merge([&participant], &IpRanges::default()));
    assert_eq!(alone.vpc(alone.vpc_by_id(b"vpc-a").unwrap()).exporter_name, "vpc-a");
    let alone = snapshot(&merge([&owner], &IpRanges::default()));
    let vpc = alone.vpc_by_id(b"vpc-a").unwrap();
    let found = texts(alone.endpoint_in_vpc(vpc, ip("10.0.0.5"), NOW));
    assert_eq!(found, known(["i-shared", "", "eu-west-1", ""]));
}

#[test]
fn overlapping_blocks_of_two_accounts_stay_apart_and_a_peering_leads_to_the_right_one() {
    let (mut a, mut b) = (part(OWNER), part(PARTICIPANT));
    let with = |part: &mut RegionSnapshot, vpc_id: &str, cidr: &str, n: &str| {
        let mut vpc = vpc(vpc_id, &[cidr]);
        vpc.account_id = part.account_id.clone();
        part.inventory.vpcs.push(vpc);
        let address = [&*format!("{}.0.5", &cidr[..4].trim_end_matches('.'))];
        let eni = attached(interface(&format!("eni-{n}"), vpc_id, &address), &format!("i-{n}"));
        part.inventory.interfaces.push(eni);
        part.inventory.instances.push(Instance { id: format!("i-{n}"), name: Some(n.to_owned()) });
    };
    with(&mut a, "vpc-a", "10.1.0.0/16", "a");
    with(&mut a, "vpc-c", "10.2.0.0/16", "c");
    with(&mut b, "vpc-b", "10.2.0.0/16", "b");
    let peering = PeeringConnection {
        id: "pcx-1".to_owned(),
        requester_vpc_id: "vpc-a".to_owned(),
        accepter_vpc_id: "vpc-b".to_owned(),
    };
    for part in [&mut a, &mut b] {
        part.inventory.peering_connections = vec![peering.clone()];
    }
    a.inventory.route_tables = vec![RouteTable {
        id: "rtb-a".to_owned(),
        vpc_id: "vpc-a".to_owned(),
        is_main: true,
        subnet_ids: Vec::new(),
        routes: vec![Route {
            destination: "10.2.0.0/16".parse().unwrap(),
            target: "pcx-1".to_owned(),
            is_blackhole: false,
        }],
    }];
    let merged = merge([&a, &b], &IpRanges::default());
    assert_eq!(merged.peering_connections.len(), 1);
    let snapshot = snapshot(&merged);
    let from = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let found = texts(snapshot.endpoint_by_route(from, None, ip("10.2.0.5"), NOW));
    assert_eq!(found, known(["i-b", "b", "eu-west-1", ""]));
    let own = snapshot.vpc_by_id(b"vpc-c").unwrap();
    let found = texts(snapshot.endpoint_in_vpc(own, ip("10.2.0.5"), NOW));
    assert_eq!(found, known(["i-c", "c", "eu-west-1", ""]));
    assert_eq!(snapshot.counts().duplicate_addresses, 0);
}

#[test]
fn an_attachment_is_taken_from_whom_knows_its_route_table() {
    let attachment = |table: Option<&str>| TransitGatewayAttachment {
        id: "tgw-attach-1".to_owned(),
        transit_gateway_id: "tgw-1".to_owned(),
        resource_type: "vpc".to_owned(),
        resource_id: "vpc-a".to_owned(),
        route_table_id: table.map(str::to_owned),
    };
    let (mut a, mut b) = (part(PARTICIPANT), part(OWNER));
    a.inventory.transit_gateway_attachments = vec![attachment(None)];
    b.inventory.transit_gateway_attachments = vec![attachment(Some("tgw-rtb-1"))];
    let merged = merge([&a, &b], &IpRanges::default());
    assert_eq!(merged.transit_gateway_attachments, [attachment(Some("tgw-rtb-1"))]);
}

#[test]
fn the_ranges_are_those_of_all() {
    let ranges =
        IpRanges { prefixes: vec![range("3.5.0.0/19", "GLOBAL", "S3")], ..IpRanges::default() };
    let merged = merge([&part(OWNER)], &ranges);
    assert_eq!((merged.ip_ranges, merged.generated_at), (ranges.clone(), 1_764_072_000));
    assert_eq!(IpRanges::from_json(&ranges.to_json()).unwrap(), ranges);
}

fn index() -> InventoryIndex {
    InventoryIndex {
        format: FORMAT,
        revision: 7,
        published_at: 1_764_072_100,
        parts: vec![IndexPart {
            account_id: OWNER.to_owned(),
            region: "eu-west-1".to_owned(),
            version: 5,
            taken_at: 1_764_072_000,
            stale: Some(Stale { since: 1_764_072_050, cause: "access denied".to_owned() }),
        }],
        ip_ranges: Some(RangesVersion { sync_token: "1".to_owned(), version: 2 }),
    }
}

#[test]
fn an_index_is_read_as_it_was_written_and_names_its_keys() {
    let index = index();
    assert_eq!(InventoryIndex::from_json(&index.to_json()).unwrap(), index);
    let key = index.parts[0].key_parts().join("/");
    assert_eq!(key, "inventory/parts/111122223333/eu-west-1/5");
    assert_eq!(ip_ranges_key_parts(2).join("/"), "inventory/ip-ranges/2");
}

#[test]
fn another_format_is_told_from_damage() {
    let newer = r#"{"format": 2, "a_new_key": 1}"#;
    for error in [
        InventoryIndex::from_json(newer.as_bytes()).unwrap_err(),
        RegionSnapshot::from_json(newer.as_bytes()).unwrap_err(),
    ] {
        assert!(matches!(error, InventoryError::Format { found: 2, known: FORMAT }), "{error}");
    }
    let error = RegionSnapshot::from_json(br#"{"format": 1, "a_new_key": 1}"#).unwrap_err();
    assert!(matches!(error, InventoryError::Content { .. }), "{error}");
    let cut = &part(OWNER).to_json()[..40];
    let error = RegionSnapshot::from_json(cut).unwrap_err();
    assert!(matches!(error, InventoryError::CutOff { .. }), "{error}");
}

#[test]
fn documents_beyond_all_bounds_are_not_read() {
    let mut long = index().to_json();
    long.resize(MAX_INDEX_LENGTH + 1, b' ');
    let error = InventoryIndex::from_json(&long).unwrap_err();
    assert!(matches!(error, InventoryError::TooLong { .. }), "{error}");
    let mut many = index();
    many.parts = vec![many.parts[0].clone(); 20_001];
    let error = InventoryIndex::from_json(&many.to_json()).unwrap_err();
    assert!(matches!(error, InventoryError::TooLarge { what: "parts", .. }), "{error}");
}
