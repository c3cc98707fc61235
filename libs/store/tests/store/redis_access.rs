//! Logging in to a Redis server, with and without TLS, and what its ACL permits.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_stream::StreamExt;
use weir_store::{
    Condition, Prefix, RedisConfig, RedisConfigError, RedisStore, RedisWarning, Refusal, Store,
    StoreError, StoreOptions,
};

use crate::fixture::key;
use crate::redis_faults::{put, refusal, until_answered};
use crate::redis_server::Server;

/// A user who may nothing but log in.
const NOBODY: &[&str] = &["on", ">first", "resetkeys", "resetchannels", "-@all", "+@connection"];

/// The commands that reading takes.
const READING: &[&str] = &[
    "+hget",
    "+hmget",
    "+eval_ro",
    "+evalsha_ro",
    "+getrange",
    "+strlen",
    "+zrange",
    "+subscribe",
    "&weir:changed:*",
];

/// What a service that reads the inventory needs and no more.
const READER: &[&str] = &["%R~weir:about", "%R~weir:names", "%R~weir:v:inventory/*"];

/// What a service that keeps state needs beside and no more.
const WRITER: &[&str] = &[
    "+zmscore",
    "+eval",
    "+evalsha",
    "+hset",
    "+hincrby",
    "+zadd",
    "+zrem",
    "+zscore",
    "+zcard",
    "+zcount",
    "+zremrangebyrank",
    "+set",
    "+setrange",
    "+rename",
    "+persist",
    "+pexpire",
    "+unlink",
    "+publish",
    "~weir:about",
    "~weir:names",
    "~weir:u:*",
    "~weir:v:own/*",
    "~weir:s:own/*",
    "+info",
];

/// Makes a user who may read, and do what else `rules` say.
fn add_user(server: &Server, user: &str, rules: &[&str]) {
    server.command(&[&["ACL", "SETUSER", user], NOBODY, READING, rules].concat());
}

/// A store of the user, whose password is in a file.
fn store(server: &Server, user: &str, password: &str) -> RedisStore {
    let password_file = server.path(&format!("{user}.password"));
    fs::write(&password_file, format!("{password}\n")).unwrap();
    let config = RedisConfig {
        username: Some(user.to_owned()),
        password_file: Some(password_file),
        ..server.config()
    };
    RedisStore::new(config, StoreOptions::default()).unwrap()
}

#[tokio::test]
async fn a_reader_reads_and_watches_its_keys_and_nothing_else() {
    let server = Server::start(&[]);
    add_user(&server, "reader", READER);
    let all = server.store(StoreOptions::default());
    put(&all, "inventory/a").await.unwrap();
    put(&all, "lease/a").await.unwrap();
    let reader = store(&server, "reader", "first");
    assert!(reader.get(&key("inventory/a")).await.unwrap().is_some());
    let page = reader.list(&Prefix::below(key("inventory")), None, 10).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    let mut watch = reader.watch(&Prefix::ALL).await.unwrap();
    assert!(watch.next().await.is_some());
    assert_eq!(refusal(reader.get(&key("lease/a")).await), Refusal::NoPermission);
    assert_eq!(refusal(put(&reader, "inventory/a").await), Refusal::NoPermission);
    assert_eq!(reader.warnings().await.unwrap(), [RedisWarning::Unchecked]);
}

#[tokio::test]
async fn a_writer_needs_no_more_than_it_is_permitted() {
    let server = Server::start(&[]);
    add_user(&server, "writer", WRITER);
    let writer = store(&server, "writer", "first");
    let long = Bytes::from(vec![7; 5 << 20]);
    put(&writer, "own/a").await.unwrap();
    writer.put(&key("own/long"), long.clone(), Condition::Absent).await.unwrap();
    assert_eq!(writer.get(&key("own/long")).await.unwrap().unwrap().value, long);
    let page = writer.list(&Prefix::below(key("own")), None, 10).await.unwrap();
    assert_eq!(page.entries.len(), 2);
    assert!(writer.delete(&key("own/a"), Condition::Any).await.unwrap());
    let (set, members, ttl) = (key("own/s"), [Bytes::from_static(b"m")], Duration::from_secs(9));
    assert_eq!(writer.add_to_set(&set, &members, ttl).await.unwrap(), [true]);
    assert_eq!(writer.contains_in_set(&set, &members).await.unwrap(), [true]);
    let mut watch = writer.watch(&Prefix::ALL).await.unwrap();
    assert!(watch.next().await.is_some());
    assert!(writer.warnings().await.unwrap().is_empty());
    assert_eq!(refusal(put(&writer, "lease/a").await), Refusal::NoPermission);
    let added = writer.add_to_set(&key("s"), &members, ttl).await;
    assert_eq!(refusal(added), Refusal::NoPermission);
    // What is refused changes nothing.
    let all = server.store(StoreOptions::default());
    let page = all.list(&Prefix::ALL, None, 10).await.unwrap();
    assert_eq!(page.entries.len(), 1);
}

#[tokio::test]
async fn a_password_is_read_again_for_each_connection() {
    let server = Server::start(&[]);
    server.command(&["CONFIG", "SET", "requirepass", "first"]);
    let config = RedisConfig { password_file: Some(server.path("password")), ..server.config() };
    let store = RedisStore::new(config, StoreOptions::default()).unwrap();
    let error = put(&store, "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    fs::write(server.path("password"), "wrong").unwrap();
    assert_eq!(until_refused(&store).await, Refusal::NotLoggedIn);
    fs::write(server.path("password"), "first\n").unwrap();
    until_answered(&store, "a").await;
}

async fn until_refused(store: &RedisStore) -> Refusal {
    loop {
        match put(store, "a").await {
            Err(StoreError::Unreachable { .. }) => tokio::task::yield_now().await,
            other => return refusal(other),
        }
    }
}

#[tokio::test]
async fn a_server_is_reached_over_tls_by_its_own_authority() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Server::prepare(&[]);
    let (cert_file, key_file) = (server.path("cert.pem"), server.path("key.pem"));
    fs::write(&cert_file, cert.pem()).unwrap();
    fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    let [cert_path, key_path] =
        [&cert_file, &key_file].map(|path| path.to_str().unwrap().to_owned());
    server.add_arguments(&["--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
    server.add_arguments(&["--tls-cert-file", &cert_path, "--tls-key-file", &key_path]);
    server.run();
    let config = RedisConfig {
        url: format!("rediss://localhost:{port}/1"),
        ca_file: Some(cert_file),
        ..server.config()
    };
    let trusting = RedisStore::new(config.clone(), StoreOptions::default()).unwrap();
    put(&trusting, "a").await.unwrap();
    let config = RedisConfig { ca_file: None, ..config };
    let wary = RedisStore::new(config, StoreOptions::default()).unwrap();
    let error = put(&wary, "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let make = |config| RedisStore::new(config, StoreOptions::default()).unwrap_err();
    for url in ["", "http://host", "redis:///nowhere/else"] {
        let error = make(RedisConfig::new(url));
        assert!(matches!(error, RedisConfigError::Url { .. }), "{url}: {error}");
    }
    let error = make(RedisConfig::new("redis://user:secret@host"));
    assert!(matches!(error, RedisConfigError::Password), "{error}");
    assert!(!error.to_string().contains("secret"));
    let error = make(RedisConfig::new("rediss://host/#insecure"));
    assert!(matches!(error, RedisConfigError::Insecure), "{error}");
    for namespace in ["", "a:b", "{a}", &"a".repeat(65)] {
        let namespace = namespace.to_owned();
        let error = make(RedisConfig { namespace, ..RedisConfig::new("redis://host") });
        assert!(matches!(error, RedisConfigError::Namespace { .. }), "{error}");
    }
    let ca_file = Some("ca.pem".into());
    let error = make(RedisConfig { ca_file, ..RedisConfig::new("redis://host") });
    assert!(matches!(error, RedisConfigError::NoTls), "{error}");
    let timeout = Duration::ZERO;
    let error = make(RedisConfig { timeout, ..RedisConfig::new("redis://host") });
    assert!(matches!(error, RedisConfigError::Timeout), "{error}");
}
