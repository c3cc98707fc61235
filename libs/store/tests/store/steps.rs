//! Steps that a property test takes.

use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) const KEYS: [&str; 5] = ["a", "a/1", "a/2", "a-b/1", "b/1"];
pub(crate) const PREFIXES: [Option<&str>; 4] = [None, Some("a"), Some("a-b"), Some("c")];
pub(crate) const SETS: [&str; 3] = ["a", "a/1", "b"];

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put { key: usize, value: u8, condition: When },
    Delete { key: usize, condition: When },
    Get { key: usize },
    List { prefix: usize, after: Option<usize>, limit: usize },
    Add { set: u8, members: Vec<u8>, ttl: u64 },
    Contains { set: u8, members: Vec<u8> },
    Pass { milliseconds: u64 },
    Restart,
}

/// A condition, before it is known which etags there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Any,
    Absent,
    Current,
    /// An etag that was seen at some time, of any key.
    Seen(usize),
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        Just(When::Any),
        Just(When::Absent),
        Just(When::Current),
        (0..100_usize).prop_map(When::Seen)
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    let set = 0..SETS.len() as u8;
    prop_oneof![
        6 => (key.clone(), any::<u8>(), when())
            .prop_map(|(key, value, condition)| Step::Put { key, value, condition }),
        3 => (key.clone(), when()).prop_map(|(key, condition)| Step::Delete { key, condition }),
        2 => key.clone().prop_map(|key| Step::Get { key }),
        3 => (0..PREFIXES.len(), prop::option::of(key), 0..6_usize)
            .prop_map(|(prefix, after, limit)| Step::List { prefix, after, limit }),
        6 => (set.clone(), vec(0..9_u8, 0..7), 1..40_u64)
            .prop_map(|(set, members, ttl)| Step::Add { set, members, ttl }),
        3 => (set, vec(0..9_u8, 0..9)).prop_map(|(set, members)| Step::Contains { set, members }),
        4 => (0..30_u64).prop_map(|milliseconds| Step::Pass { milliseconds }),
        1 => Just(Step::Restart),
    ]
}
