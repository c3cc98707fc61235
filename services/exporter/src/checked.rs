//! Runs that were found to be well formed.

use std::sync::Arc;
use std::time::Duration;

use weir_delivery::{
    Answer, EnrichedRun, Origin, RejectedLine, RetryReason, RunId, RunRejection, RunTally,
};
use weir_ipfix::{LayoutPair, RecordGroup, RecordView};

/// A run whose groups all follow the exporter's layouts, so that no output has to walk the
/// records to find that out. [`crate::Exporter::check`] makes it.
#[derive(Debug)]
pub struct CheckedRun {
    run: EnrichedRun,
    layouts: Arc<LayoutPair>,
}

impl CheckedRun {
    /// Checks a run.
    ///
    /// # Errors
    ///
    /// The answer to a run that cannot be taken at all.
    pub(crate) fn new(run: EnrichedRun, layouts: &Arc<LayoutPair>) -> Result<Self, Answer> {
        for group in &run.groups {
            let layout = layouts
                .by_revision(group.revision)
                .ok_or(Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO))?;
            if group.records(layout).is_err() {
                return Err(Answer::Rejected(RunRejection::Malformed));
            }
        }
        Ok(Self { run, layouts: Arc::clone(layouts) })
    }

    /// Rows of a report, which weir itself has made under `layouts`.
    pub(crate) fn of_rows(groups: Vec<RecordGroup>, layouts: &Arc<LayoutPair>) -> Self {
        let run = EnrichedRun { groups, ..EnrichedRun::new(RunId(0), Arc::default()) };
        Self { run, layouts: Arc::clone(layouts) }
    }

    /// The run's id.
    pub fn id(&self) -> RunId {
        self.run.id
    }

    /// Where it comes from.
    pub fn origin(&self) -> &Origin {
        &self.run.origin
    }

    /// The layouts that its records follow.
    pub(crate) fn layouts(&self) -> &Arc<LayoutPair> {
        &self.layouts
    }

    /// About what it takes in memory.
    pub fn octets(&self) -> usize {
        self.run.octets()
    }

    /// The lines that are no records.
    pub fn rejected(&self) -> &[RejectedLine] {
        &self.run.rejected
    }

    /// What its lines were.
    pub fn tally(&self) -> &RunTally {
        &self.run.tally
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.run.records()
    }

    /// Whether it holds no records.
    pub fn is_empty(&self) -> bool {
        self.run.groups.iter().all(RecordGroup::is_empty)
    }

    /// Its groups.
    pub(crate) fn groups(&self) -> &[RecordGroup] {
        &self.run.groups
    }

    /// The observation domain and the records of each group.
    pub(crate) fn records_of_domains(
        &self,
    ) -> impl Iterator<Item = (u32, impl Iterator<Item = RecordView<'_>>)> {
        let groups = self.run.groups.iter();
        groups.map(|group| (group.observation_domain_id, records(group, &self.layouts)))
    }

    /// All its records.
    pub(crate) fn records(&self) -> impl Iterator<Item = RecordView<'_>> {
        self.run.groups.iter().flat_map(|group| records(group, &self.layouts))
    }

    /// Its groups, whose memory is worth keeping.
    pub(crate) fn into_groups(self) -> Vec<RecordGroup> {
        self.run.groups
    }
}

/// The records of a group of a [`CheckedRun`].
fn records<'a>(
    group: &'a RecordGroup,
    layouts: &'a LayoutPair,
) -> impl Iterator<Item = RecordView<'a>> {
    layouts.by_revision(group.revision).into_iter().flat_map(|layout| group.checked_records(layout))
}
