//! The trackers against what is simply true of any order of answers.

mod ordered;
mod unit;

use crate::run::RunId;

fn run(number: usize) -> RunId {
    RunId(number as u128)
}
