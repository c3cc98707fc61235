//! The fields of the product's reports and their text forms.

mod field;
mod json;
mod number;
mod plan;
mod syslog;

pub use field::{
    EXPORTER_IPV6_FIELD, FLOW_REPORT, FLOW_REPORT_ID, FieldSource, GEO_FIELDS, ReportField,
};
pub use json::JsonWriter;
pub use syslog::{DEFAULT_SOURCE_ID, SyslogHeader, SyslogWriter};
