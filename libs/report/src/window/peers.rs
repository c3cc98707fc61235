//! A port that several hosts talk to is a server's.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::contents::Contents;
use super::key::Key;

/// How many entries an end has: of those alone whose ports do not tell which is the client.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    entries: HashMap<End, u32, RandomState>,
}

/// An address with a port in one VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct End {
    observation_domain_id: u32,
    address: u32,
    port: u16,
    is_v6: bool,
}

impl End {
    fn of(key: &Key, end: usize) -> Self {
        Self {
            observation_domain_id: key.observation_domain_id,
            address: key.addresses[end],
            port: key.ports[end],
            is_v6: key.has(Key::IPV6),
        }
    }
}

impl Peers {
    /// Those of a window's entries.
    pub(crate) fn of(contents: &Contents) -> Self {
        let mut peers = Self::default();
        for entry in contents.iter().filter(|entry| !entry.key.has_clear_ports()) {
            for end in 0..2 {
                *peers.entries.entry(End::of(&entry.key, end)).or_default() += 1;
            }
        }
        peers
    }

    /// Whether the first end is the client since more talk to the second, or the other way round.
    pub(crate) fn first_is_client(&self, key: &Key) -> Option<bool> {
        let [first, second] = [0, 1].map(|end| self.entries.get(&End::of(key, end)));
        (first != second).then_some(first < second)
    }
}
