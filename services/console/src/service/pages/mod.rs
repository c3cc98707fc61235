//! The screens.

pub(super) mod accounts;
pub(super) mod explain;
pub(super) mod exporters;
pub(super) mod inputs;
pub(super) mod inventory;
pub(super) mod leases;
pub(super) mod overview;
pub(super) mod run;
pub(super) mod settings;
pub(super) mod sign_in;
