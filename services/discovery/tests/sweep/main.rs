//! Sweeps of a scripted AWS, and of moto's.

mod double;
mod inputs;
mod limits;
mod moto;
mod policy;
mod setup;
