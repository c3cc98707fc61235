//! What all screens are made of.

mod chart;
mod field;
mod format;
mod layout;
mod parts;
mod problem;

pub(crate) use chart::{Chart, SLOTS, Series, Unit};
pub(crate) use field::{Kind, TextField};
pub(crate) use format::{count, duration, octets, rate, time, time_of};
pub(crate) use layout::{Place, Shell, refused_page, sign_in_page};
pub(crate) use parts::{
    Mood, apply_again, badge, csrf, empty, hidden, mono, more, notice, or_dash, pair, tabs, tile,
    trouble,
};
pub(crate) use problem::{Problem, ProblemKind};
