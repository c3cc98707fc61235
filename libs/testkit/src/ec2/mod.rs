//! Answers of EC2 from plain values, in the shapes that weir reads.
//!
//! What is empty or `None` is not in the answer; `..Default::default()` fills in what does not
//! matter. Shapes that are not here are written with [`Xml`](crate::Xml) and
//! [`Listing::xml`](crate::Listing::xml).

mod flow_log;
mod instance;
mod interface;
mod region;
mod subnet;
mod tags;
mod vpc;

pub use flow_log::{DestinationOptions, FlowLog, flow_logs};
pub use instance::{Instance, instances};
pub use interface::{Interface, PrivateAddress, interfaces};
pub use region::{OptIn, regions};
pub use subnet::{Subnet, subnets};
pub use tags::Tags;
pub use vpc::{Vpc, vpcs};
