//! A flow that is explained.

use weir_flowlog::{Field, FlowLine};
use weir_inventory::Snapshot;

use super::rule::Rule;
use crate::decision::Decisions;
use crate::line::LineValues;
use crate::place::Place;
use crate::record::Found;

/// A line and what was found for it.
#[derive(Clone, Copy)]
pub(super) struct Flow<'e> {
    pub(super) snapshot: &'e Snapshot,
    pub(super) place: &'e Place<'e>,
    pub(super) line: &'e FlowLine<'e>,
    pub(super) values: &'e LineValues<'e>,
    pub(super) found: &'e Found<'e>,
    pub(super) decisions: Decisions,
}

impl Flow<'_> {
    /// What the line has in `field`, or that it has nothing there.
    pub(super) fn of_field(&self, field: Field) -> Rule {
        let is_present = self.line.present().contains(field);
        if is_present { Rule::Line(field) } else { Rule::LineLacks(field) }
    }
}
