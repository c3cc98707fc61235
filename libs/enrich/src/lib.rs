//! One flow log line and the inventory make one IPFIX record.

mod decision;
pub mod explain;
mod fixed;
mod groups;
mod interface_index;
mod line;
mod native;
mod place;
mod record;
mod sides;
mod texts;

pub use groups::RecordGroups;
pub use interface_index::{VPC_INTERFACE_INDEX, interface_index};
pub use native::{NATIVE_FIELDS, NativeField};
pub use place::Place;
pub use record::{GeoRegions, LineEnricher, Totals};
