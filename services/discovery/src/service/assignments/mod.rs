//! `weir.v1.ExporterAssignmentService`: addresses and names of exporters.

mod calls;
mod change;
mod exporters;
mod table;
mod values;

pub use self::calls::with_assignment_service;
