//! The rest of each VPC: what has no row of its own.

use hashbrown::HashMap;

use super::count::Count;

/// What is counted for each observation domain without a row of its own.
#[derive(Debug, Default)]
pub(crate) struct Others {
    domains: HashMap<u32, Other, foldhash::fast::RandomState>,
    /// What was seen twice of entries that get no row.
    left_out: Count,
    /// The domain that was known last: neighbours are of one.
    last: Option<u32>,
}

/// One observation domain.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    /// The own text of a record in it, which tells its exporter, account and VPC.
    pub(crate) own_text: Vec<u8>,
    pub(crate) count: Count,
}

impl Others {
    /// Knows the domain from now on; `own_text` is of a record of it.
    pub(crate) fn know(&mut self, observation_domain_id: u32, own_text: &[u8]) {
        if self.last == Some(observation_domain_id) {
            return;
        }
        self.last = Some(observation_domain_id);
        self.domains
            .entry(observation_domain_id)
            .or_insert_with(|| Other { own_text: own_text.to_vec(), count: Count::NONE });
    }

    /// Notes what was seen twice of an entry that gets no row.
    pub(crate) fn leave_out(&mut self, seen_twice: Count) {
        self.left_out += seen_twice;
    }

    /// What was noted so.
    pub(crate) fn take_left_out(&mut self) -> Count {
        std::mem::take(&mut self.left_out)
    }

    /// Counts an entry that gets no row.
    pub(crate) fn add(&mut self, observation_domain_id: u32, count: Count) {
        if let Some(other) = self.domains.get_mut(&observation_domain_id) {
            other.count += count;
        }
    }

    pub(crate) fn octets_of(&self, observation_domain_id: u32) -> u64 {
        self.domains.get(&observation_domain_id).map_or(0, |other| other.count.octets)
    }

    /// How many domains are known.
    pub(crate) fn len(&self) -> usize {
        self.domains.len()
    }

    /// Those with flows, in the order of their domains, and none of them any more.
    pub(crate) fn take(&mut self) -> Vec<(u32, Other)> {
        self.last = None;
        let mut taken: Vec<_> = std::mem::take(&mut self.domains).into_iter().collect();
        taken.retain(|(_, other)| other.count != Count::NONE);
        taken.sort_unstable_by_key(|(domain, _)| *domain);
        taken
    }
}
