//! What is generated, read back with a parser of its own.

mod connections;
mod consistency;
mod forms;
mod output;
mod routes;
mod sample;
mod traffic;
