//! Who changes a document.

use std::convert::Infallible;
use std::sync::Arc;

use weir_control::{Revised, UpdateError};
use weir_store::{MemoryStore, RedisConfig, RedisStore, StoreOptions};
use weir_testkit::RedisServer;

use crate::note::{Note, add_one, document};

fn memory() -> MemoryStore {
    MemoryStore::new(StoreOptions::default())
}

#[tokio::test]
async fn a_document_that_nobody_wrote_is_its_default() {
    let read = document().read(&memory()).await.unwrap();
    assert_eq!(read, Revised { value: Note::default(), etag: None });
}

#[tokio::test]
async fn a_change_of_an_older_version_is_refused_and_told_the_present_one() {
    let store = memory();
    let first = add_one(&store).await.unwrap();
    let second = add_one(&store).await.unwrap();
    let change = |note: &mut Note| -> Result<(), Infallible> {
        note.sum = 0;
        Ok(())
    };
    let refused = document().update(&store, first.etag, change).await;
    let Err(UpdateError::Stale { current }) = refused else { panic!("{refused:?}") };
    assert_eq!(current, second.etag);
    assert_eq!(document().read(&store).await.unwrap(), second);
}

#[tokio::test]
async fn a_change_that_is_refused_or_changes_nothing_writes_nothing() {
    let store = memory();
    let before = add_one(&store).await.unwrap();
    let change = |note: &mut Note| {
        note.sum = 7;
        Err::<(), _>("no")
    };
    let refused = document().update(&store, None, change).await;
    assert!(matches!(refused, Err(UpdateError::Refused("no"))));
    let same = document().update(&store, None, |_| Ok::<_, Infallible>(())).await;
    assert_eq!(same.unwrap().1, before);
    assert_eq!(document().read(&store).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_in_several_processes_lose_nothing_of_each_other() {
    const WRITERS: u64 = 4;
    const CHANGES: u64 = 25;
    let server = RedisServer::start();
    let connect = || async {
        let config = RedisConfig::new(server.url());
        RedisStore::new(config, StoreOptions::default()).unwrap()
    };
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let store = Arc::new(connect().await);
        writers.push(tokio::spawn(async move {
            for _ in 0..CHANGES {
                add_one(&*store).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let read = document().read(&connect().await).await.unwrap();
    assert_eq!(read.value.sum, WRITERS * CHANGES);
}
