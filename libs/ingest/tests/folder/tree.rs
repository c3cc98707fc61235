//! What of a folder is read.

use std::sync::Arc;

use weir_ingest::Fault;
use weir_ingest::folder::{FolderConfig, FolderSource};
use weir_store::MemoryStore;

use crate::sandbox::{HEADER, Sandbox, expect, lines};

#[tokio::test]
async fn hidden_files_unfinished_files_and_folders_behind_links_are_left_out() {
    let sandbox = Sandbox::once();
    let file = |number| format!("{HEADER}{}", lines(number, 1));
    for (number, name) in
        [".hidden.log", ".git/x.log", "b.log.tmp", "c.log.part", "real/z.log", "a.log"]
            .iter()
            .enumerate()
    {
        sandbox.write(name, file(number));
    }
    std::os::unix::fs::symlink(sandbox.path("real"), sandbox.path("linked")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("."), sandbox.path("around")).unwrap();
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    assert!(running.end().await.is_clean());
    assert_eq!(exporter.lines(), ["2 10.0.0.1 line-5", "2 10.0.0.1 line-4"], "sorted by name");
}

#[tokio::test]
async fn a_path_as_in_s3_tells_account_and_region() {
    let sandbox = Sandbox::once();
    let name = "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/01/02/\
                123456789012_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20260102T0305Z_0a1b.log";
    sandbox.write(name, format!("{HEADER}{}", lines(0, 1)));
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    assert!(running.end().await.is_clean());
    let origin = Arc::clone(&exporter.runs()[0].origin);
    assert_eq!(origin.account_id.as_deref(), Some("123456789012"));
    assert_eq!(origin.region.as_deref(), Some("eu-west-1"));
    assert_eq!(origin.flow_log_id.as_deref(), Some("fl-0a1b2c3d4e5f60718"));
    assert!(origin.source.ends_with(name));
}

#[tokio::test]
async fn a_file_with_a_strange_name_is_read() {
    let sandbox = Sandbox::new();
    sandbox.write("flow log * ü\n.log", format!("{HEADER}{}", lines(0, 2)));
    let running = sandbox.start().await;
    assert_eq!(running.lines(2).await, expect(&lines(0, 2)));
    running.committed().await;
    assert!(running.stop().await.is_clean());
    assert_eq!(sandbox.checkpoints().await.len(), 1);
}

#[tokio::test]
async fn a_folder_that_is_none_is_told_at_once() {
    let config = FolderConfig::new("test", "/no/such/folder");
    let opened = FolderSource::open(config, Arc::new(MemoryStore::default())).await;
    let error = opened.err().unwrap();
    assert!(error.is_fatal() && error.fault() == Fault::Gone);
    assert!(error.describe().contains("/no/such/folder"));
}

#[tokio::test]
async fn many_files_are_read_and_each_has_its_checkpoint() {
    let sandbox = Sandbox::new();
    for number in 0..500 {
        let name = format!("{}/{number}.log", number % 7);
        sandbox.write(&name, format!("{HEADER}{}", lines(number, 1)));
    }
    let running = sandbox.start().await;
    running.lines(500).await;
    running.committed().await;
    assert!(running.stop().await.is_clean());
    assert_eq!(sandbox.checkpoints().await.len(), 500);
}
