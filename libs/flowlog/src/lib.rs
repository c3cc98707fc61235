//! AWS flow log formats and the line parser.
//!
//! A [`LogFormat`] is the list of a log's columns, read from a header line or from a flow log's
//! `LogFormat` attribute. A [`BlockParser`] reads blocks of lines by it and shows each line to a
//! visitor as a [`Line`]: a flow, a line that says there was no flow, or a rejected line with its
//! [`RejectReason`]. Nothing is allocated per line, and values borrow the text.
//!
//! ```
//! use weir_flowlog::{BlockParser, Field, Line, LogFormat};
//!
//! let format = LogFormat::parse("${srcaddr} ${dstaddr} ${bytes}")?;
//! let mut bytes = 0;
//! BlockParser::new().parse(&format, b"10.0.0.1 10.0.0.2 840\n10.0.0.1 - x\n", |outcome| {
//!     match outcome.line {
//!         Line::Flow(flow) => bytes += flow.number(Field::Bytes).unwrap_or(0),
//!         Line::WithoutFlow(_) => {}
//!         Line::Rejected { reason, .. } => {
//!             assert_eq!((outcome.index, reason.name()), (1, "invalid_number"));
//!         }
//!     }
//! });
//! assert_eq!(bytes, 840);
//! # Ok::<(), weir_flowlog::FormatError>(())
//! ```
//!
//! [`envelope`] finds the lines in what carries them: batches of CloudWatch Logs, aggregates of the
//! Kinesis Producer Library, plain text.
//!
//! Field tables: "Flow log records" in the Amazon VPC user guide (versions 2 to 11) and "Transit
//! Gateway Flow Log records" in the Transit Gateway guide (version 6).

mod address;
mod block;
pub mod envelope;
mod field;
mod field_set;
mod flow_line;
mod format;
mod header;
mod index;
mod number;
mod object_key;
mod outcome;
mod scan;
mod value;

pub use block::{BlockParser, MAX_LINE_LENGTH};
pub use field::{Field, FieldKind};
pub use field_set::FieldSet;
pub use flow_line::FlowLine;
pub use format::{FormatError, LogFormat, MAX_COLUMNS};
pub use object_key::ObjectKey;
pub use outcome::{Line, LineOutcome, NoFlow, RejectReason};
pub use value::{Action, Direction};
