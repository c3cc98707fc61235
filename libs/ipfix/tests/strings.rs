//! Variable-length strings and where they are cut.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use proptest::{collection::vec, prelude::*};
use weir_ipfix::{MAX_STRING_LENGTH, cut_at_character, push_string, split_string};

proptest! {
    #[test]
    fn a_pushed_string_is_split_off_again(
        texts in vec(vec(any::<u8>(), 0..400), 0..6),
        rest in vec(any::<u8>(), 0..4),
    ) {
        let mut encoded = Vec::new();
        for text in &texts {
            prop_assert!(!push_string(&mut encoded, text));
        }
        encoded.extend(&rest);
        let mut left = encoded.as_slice();
        for text in &texts {
            let (found, after) = split_string(left).expect("a string");
            prop_assert_eq!(found, text);
            left = after;
        }
        prop_assert_eq!(left, rest);
    }

    #[test]
    fn any_octets_are_split_within_their_bounds(octets in vec(any::<u8>(), 0..300)) {
        if let Some((text, rest)) = split_string(&octets) {
            let prefix = octets.len() - text.len() - rest.len();
            prop_assert!(prefix == 1 || prefix == 3);
            prop_assert!(octets.ends_with(rest));
        }
    }

    #[test]
    fn valid_text_is_cut_at_the_last_character_that_fits(text in support::text(), limit in 0usize..1200) {
        let cut = cut_at_character(text.as_bytes(), limit);
        prop_assert_eq!(cut, &text.as_bytes()[..text.floor_char_boundary(limit)]);
    }

    #[test]
    fn octets_that_are_no_text_lose_at_most_four_more(
        octets in vec(prop_oneof![any::<u8>(), 0x80u8..0xc0], 0..40),
        limit in 0usize..40,
    ) {
        let cut = cut_at_character(&octets, limit);
        prop_assert!(octets.starts_with(cut));
        prop_assert!(cut.len() <= limit);
        prop_assert!(cut.len() + 4 >= limit.min(octets.len()));
    }
}

#[test]
fn the_length_prefix_is_as_rfc_7011_section_7_has_it() {
    for (length, prefix) in [
        (0, vec![0]),
        (1, vec![1]),
        (254, vec![254]),
        (255, vec![255, 0, 255]),
        (256, vec![255, 1, 0]),
        (MAX_STRING_LENGTH, vec![255, 4, 0]),
    ] {
        let mut encoded = Vec::new();
        assert!(!push_string(&mut encoded, &vec![b'x'; length]));
        assert!(encoded.starts_with(&prefix));
        assert_eq!(encoded.len(), prefix.len() + length);
    }
}

#[test]
fn a_longer_string_is_cut_and_tells() {
    let mut encoded = Vec::new();
    let text = "é".repeat(MAX_STRING_LENGTH / 2) + "x";
    assert!(push_string(&mut encoded, text.as_bytes()));
    let shifted = "x".to_owned() + &"é".repeat(MAX_STRING_LENGTH / 2);
    assert!(push_string(&mut encoded, shifted.as_bytes()));
    let (first, rest) = split_string(&encoded).expect("a string");
    let (second, rest) = split_string(rest).expect("a string");
    assert_eq!((first.len(), second.len(), rest.len()), (1024, 1023, 0));
}

#[test]
fn a_short_value_may_come_with_the_long_prefix() {
    assert_eq!(split_string(&[255, 0, 1, 7, 8]), Some((&[7][..], &[8][..])));
    for incomplete in [&[][..], &[1], &[255], &[255, 0], &[255, 0, 1], &[2, 7]] {
        assert_eq!(split_string(incomplete), None);
    }
}
