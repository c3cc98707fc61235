//! Writers of text, made anew for other layouts and fields.

use std::sync::Arc;

use weir_ipfix::LayoutPair;
use weir_report::ReportField;

use crate::live::Live;

/// Makes a writer.
type Make<W> = Box<dyn Fn(&LayoutPair, &[ReportField]) -> W + Send>;

/// A writer that knows where the fields are in records of certain layouts.
pub(crate) struct Planned<W> {
    fields: Live<Vec<ReportField>>,
    /// What the writer was made for.
    seen: (Arc<LayoutPair>, Arc<Vec<ReportField>>),
    make: Make<W>,
    writer: W,
}

impl<W> Planned<W> {
    pub(crate) fn new(
        layouts: &Arc<LayoutPair>,
        fields: &Live<Vec<ReportField>>,
        make: impl Fn(&LayoutPair, &[ReportField]) -> W + Send + 'static,
    ) -> Self {
        let seen = (Arc::clone(layouts), fields.get());
        let writer = make(&seen.0, &seen.1);
        Self { fields: fields.clone(), seen, make: Box::new(make), writer }
    }

    /// The writer for records of `layouts`, with the fields that count now.
    pub(crate) fn under(&mut self, layouts: &Arc<LayoutPair>) -> &mut W {
        if !Arc::ptr_eq(layouts, &self.seen.0) || self.fields.is_new(&self.seen.1) {
            self.seen = (Arc::clone(layouts), self.fields.get());
            self.writer = (self.make)(&self.seen.0, &self.seen.1);
        }
        &mut self.writer
    }
}
