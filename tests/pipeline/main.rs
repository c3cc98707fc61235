//! Source, enrichers and exporter as processes of their own, and what becomes of records when
//! one of them, a collector or the network fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends when something is not as it must be, and shows its figures"
)]

mod back_pressure;
mod collector_fails;
mod dead_output;
mod drain;
mod drain_together;
mod enricher_killed;
mod exporter_killed;
mod fourth_enricher;
mod hostile_peers;
mod mutual_tls;
mod one_process;
mod oracle_itself;
mod partitions;
mod several_exporters;
mod source_restarted;
mod stale_templates;
mod support;
mod totals;
mod upgrade;
mod versions;
mod windows;
