//! From what a sweep found to what enrichers load: written, switched, told.

mod apply;
mod codec;
mod domains;
mod edition;
mod findings;
mod publisher;
mod storage;
mod upkeep;

pub use apply::apply;
pub use codec::{compress, decompress};
pub use edition::{Edition, EditionCounts, Part};
pub use findings::{Findings, Outcome};
pub use publisher::{PublishConfig, PublishError, Publisher, PublisherStatus};
