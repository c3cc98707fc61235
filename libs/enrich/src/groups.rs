//! Records sorted into groups by layout and observation domain.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use weir_ipfix::{AddressFamily, LayoutPair, RecordGroup};

/// A group's first memory, in octets: growing from nothing would copy the first records again
/// and again.
const FIRST_CAPACITY: usize = 16 * 1024;
/// Groups that are kept for their memory at most, but for the last ones to come.
const MAX_SPARE: usize = 64;
/// About as many octets as a record has.
const USUAL_RECORD_LENGTH: usize = 256;

/// The groups of one run while its lines are enriched.
#[derive(Debug, Default)]
pub struct RecordGroups {
    groups: Vec<RecordGroup>,
    places: HashMap<(AddressFamily, u32), usize, FixedState>,
    last: Option<((AddressFamily, u32), usize)>,
    /// Records so far.
    records: u64,
    /// The place of the first record since which all are of the last group.
    stretch: u64,
    /// Groups that are done with, for their memory.
    spare: Vec<RecordGroup>,
}

impl RecordGroups {
    /// No groups yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The group of the next record, which is of this family and domain.
    #[inline]
    pub(crate) fn group(
        &mut self,
        layouts: &LayoutPair,
        family: AddressFamily,
        observation_domain_id: u32,
    ) -> Option<&mut RecordGroup> {
        let key = (family, observation_domain_id);
        // Neighbouring lines are mostly of one network interface.
        let place = match self.last {
            Some((last, place)) if last == key => place,
            _ => {
                self.end_stretch();
                self.find_or_add(layouts, key)
            }
        };
        self.last = Some((key, place));
        self.records += 1;
        self.groups.get_mut(place)
    }

    fn find_or_add(&mut self, layouts: &LayoutPair, key: (AddressFamily, u32)) -> usize {
        *self.places.entry(key).or_insert_with(|| {
            let (family, observation_domain_id) = key;
            let revision = layouts.of(family).revision();
            let mut group = match self.spare.pop() {
                Some(spare) => spare.renewed(revision, observation_domain_id),
                None => RecordGroup::new(revision, observation_domain_id),
            };
            group.bytes.to_mut().reserve(FIRST_CAPACITY);
            group.lengths.reserve(FIRST_CAPACITY / USUAL_RECORD_LENGTH);
            self.groups.push(group);
            self.groups.len() - 1
        })
    }

    /// Lets the last group know the places of its records since the one before.
    fn end_stretch(&mut self) {
        if let Some(group) = self.last.and_then(|(_, place)| self.groups.get_mut(place)) {
            group.places.add(self.stretch..self.records);
        }
        self.stretch = self.records;
    }

    /// Takes groups whose records are done with: new ones use their memory.
    pub fn recycle(&mut self, groups: Vec<RecordGroup>) {
        if self.spare.len() < MAX_SPARE {
            self.spare.extend(groups);
        }
    }

    /// Hands the groups over and starts anew.
    pub fn take(&mut self) -> Vec<RecordGroup> {
        self.end_stretch();
        self.places.clear();
        self.last = None;
        (self.records, self.stretch) = (0, 0);
        std::mem::take(&mut self.groups)
    }
}
