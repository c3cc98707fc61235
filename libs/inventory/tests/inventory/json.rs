//! The JSON form and what is said of a broken one.

use std::error::Error;

use weir_inventory::{Inventory, InventoryError};

use crate::build::{attached, instance, interface, public, range, transit_gateway, vpc};

const SMALL: &str = r#"{
  "vpcs": [
    {"id": "vpc-a", "account_id": "111122223333", "region": "eu-west-1",
     "cidrs": ["10.0.0.0/16", "2001:db8::/56"]}
  ],
  "interfaces": [
    {"id": "eni-a", "account_id": "111122223333", "vpc_id": "vpc-a",
     "addresses": [{"private": "10.0.0.5", "public": "192.0.2.7"}]}
  ],
  "ip_ranges": {"syncToken": "1", "createDate": "2026-01-01-00-00-00", "prefixes": [
    {"ip_prefix": "3.5.0.0/19", "region": "GLOBAL", "service": "S3",
     "network_border_group": "GLOBAL"}
  ]}
}"#;

fn error(json: &str) -> InventoryError {
    Inventory::from_json(json.as_bytes()).unwrap_err()
}

#[test]
fn a_hand_written_inventory_is_read_without_its_optional_parts() {
    let inventory = Inventory::from_json(SMALL.as_bytes()).unwrap();
    assert_eq!(inventory.vpcs[0].cidrs.len(), 2);
    assert_eq!(inventory.interfaces[0].interface_type, "interface");
    assert_eq!(inventory.ip_ranges.prefixes[0].service, "S3");
}

#[test]
fn what_is_written_is_read_again() {
    let inventory = Inventory {
        generated_at: 1_700_000_000,
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"])],
        instances: vec![instance("i-a", "wéb\0")],
        interfaces: vec![attached(public(interface("e", "v", &["10.0.0.5"]), "3.5.0.9"), "i-a")],
        transit_gateways: vec![transit_gateway("tgw-a")],
        ip_ranges: weir_inventory::IpRanges {
            prefixes: vec![range("3.5.0.0/19", "GLOBAL", "S3")],
            ..Default::default()
        },
        ..Inventory::default()
    };
    let json = inventory.to_json();
    assert_eq!(Inventory::from_json(&json).unwrap(), inventory);
    assert!(json.ends_with(b"}\n"));
    assert!(json.starts_with(b"{\n  \"generated_at\""));
}

#[test]
fn a_byte_order_mark_is_accepted() {
    assert!(Inventory::from_json(format!("\u{feff}{SMALL}").as_bytes()).is_ok());
}

#[test]
fn other_documents_are_told_by_their_kind() {
    let kinds = [
        ("", "empty"),
        (" \n", "empty"),
        ("[]", "a list"),
        ("\"vpc\"", "a string"),
        ("-1", "a number"),
        ("version account-id interface-id", "not JSON"),
        ("\u{1f}\u{8b}", "compressed"),
    ];
    for (json, kind) in kinds {
        let error = error(json);
        assert!(matches!(error, InventoryError::NotAnObject { .. }), "{json:?}: {error}");
        assert!(error.to_string().contains(kind), "{json:?}: {error}");
    }
}

#[test]
fn a_cut_off_file_says_so_and_where() {
    let (start, _) = SMALL.split_once("10.0.0.5").unwrap();
    let error = error(start);
    assert!(matches!(error, InventoryError::CutOff { line: 8, .. }), "{error:?}");
}

#[test]
fn a_syntax_error_names_line_and_column() {
    let error = error("{\n  \"vpcs\": [,]\n}");
    assert!(matches!(error, InventoryError::Syntax { line: 2, column: 12, .. }), "{error:?}");
    assert!(error.to_string().contains("line 2, column 12"));
    assert!(error.source().is_some());
}

#[test]
fn a_misspelt_key_is_named() {
    let error = error("{\"vpc\": []}");
    assert!(matches!(error, InventoryError::Content { line: 1, .. }), "{error:?}");
    let source = error.source().unwrap().to_string();
    assert!(source.contains("`vpc`") && source.contains("`vpcs`"), "{source}");
}

#[test]
fn a_bad_address_is_an_error_at_its_line() {
    let json = SMALL.replace("10.0.0.5", "10.0.0.500");
    assert!(matches!(error(&json), InventoryError::Content { line: 8, .. }));
}

#[test]
fn text_after_the_object_is_an_error() {
    assert!(matches!(error("{}\n{}"), InventoryError::Syntax { line: 2, .. }));
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let json = format!("{{\"vpcs\": {}", "[".repeat(100_000));
    assert!(Inventory::from_json(json.as_bytes()).is_err());
}
