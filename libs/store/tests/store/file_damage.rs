//! Files that are damaged, or no state files at all.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use redb::{Database, TableDefinition};
use tempfile::TempDir;
use weir_store::{Condition, Entry, FileStore, OpenError, Prefix, Store, StoreError, StoreOptions};

use crate::fixture::key;

/// How many places of a file are damaged, one at a time.
const PLACES: usize = 150;

async fn open(path: &Path) -> Result<FileStore, OpenError> {
    FileStore::open(path, StoreOptions::default()).await
}

/// A file with some values, and these.
async fn written(folder: &TempDir) -> (PathBuf, Vec<Entry>) {
    let path = folder.path().join("state");
    let store = open(&path).await.unwrap();
    for number in 0..20_u8 {
        let value = Bytes::from(vec![number; 50 * usize::from(number)]);
        store.put(&key(&format!("key/{number}")), value, Condition::Any).await.unwrap();
    }
    let entries = store.list(&Prefix::ALL, None, 100).await.unwrap().entries;
    assert_eq!(entries.len(), 20);
    (path, entries)
}

/// What is in a file: the reason when it, or what is in it, cannot be read.
async fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let store = open(path).await.map_err(|error| match error {
        OpenError::Damaged { .. } | OpenError::Foreign { .. } => error.to_string(),
        other => panic!("the file is damaged or foreign, not: {other}"),
    })?;
    match store.list(&Prefix::ALL, None, 100).await {
        Ok(page) => Ok(page.entries),
        Err(error @ StoreError::Failed { .. }) => Err(error.to_string()),
        Err(other) => panic!("reading fails or not, but not: {other}"),
    }
}

#[tokio::test]
async fn a_damaged_file_is_refused_or_read_as_it_was() {
    let folder = TempDir::new().unwrap();
    let (path, entries) = written(&folder).await;
    let octets = fs::read(&path).unwrap();
    let mut refused = 0;
    for place in 0..PLACES {
        // Half of the places are in the head, where each octet means something.
        let at = if place % 2 == 0 { place * 2 } else { place * (octets.len() - 1) / PLACES };
        let mut damaged = octets.clone();
        damaged[at] ^= 1 << (place % 8);
        fs::write(&path, &damaged).unwrap();
        match read(&path).await {
            Ok(read) => assert_eq!(read, entries, "octet {at} was changed"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0, "none of {PLACES} damages was found");
}

#[tokio::test]
async fn a_file_that_was_cut_is_refused() {
    let folder = TempDir::new().unwrap();
    let (path, _) = written(&folder).await;
    let octets = fs::read(&path).unwrap();
    for length in [5, 100, 4096, octets.len() / 2, octets.len() - 4096] {
        fs::write(&path, &octets[..length]).unwrap();
        let error = open(&path).await.unwrap_err();
        let is_told = matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. });
        assert!(is_told, "{length} octets: {error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn an_empty_file_is_a_new_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    fs::write(&path, "").unwrap();
    assert_eq!(read(&path).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "not a database\n".repeat(1000);
    fs::write(&path, &text).unwrap();
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    const THEIRS: TableDefinition<'_, u64, u64> = TableDefinition::new("theirs");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("theirs");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(THEIRS).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("weir.about");
    let folder = TempDir::new().unwrap();
    let (path, _) = written(&folder).await;
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(ABOUT).unwrap().insert("format", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Format { found: 2, known: 1, .. }), "{error}");
}
