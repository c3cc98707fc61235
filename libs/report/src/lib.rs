//! The fields of the product's reports, what is counted for them, and their text forms.

mod field;
mod json;
mod number;
mod plan;
mod syslog;
mod window;

pub use field::{EXPORTER_IPV6_FIELD, FieldSource, GEO_FIELDS, Report, ReportField};
pub use json::JsonWriter;
pub use syslog::{DEFAULT_SOURCE_ID, SyslogHeader, SyslogWriter};
pub use window::{Closed, Count, Extent, HeldRuns, Top, Window, WindowOptions};
