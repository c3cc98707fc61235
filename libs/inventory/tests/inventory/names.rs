//! Names that no one would choose.

use proptest::prelude::*;
use weir_inventory::{Inventory, NOW};
use weir_ipfix::MAX_STRING_LENGTH;

use crate::build::{attached, instance, interface, ip, snapshot, texts, vpc};

fn named(name: &str) -> Inventory {
    Inventory {
        vpcs: vec![vpc("vpc-a", &["10.0.0.0/16"])],
        instances: vec![instance("i-a", name)],
        interfaces: vec![
            attached(interface("eni-a", "vpc-a", &["10.0.0.5"]), "i-a"),
            attached(interface("eni-b", "vpc-a", &["10.0.0.6"]), "i-a"),
        ],
        ..Inventory::default()
    }
}

fn name_in_records(name: &str) -> (String, u64) {
    let snapshot = snapshot(&named(name));
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let [id, name, region, service] =
        texts(snapshot.endpoint_in_vpc(vpc, ip("10.0.0.6"), NOW)).unwrap();
    assert_eq!([id.as_str(), &region, &service], ["i-a", "eu-west-1", ""]);
    (name, snapshot.counts().strings_cut)
}

#[test]
fn control_characters_become_question_marks() {
    let (name, cut) = name_in_records("a\0b\r\nc\u{7f}d\u{85}e");
    assert_eq!((name.as_str(), cut), ("a?b??c?d?e", 0));
}

#[test]
fn other_text_stays_as_it_is() {
    for name in ["", "web server", "k=v \"quoted\" \\ ]", "größe 日本語 🦀"] {
        assert_eq!(name_in_records(name), (name.to_owned(), 0));
    }
}

#[test]
fn a_long_name_is_cut_between_characters_and_counted_once() {
    let (name, cut) = name_in_records(&"日".repeat(1000));
    assert_eq!(name, "日".repeat(MAX_STRING_LENGTH / 3));
    assert_eq!(cut, 1);
}

proptest! {
    #[test]
    fn any_name_leaves_the_other_strings_readable(name in "\\PC{0,40}|(?s).{0,400}") {
        let (read, cut) = name_in_records(&name);
        prop_assert!(!read.contains(char::is_control));
        if cut == 0 {
            prop_assert_eq!(read.chars().count(), name.chars().count());
        }
    }
}
