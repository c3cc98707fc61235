//! What the store in a Redis server does beside the suite.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_stream::StreamExt;
use weir_store::{
    Change, Condition, Prefix, RedisConfig, RedisStore, RedisWarning, Store, StoreError,
    StoreOptions,
};

use crate::fixture::key;
use crate::redis_faults::put;
use crate::redis_server::{DEADLINE, Server};

/// Octets of the longest value.
const LONGEST: usize = 64 << 20;

fn long_value(seed: usize) -> Bytes {
    (0..LONGEST).map(|at| ((at * 31 + at / 4099 + seed) % 251) as u8).collect()
}

#[tokio::test]
async fn a_longest_value_is_written_and_read_while_others_use_the_connection() {
    let server = Server::start(&["--appendonly", "no"]);
    let store = Arc::new(server.store(StoreOptions::default()));
    put(&store, "small").await.unwrap();
    let value = long_value(0);
    let writer = Arc::clone(&store);
    let written = value.clone();
    let start = Instant::now();
    let writing =
        tokio::spawn(async move { writer.put(&key("long"), written, Condition::Any).await });
    let mut slowest = Duration::ZERO;
    while !writing.is_finished() {
        let start = Instant::now();
        assert!(store.get(&key("small")).await.unwrap().is_some());
        slowest = slowest.max(start.elapsed());
    }
    let etag = writing.await.unwrap().unwrap();
    println!("64 MiB written in {:?}, small reads within {slowest:?}", start.elapsed());
    let start = Instant::now();
    let stored = store.get(&key("long")).await.unwrap().unwrap();
    println!("64 MiB read in {:?}", start.elapsed());
    assert_eq!(stored.etag, etag);
    assert!(stored.value == value, "the value is another");
    let start = Instant::now();
    let page = store.list(&Prefix::ALL, None, 10).await.unwrap();
    println!("64 MiB listed in {:?}", start.elapsed());
    assert!(page.entries[0].value.value == value, "the value is another");
    assert_eq!(page.next, Some(key("long")));
    let peak = server.command(&["INFO", "memory"]);
    let peak: String = redis::from_redis_value(peak).unwrap();
    println!("{}", peak.lines().find(|line| line.starts_with("used_memory_peak:")).unwrap());
    assert_eq!(server.command(&["KEYS", "weir:u:*"]), redis::Value::Array(Vec::new()));
}

#[tokio::test]
async fn a_long_value_that_changes_is_read_as_one_of_its_states() {
    let server = Server::start(&["--appendonly", "no"]);
    let store = Arc::new(server.store(StoreOptions::default()));
    let write = |number: u8| Bytes::from(vec![number; 4 << 20]);
    store.put(&key("long"), write(0), Condition::Any).await.unwrap();
    let writer = Arc::clone(&store);
    let writing = tokio::spawn(async move {
        for number in 1..12 {
            writer.put(&key("long"), write(number), Condition::Any).await.unwrap();
        }
    });
    while !writing.is_finished() {
        match store.get(&key("long")).await {
            Ok(stored) => {
                let value = stored.unwrap().value;
                assert!(value.len() == 4 << 20 && value.iter().all(|octet| *octet == value[0]));
            }
            Err(error) => assert!(matches!(error, StoreError::Failed { .. }), "{error}"),
        }
    }
    writing.await.unwrap();
    assert_eq!(store.get(&key("long")).await.unwrap().unwrap().value[0], 11);
}

#[tokio::test]
async fn namespaces_share_a_server_and_nothing_else() {
    let server = Server::start(&[]);
    let [one, other] = ["one", "other"].map(|namespace| {
        let namespace = namespace.to_owned();
        let config = RedisConfig { namespace, ..server.config() };
        RedisStore::new(config, StoreOptions::default()).unwrap()
    });
    let mut watch = one.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    put(&other, "theirs").await.unwrap();
    assert_eq!(one.get(&key("theirs")).await.unwrap(), None);
    assert!(one.list(&Prefix::ALL, None, 10).await.unwrap().entries.is_empty());
    put(&one, "own").await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Key(key("own"))));
}

#[tokio::test]
async fn a_state_of_another_version_is_refused() {
    let server = Server::start(&[]);
    server.command(&["HSET", "weir:about", "format", "9"]);
    let error = put(&server.store(StoreOptions::default()), "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Format { .. }), "{error}");
    assert!(error.to_string().contains("format 9"), "{error}");
}

#[tokio::test]
async fn settings_that_endanger_the_state_are_told() {
    let server = Server::start(&["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    let warnings = server.store(StoreOptions::default()).warnings().await.unwrap();
    let policy = "allkeys-lru".to_owned();
    assert_eq!(warnings, [RedisWarning::Evicts { policy }, RedisWarning::NotDurable]);
    let safe = Server::start(&[]);
    assert!(safe.store(StoreOptions::default()).warnings().await.unwrap().is_empty());
}

#[tokio::test]
async fn many_expired_members_do_not_hide_what_is_added() {
    let server = Server::start(&[]);
    let time = crate::fixture::Time::default();
    let options = StoreOptions { max_set_members: 5000, ..time.options() };
    let store = server.store(options);
    let (set, ttl) = (key("events"), Duration::from_millis(10));
    let members: Vec<_> = (0..3000).map(|number| Bytes::from(format!("{number:04}"))).collect();
    store.add_to_set(&set, &members, ttl).await.unwrap();
    time.pass(10);
    // One addition does not remove all that has expired; the last member is still in the server.
    let last = &members[2999..];
    assert_eq!(store.contains_in_set(&set, last).await.unwrap(), [false]);
    assert_eq!(store.add_to_set(&set, last, ttl).await.unwrap(), [true]);
    for _ in 0..4 {
        store.add_to_set(&set, &[Bytes::new()], ttl).await.unwrap();
        assert_eq!(store.contains_in_set(&set, last).await.unwrap(), [true]);
    }
    assert_eq!(server.command(&["ZCARD", "weir:s:events"]), redis::Value::Int(2));
}

#[tokio::test]
#[ignore = "it measures"]
async fn calls_take_so_long() {
    let server = Server::start(&["--appendonly", "no"]);
    let store = server.store(StoreOptions::default());
    let (rounds, value) = (2000, Bytes::from(vec![7; 1024]));
    let each = |start: Instant| start.elapsed() / rounds;
    let start = Instant::now();
    for round in 0..rounds {
        let name = key(&format!("key/{round}"));
        store.put(&name, value.clone(), Condition::Any).await.unwrap();
    }
    println!("put of 1 KiB: {:?}", each(start));
    let start = Instant::now();
    for round in 0..rounds {
        store.get(&key(&format!("key/{round}"))).await.unwrap();
    }
    println!("get of 1 KiB: {:?}", each(start));
    let start = Instant::now();
    let page = store.list(&Prefix::ALL, None, 1000).await.unwrap();
    println!("list of {} values of 1 KiB: {:?}", page.entries.len(), start.elapsed());
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    watch.next().await;
    let start = Instant::now();
    for _ in 0..rounds {
        store.put(&key("key/0"), value.clone(), Condition::Any).await.unwrap();
        watch.next().await;
    }
    println!("put until it is told: {:?}", each(start));
    let members: Vec<_> =
        (0..10_000).map(|number| Bytes::from(format!("event-{number:050}"))).collect();
    let (set, ttl) = (key("events"), Duration::from_secs(3600));
    let start = Instant::now();
    store.add_to_set(&set, &members, ttl).await.unwrap();
    println!("10,000 members added: {:?}", start.elapsed());
    let start = Instant::now();
    store.contains_in_set(&set, &members).await.unwrap();
    println!("10,000 members asked for: {:?}", start.elapsed());
}

/// What the server runs, as it tells somebody who watches it.
fn monitor(server: &Server) -> impl Iterator<Item = String> + use<> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"MONITOR\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("+OK"));
    lines
}

/// Nobody can be killed between the two: the server runs a script whole or not at all.
#[tokio::test]
async fn a_write_and_its_notification_are_one_script() {
    let server = Server::start(&[]);
    let store = server.store(StoreOptions::default());
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    for (name, value) in [("small", vec![1; 10]), ("large", vec![1; 3 << 20])] {
        let lines = monitor(&server);
        store.put(&key(name), Bytes::from(value), Condition::Any).await.unwrap();
        server.command(&["ECHO", "the end"]);
        let is_the_end = |line: &String| line.contains("\"the end\"");
        let lines: Vec<_> = lines.take_while(|line| !is_the_end(line)).collect();
        let of = |verb: &str| {
            let verb = format!("\"{verb}\"");
            let mut lines = lines.iter().enumerate().filter(|(_, line)| line.contains(&verb));
            let (place, line) = lines.next().unwrap();
            assert!(lines.next().is_none() && line.contains(" lua]"), "{verb}: {line}");
            place
        };
        let (told, counted) = (of("PUBLISH"), of("HINCRBY"));
        let written = of(if name == "small" { "SET" } else { "RENAME" });
        // What a script does comes behind the call of it.
        let calls = lines.iter().enumerate().filter(|(_, line)| line.contains("\"EVAL"));
        let before = |place| calls.clone().filter(|(at, _)| *at < place).count();
        assert_eq!(before(told), before(counted));
        assert_eq!(before(told), before(written), "{lines:#?}");
        let change = tokio::time::timeout(DEADLINE, watch.next()).await.unwrap().unwrap();
        assert!(matches!(change, Change::Key(changed) if changed == key(name)));
    }
}
