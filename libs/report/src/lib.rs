//! The fields of the product's reports and their text forms.

mod field;
mod json;
mod plan;

pub use field::{FLOW_REPORT, FLOW_REPORT_ID, FieldSource, ReportField};
pub use json::JsonWriter;
pub use plan::ReportPlan;
