//! What the store in a file does beside the suite.

use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio_stream::StreamExt;
use weir_store::{Change, Condition, FileStore, OpenError, Prefix, Store, StoreOptions};

use crate::fixture::{Fixture, key};

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
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "file_alone::another_process", "--ignored", "--nocapture"])
        .env(PATH, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with("has it open")));

    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("is in use; stop the other weir"), "{error}");
    other.kill().unwrap();
    other.wait().unwrap();
    open(&path).await.unwrap();
}

#[tokio::test]
#[ignore = "it is the other process of a_file_that_another_process_has_open_is_refused"]
async fn another_process() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let _store = open(Path::new(&path)).await.unwrap();
    println!("has it open");
    std::io::stdin().lines().for_each(drop);
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
