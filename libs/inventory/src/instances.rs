//! The instances of all interfaces by id.

use weir_ipfix::split_string;

use crate::positions::PositionIndex;
use crate::strings::{Span, hash_of, position};

/// Finds the name of an instance, for lines that name another one than their interface's.
pub(crate) struct InstanceNames {
    /// The strings of an endpoint each, which begin with id and name.
    endpoints: Vec<Span>,
    by_id: PositionIndex,
}

impl InstanceNames {
    pub(crate) fn with_capacity(instances: usize) -> InstanceNames {
        let by_id = PositionIndex::with_capacity(instances);
        InstanceNames { endpoints: Vec::with_capacity(instances), by_id }
    }

    /// Adds the instance of an endpoint unless it is there, or has no name.
    pub(crate) fn add(&mut self, endpoint: Span, id: &[u8], strings: &[u8]) {
        if self.endpoints.len() == self.endpoints.capacity() || self.name(id, strings).is_some() {
            return;
        }
        if let Ok(at) = position(self.endpoints.len(), "instances") {
            self.endpoints.push(endpoint);
            self.by_id.insert(hash_of(id), at);
        }
    }

    /// The name of the instance, as an IPFIX variable-length string.
    #[cold]
    pub(crate) fn name<'s>(&self, id: &[u8], strings: &'s [u8]) -> Option<&'s [u8]> {
        let texts = |at: u32| self.endpoints.get(at as usize)?.of(strings);
        let is_id =
            |at: u32| texts(at).and_then(split_string).is_some_and(|(found, _)| found == id);
        let at = self.by_id.find(hash_of(id), is_id)?;
        let (_, behind_id) = split_string(texts(at)?)?;
        let (_, behind_name) = split_string(behind_id)?;
        behind_id.get(..behind_id.len() - behind_name.len())
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.endpoints.capacity() * size_of::<Span>() + self.by_id.memory_bytes()
    }
}
