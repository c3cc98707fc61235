//! The screens of weir in a browser: a thin client of the admin calls.
//!
//! It keeps nothing but the sessions of who has signed in and the last hour of a few numbers,
//! both in memory, and reaches nothing but admin listeners: no AWS, no store.
//!
//! - `access` decides who may do what: tokens, sessions, attempts to sign in.
//! - `http` speaks with browsers: connections, guards, forms, what is sent with each page.
//! - `history` is the last hour, for charts.
//! - `view` is what all screens are made of; it knows no message of gRPC.
//! - `service` calls the admin listeners and makes screens of their answers.

mod access;
mod config;
mod history;
mod http;
mod metrics;
pub mod service;
mod view;

pub use access::{TokenError, check_tokens};
pub use config::{
    AccessConfig, CertificateConfig, ConsoleConfig, SERVERS, Servers, SessionLimits, UnsafeListener,
};
pub use http::{CertificateError, check_certificate};
