//! Enrichment's behaviour through its public surface: lines and an inventory in, records out.
#![allow(clippy::unwrap_used, reason = "a test ends where its assumption fails")]

mod ends;
mod explain_address;
mod explain_ends;
mod explain_fields;
mod explain_properties;
mod fields;
mod history;
mod inventory;
mod properties;
mod reading;
mod routes;
mod sides;
mod transit;
