//! Real processes that end with their test.

use std::net::TcpStream;
use std::time::Instant;

use weir_testkit::{MotoServer, RedisServer, wait_for};

#[test]
fn moto_answers_and_ends() {
    let mut moto = MotoServer::start();
    moto.reset();
    moto.seed(42);
    let port = moto.url().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    let id = moto.process().id();
    drop(moto);
    assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn redis_comes_back_with_its_data_or_without() {
    let mut redis = RedisServer::start();
    assert_eq!(redis.command("SET a 1"), "+OK");
    redis.kill();
    assert!(TcpStream::connect(("127.0.0.1", redis.port())).is_err());
    redis.restart();
    assert_eq!(redis.command("INCR a"), ":2");
    redis.restart_empty();
    assert_eq!(redis.command("INCR a"), ":1");
}

#[test]
fn redis_can_be_filled_up() {
    let redis = RedisServer::start_with(&["--maxmemory", "3mb"]);
    let value = "x".repeat(200_000);
    let start = Instant::now();
    let full = wait_for("redis to be full", || {
        let reply = redis.command(&format!("SET {} {value}", start.elapsed().as_nanos()));
        (reply != "+OK").then_some(reply)
    });
    assert!(full.starts_with("-OOM"), "{full}");
}
