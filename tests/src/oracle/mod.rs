//! Knows every record that is sent, and holds what a collector has against it.
//!
//! Each line has a number that its record carries as its octets, and all its other values follow
//! from the number. So the oracle tells for each record that comes whether it was sent, whether
//! it is as it was sent, and how often it has come. It is never killed with what it watches.

mod corpus;
mod ledger;
mod sessions;
mod verdict;

pub use corpus::Corpus;
pub use ledger::Oracle;
pub use verdict::Verdict;
