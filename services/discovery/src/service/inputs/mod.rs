//! `weir.v1.InputService`: what is read, and who serves a flow log.

mod available;
mod calls;
mod keeper;
mod listing;
mod messages;
mod requests;
mod version;

pub(super) use self::calls::with_input_service;
pub use self::keeper::keep_inputs;
