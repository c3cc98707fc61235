//! Discovery as a service: the calls of people, and the life of the process.

mod account;
mod accounts;
mod assignments;
mod calls;
mod config;
mod core;
mod inputs;
mod listing;
mod messages;
mod resources;
mod run;
mod search;
mod stream;
mod summary;

pub use self::calls::with_discovery_service;
pub use self::config::{DiscoveryConfig, ServiceConfig};
pub use self::core::DiscoveryCore;
pub use self::inputs::keep_inputs;
pub use self::run::{run, with_control_services};
