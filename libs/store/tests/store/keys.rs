//! Keys, prefixes and the texts of etags.

use proptest::prelude::*;
use weir_store::{Etag, InvalidEtag, Key, KeyError, MAX_KEY_LENGTH, Prefix};

const CONSTANT: Key = Key::from_static("settings/current");

#[test]
fn a_key_has_parts_of_visible_characters() {
    assert_eq!(CONSTANT.as_str(), "settings/current");
    for text in ["a", "a/b", "fl-1/vpc_2.x:y@z+=,#~%2F", &"k".repeat(MAX_KEY_LENGTH)] {
        assert_eq!(Key::new(text).unwrap().as_str(), text);
    }
}

#[test]
fn a_text_that_is_no_key_is_refused_with_the_reason() {
    for text in ["", "/", "/a", "a/", "a//b"] {
        let error = Key::new(text).unwrap_err();
        assert_eq!(error, KeyError::EmptyPart { key: text.to_owned() });
    }
    let long = Key::new("k".repeat(MAX_KEY_LENGTH + 1)).unwrap_err();
    assert_eq!(long.to_string(), "key has 1025 octets, 1024 are allowed; shorten its parts");
    for (text, at) in [("a b", 1), ("a/*", 2), ("ä", 0), ("a\n", 1), ("{a}", 0)] {
        let error = Key::new(text).unwrap_err();
        let key = text.escape_debug().to_string();
        assert_eq!(error, KeyError::Character { key, at });
    }
}

#[test]
fn a_prefix_holds_what_is_below_its_key() {
    let prefix = Prefix::below(Key::from_static("accounts/1"));
    for (text, is_below) in
        [("accounts/1/role", true), ("accounts/1", false), ("accounts/12/role", false)]
    {
        let key = Key::new(text).unwrap();
        assert_eq!(prefix.contains(&key), is_below, "{text}");
        assert!(Prefix::ALL.contains(&key));
    }
}

#[test]
fn a_text_that_is_no_etag_is_refused() {
    let text = "0123456789abcdef0123456789abcdef";
    assert_eq!(text.parse::<Etag>().unwrap().to_string(), text);
    for wrong in ["", "0", "*", &text.to_uppercase(), &format!("+{}", &text[1..])] {
        assert_eq!(wrong.parse::<Etag>(), Err(InvalidEtag), "{wrong}");
    }
}

proptest! {
    #[test]
    fn parts_are_read_as_they_were_given(parts in prop::collection::vec(".{1,20}", 1..5)) {
        let key = Key::of_parts(&parts).unwrap();
        prop_assert_eq!(key.parts().collect::<Vec<_>>(), parts);
        prop_assert_eq!(Key::new(key.as_str()).unwrap(), key);
    }

    #[test]
    fn different_parts_are_different_keys(
        one in prop::collection::vec("[%/a2F ]{1,6}", 1..4),
        other in prop::collection::vec("[%/a2F ]{1,6}", 1..4),
    ) {
        let is_same = Key::of_parts(&one).unwrap() == Key::of_parts(&other).unwrap();
        prop_assert_eq!(is_same, one == other);
    }

    #[test]
    fn any_text_is_a_key_or_refused(text in ".*") {
        if let Ok(key) = Key::new(&text) {
            prop_assert_eq!(key.as_str(), &text);
            prop_assert!(key.parts().all(|part| !part.is_empty()));
        }
    }
}
