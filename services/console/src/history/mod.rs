//! The last hour, for charts: a ring in memory.

mod rates;
mod ring;

pub(crate) use rates::Rates;
pub(crate) use ring::{History, Sample};
