//! The rows of a window that was closed, a batch at a time.

use std::sync::Arc;

use weir_ipfix::{LayoutPair, LayoutRevision, RecordGroup};

use super::contents::Contents;
use super::count::Count;
use super::key::Key;
use super::options::WindowOptions;
use super::others::Other;
use super::rows::RowWriter;

/// Octets of rows that are written together, about.
const BATCH: usize = 256 * 1024;

/// What a window was closed with. The rows are made a batch at a time: all of them at once would
/// take more memory than the window did.
#[derive(Debug)]
pub struct Closed {
    writer: RowWriter,
    contents: Contents,
    places: std::vec::IntoIter<u32>,
    others: std::vec::IntoIter<(u32, Other)>,
    carried: usize,
    deduplicated: Count,
}

/// What is left of a window for its rows.
pub(crate) struct Remains {
    pub(crate) contents: Contents,
    /// The entries that get a row, in order.
    pub(crate) places: Vec<u32>,
    pub(crate) others: Vec<(u32, Other)>,
    pub(crate) carried: usize,
    pub(crate) deduplicated: Count,
}

impl Closed {
    pub(crate) fn new(
        options: &Arc<WindowOptions>,
        rows: &Arc<LayoutPair>,
        remains: Remains,
    ) -> Self {
        let Remains { contents, places, others, carried, deduplicated } = remains;
        Self {
            writer: RowWriter::new(options, rows),
            contents,
            places: places.into_iter(),
            others: others.into_iter(),
            carried,
            deduplicated,
        }
    }

    /// Halves of conversations that wait for the next window, their flows with them.
    pub fn carried(&self) -> usize {
        self.carried
    }

    /// What is in no row since it counts elsewhere: what both ends of a flow saw, and what another
    /// VPC saw more of.
    pub fn deduplicated(&self) -> Count {
        self.deduplicated
    }

    /// The next rows, under the window's row layouts; `None` when there are no more.
    pub fn next_batch(&mut self) -> Option<Vec<RecordGroup>> {
        let mut groups: Vec<RecordGroup> = Vec::new();
        let mut octets = 0;
        while octets < BATCH {
            let written = if let Some(place) = self.places.next() {
                let entry = self.contents.get(place);
                let family = self.writer.family_of(entry.key.has(Key::IPV6));
                let group = group_of(&mut groups, family, entry.key.observation_domain_id);
                self.writer.write(entry, &self.contents, group)
            } else if let Some((domain, other)) = self.others.next() {
                let group = group_of(&mut groups, self.writer.family_of(false), domain);
                self.writer.write_other(&other, group)
            } else {
                break;
            };
            octets += written;
        }
        (!groups.is_empty()).then_some(groups)
    }
}

/// The group that the next row goes to.
fn group_of(
    groups: &mut Vec<RecordGroup>,
    revision: LayoutRevision,
    observation_domain_id: u32,
) -> &mut RecordGroup {
    let is_last = groups.last().is_some_and(|last| {
        (last.revision, last.observation_domain_id) == (revision, observation_domain_id)
    });
    if !is_last {
        groups.push(RecordGroup::new(revision, observation_domain_id));
    }
    let last = groups.len() - 1;
    &mut groups[last]
}
