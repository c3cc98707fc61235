//! weir's services as processes of their own.

mod log;
mod memory;
mod metrics;
mod pipeline;
mod plan;
mod service;

pub use memory::MemoryWatch;
pub use metrics::Metrics;
pub use pipeline::Pipeline;
pub use plan::{Plan, Protection};
pub use service::{Addresses, Service};
