//! What is generated, read back with a parser of its own.

mod consistency;
mod output;
mod sample;
mod traffic;
