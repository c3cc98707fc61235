//! A server that answers calls of AWS as a script says.

mod answer;
mod call;
mod cbor;
mod double;
mod events;
mod fault;
mod gate;
mod identities;
pub mod kinesis;
mod limit;
mod listing;
mod logs;
mod octets;
mod protocol;
mod quotas;
mod render;
mod request;
mod rest;
mod role;
mod rule;
pub mod s3;
mod server;
mod state;
mod sts;
mod tls;

pub use answer::Answer;
pub use call::{Call, most_at_once};
pub use double::AwsDouble;
pub use events::EventStream;
pub use fault::Fault;
pub use gate::Gate;
pub use limit::Limit;
pub use listing::Listing;
pub use logs::{LogEvent, LogGroups, Quirks};
pub use role::Role;
pub use rule::Rule;
