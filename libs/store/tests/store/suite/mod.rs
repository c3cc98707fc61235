//! What every form of a store does: one function for each behaviour.

pub(crate) mod bounds;
pub(crate) mod listing;
pub(crate) mod sets;
pub(crate) mod values;
pub(crate) mod watching;
