//! Sweeps of a scripted AWS, and of moto's.

mod double;
mod limits;
mod moto;
mod policy;
mod setup;
