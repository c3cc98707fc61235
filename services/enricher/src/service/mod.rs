//! The enricher as a service: runs of lines in, runs of records out, answers back.

mod admin;
mod config;
mod core;
mod data;
mod encoder;
mod exporters;
mod following;
mod inventory;
mod layouts;
mod metrics;
mod pool;
mod run;

pub use self::admin::with_admin_service;
pub use self::config::ServiceConfig;
pub use self::core::{EnricherConfig, EnricherCore, records_of};
pub use self::exporters::{ExporterEnd, ExporterStatus};
pub use self::following::follow_settings;
pub use self::inventory::{
    InventorySource, Loaded, LoadedInventory, Published, StalePart, follow as follow_inventory,
};
pub use self::layouts::{AllLayouts, Layouts, of_process as layouts_of_process};
pub use self::metrics::observe;
pub use self::run::{follow_conditions, run};
