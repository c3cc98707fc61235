//! The instances by id, while a snapshot is built.

use hashbrown::HashTable;

use crate::counts::SnapshotCounts;
use crate::error::InventoryError;
use crate::model::Instance;
use crate::strings::{hash_of, position};

/// Finds an instance by its id, without a copy of ids or names.
pub(super) struct Instances<'i> {
    instances: &'i [Instance],
    by_id: HashTable<u32>,
}

impl<'i> Instances<'i> {
    pub(super) fn index(
        instances: &'i [Instance],
        counts: &mut SnapshotCounts,
    ) -> Result<Instances<'i>, InventoryError> {
        let by_id = HashTable::with_capacity(instances.len());
        let mut index = Instances { instances, by_id };
        for (at, instance) in instances.iter().enumerate() {
            let is_new = index.find(&instance.id).is_none();
            if is_new {
                index.insert(position(at, "instances")?, &instance.id);
            }
            counts.instances += u64::from(is_new);
            counts.duplicate_ids += u64::from(!is_new);
        }
        Ok(index)
    }

    fn insert(&mut self, at: u32, id: &str) {
        let rehash = |at: &u32| {
            self.instances.get(*at as usize).map_or(0, |instance| hash_of(instance.id.as_str()))
        };
        self.by_id.insert_unique(hash_of(id), at, rehash);
    }

    pub(super) fn find(&self, id: &str) -> Option<&'i Instance> {
        let is_id =
            |at: &u32| self.instances.get(*at as usize).is_some_and(|instance| instance.id == id);
        let at = self.by_id.find(hash_of(id), is_id)?;
        self.instances.get(*at as usize)
    }
}
