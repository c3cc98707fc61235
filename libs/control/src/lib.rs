//! What people set at run time, kept in the store and followed by every service.
//!
//! Each subject (settings, exporters, inputs, …) is one JSON document under a key of its own.
//! Discovery writes it when it is called, or after a sweep; every service that needs it follows it. [`Document`]
//! is the one way to do both.

pub mod accounts;
pub mod audit;
mod document;
pub mod exporters;
pub mod failures;
mod following;
pub mod formats;
pub mod inputs;
pub mod schedule;
pub mod settings;

pub use document::{Document, Revised, UpdateError};
pub use following::Followed;
