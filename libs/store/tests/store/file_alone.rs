//! What the store in a file does beside the suite.

use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use tempfile::TempDir;
use tokio_stream::StreamExt;
use weir_store::{
    Change, Condition, FileStore, OpenError, Prefix, Store, StoreOptions, get_json, put_json,
};

use crate::fixture::{Fixture, Time, key};

/// Says which file the other process opens.
const PATH: &str = "WEIR_STORE_TEST_PATH";

async fn open(path: &Path) -> Result<FileStore, OpenError> {
    FileStore::open(path, StoreOptions::default()).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn values_etags_and_sets_outlive_the_process() {
    let form = Fixture::file().await;
    let members = [Bytes::from_static(b"short"), Bytes::from_static(b"long")];
    let etag = form.store.put(&key("a"), Bytes::from_static(b"v"), Condition::Any).await.unwrap();
    for (member, ttl) in members.iter().zip([10, 20]) {
        let ttl = Duration::from_millis(ttl);
        form.store.add_to_set(&key("s"), std::slice::from_ref(member), ttl).await.unwrap();
    }
    form.time.pass(10);
    let form = form.restart().await;
    let stored = form.store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((stored.value, stored.etag), (Bytes::from_static(b"v"), etag));
    assert_eq!(form.store.contains_in_set(&key("s"), &members).await.unwrap(), [false, true]);
    form.store.put(&key("a"), Bytes::new(), Condition::Etag(etag)).await.unwrap();
}

#[tokio::test]
async fn expired_members_leave_the_file() {
    const MEMBERS: TableDefinition<'_, (&str, &[u8]), u64> = TableDefinition::new("weir.members");
    let form = Fixture::file().await;
    for (set, ttl) in [("left", 10), ("used", 10), ("used", 30)] {
        let member = Bytes::from(format!("{ttl}"));
        let ttl = Duration::from_millis(ttl);
        form.store.add_to_set(&key(set), &[member], ttl).await.unwrap();
    }
    form.time.pass(10);
    let form = form.restart().await;
    let folder = form.folder.unwrap();
    drop((form.store, form.other));
    let database = Database::open(folder.path().join("state")).unwrap();
    let members = database.begin_read().unwrap().open_table(MEMBERS).unwrap();
    assert_eq!(members.len().unwrap(), 1);
    assert!(members.get(("used", b"30".as_slice())).unwrap().is_some());
}

#[tokio::test]
async fn many_expired_members_do_not_hide_what_is_added() {
    let (folder, time) = (TempDir::new().unwrap(), Time::default());
    let options = StoreOptions { max_set_members: 5000, ..time.options() };
    let store = FileStore::open(folder.path().join("state"), options).await.unwrap();
    let (set, ttl) = (key("events"), Duration::from_millis(10));
    let members: Vec<_> = (0..3000).map(|number| Bytes::from(format!("{number:04}"))).collect();
    store.add_to_set(&set, &members, ttl).await.unwrap();
    time.pass(10);
    // One addition does not remove all that has expired; the last member is still in the file.
    let last = &members[2999..];
    assert_eq!(store.contains_in_set(&set, last).await.unwrap(), [false]);
    assert_eq!(store.add_to_set(&set, last, ttl).await.unwrap(), [true]);
    for _ in 0..4 {
        store.add_to_set(&set, &[Bytes::new()], ttl).await.unwrap();
        assert_eq!(store.contains_in_set(&set, last).await.unwrap(), [true]);
    }
}

#[tokio::test]
async fn a_file_is_for_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    drop(open(&path).await.unwrap());
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&path, Permissions::from_mode(0o664)).unwrap();
    drop(open(&path).await.unwrap());
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_file_without_a_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    for path in [folder.path().join("missing/state"), folder.path().to_owned()] {
        let error = open(&path).await.unwrap_err();
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_file_is_opened_once_at_a_time() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    let first = open(&path).await.unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    first.put(&key("a"), Bytes::new(), Condition::Any).await.unwrap();
    drop(first);
    open(&path).await.unwrap();
}

#[tokio::test]
async fn a_file_that_another_process_has_open_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    let (mut other, mut answered) = start_another_process(&path);
    answered.next().unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("is in use; stop the other weir"), "{error}");
    other.kill().unwrap();
    other.wait().unwrap();
    open(&path).await.unwrap();
}

#[tokio::test]
async fn what_was_answered_outlives_a_kill() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    let mut before = 0;
    for round in 1..=5 {
        let (mut other, mut answered) = start_another_process(&path);
        let some = answered.nth(round * 7).unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        // What it said between the two is still in the pipe.
        let last = answered.last().unwrap_or(some);
        let store = open(&path).await.unwrap();
        let (count, _) = get_json::<u64>(&store, &key("count")).await.unwrap().unwrap();
        assert!(count > before && (last..=last + 1).contains(&count), "{count} after {last}");
        before = count;
    }
}

/// A process that counts in the file, and the counts that were answered.
fn start_another_process(path: &Path) -> (Child, impl Iterator<Item = u64> + use<>) {
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "file_alone::another_process", "--ignored", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    let counts = lines.map_while(Result::ok).filter_map(|line| {
        let (_, count) = line.split_once("counted ")?;
        count.parse().ok()
    });
    (other, counts)
}

#[tokio::test]
#[ignore = "it is another process of other tests"]
async fn another_process() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = open(Path::new(&path)).await.unwrap();
    let stored = get_json::<u64>(&store, &key("count")).await.unwrap();
    for count in stored.map_or(0, |(count, _)| count) + 1.. {
        put_json(&store, &key("count"), &count, Condition::Any).await.unwrap();
        println!("counted {count}");
    }
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_told_when_it_happens() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("state")).await.unwrap();
    let mut watch = store.watch(&Prefix::ALL).await.unwrap();
    assert_eq!(watch.next().await, Some(Change::Resync));
    let abandoned = key("abandoned");
    {
        let put = pin!(store.put(&abandoned, Bytes::new(), Condition::Any));
        assert!(put.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let told = tokio::time::timeout(Duration::from_secs(30), watch.next()).await.unwrap();
    assert_eq!(told, Some(Change::Key(abandoned.clone())));
    assert!(store.get(&abandoned).await.unwrap().is_some());
}
