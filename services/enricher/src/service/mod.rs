//! The enricher as a service: runs of lines in, runs of records out, answers back.

mod admin;
mod config;
mod core;
mod data;
mod inventory;
mod layouts;
mod metrics;
mod pool;
mod run;

pub use self::admin::with_admin_service;
pub use self::config::ServiceConfig;
pub use self::core::{EnricherConfig, EnricherCore};
pub use self::inventory::{
    InventorySource, Loaded, LoadedInventory, Published, StalePart, follow as follow_inventory,
};
pub use self::layouts::{Layouts, fixed as fixed_layouts};
pub use self::metrics::observe;
pub use self::run::{follow_conditions, run};
