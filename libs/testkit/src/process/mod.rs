//! Processes that end with their test.

mod ask;
mod guard;
mod kinesis;
mod moto;
mod ports;
mod redis;

pub use guard::Guard;
pub use kinesis::KinesisServer;
pub use moto::MotoServer;
pub use ports::{free_tcp_port, free_udp_port};
pub use redis::RedisServer;
