//! Calls admin listeners and makes screens of their answers. Messages of gRPC stay in here.

mod audit;
mod clients;
mod feed;
mod live;
mod moments;
mod pages;
mod problem;
mod routes;
mod run;
mod state;
mod sweep;

pub use run::run;
