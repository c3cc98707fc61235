//! Settings: what the product page's settings tab has, and the budgets.
//!
//! The file gives values; what is set at run time goes over them until it is reset, and only that
//! is stored. [`follow`] gives a service the values that count; [`FileSettings`] tells where each
//! comes from. Both sides check values by the same [`ranges`].

mod catalogue;
mod check;
mod following;
mod origin;
pub mod ranges;
mod service;
#[cfg(test)]
mod tests;
mod value;

pub use catalogue::{Effective, Setting, SettingValues};
pub use check::{Refused, native_field};
pub use following::{document, follow, of_file};
pub use origin::{Change, FileSettings, Origin};
pub use service::with_settings_service;
pub use value::MetricsLevel;
