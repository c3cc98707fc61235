//! A new start goes on at the checkpoints.

use crate::sandbox::{HEADER, Sandbox, expect, gzip, lines};

#[tokio::test]
async fn a_new_start_goes_on_where_the_last_one_ended() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 10)));
    sandbox.put("b.log.gz", gzip(&format!("{HEADER}{}", lines(10, 10))));
    let running = sandbox.start().await;
    running.lines(20).await;
    running.committed().await;
    assert!(running.stop().await.is_clean());

    sandbox.append("a.log", lines(20, 3));
    sandbox.rename("b.log.gz", "c.log.gz");
    let running = sandbox.start().await;
    assert_eq!(running.lines(3).await, expect(&lines(20, 3)));
    assert_eq!(running.exporter.runs()[0].first_line, 12);
    sandbox.put("d.log.gz", gzip(&format!("{HEADER}{}", lines(23, 1))));
    assert_eq!(running.lines(4).await, expect(&lines(20, 4)), "nothing comes twice");
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn what_was_not_committed_is_read_again_with_the_same_ids() {
    for name in ["flow.log", "flow.log.gz"] {
        let sandbox = Sandbox::new();
        let text = format!("{HEADER}{}", lines(0, 60_000));
        sandbox.put(name, if name.ends_with("gz") { gzip(&text) } else { text.into_bytes() });
        let running = sandbox.start_holding().await;
        running.lines(60_000).await;
        let first = running.exporter.ids();
        let report = running.stop().await;
        assert_eq!((report.is_clean(), report.runs_left), (false, first.len()));

        let running = sandbox.start().await;
        assert!(running.lines(60_000).await == expect(&lines(0, 60_000)), "{name}");
        assert_eq!(running.exporter.ids(), first, "{name}");
        running.committed().await;
        assert!(running.stop().await.is_clean());

        let running = sandbox.start().await;
        sandbox.write("other.log", format!("{HEADER}{}", lines(0, 1)));
        assert_eq!(running.lines(1).await.len(), 1, "{name}");
        assert!(running.stop().await.is_clean());
    }
}

#[tokio::test]
async fn checkpoints_of_files_that_went_while_nothing_ran_are_deleted() {
    let sandbox = Sandbox::new();
    for name in ["a.log", "b.log"] {
        sandbox.write(name, format!("{HEADER}{}", lines(0, 1)));
    }
    let running = sandbox.start().await;
    running.lines(2).await;
    running.committed().await;
    assert!(running.stop().await.is_clean());
    assert_eq!(sandbox.checkpoints().await.len(), 2);
    sandbox.remove("a.log");
    let running = sandbox.start().await;
    crate::sandbox::wait_until(async || sandbox.checkpoints().await.len() == 1).await;
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn an_empty_folder_deletes_no_checkpoint() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 1)));
    let running = sandbox.start().await;
    running.lines(1).await;
    running.committed().await;
    assert!(running.stop().await.is_clean());
    // As if its file system were not mounted.
    let aside = tempfile::TempDir::new_in(sandbox.path("..")).unwrap();
    std::fs::rename(sandbox.path("a.log"), aside.path().join("a.log")).unwrap();
    let running = sandbox.start().await;
    running.until(|status| status.runs_in_flight == 0).await;
    assert!(running.stop().await.is_clean());
    assert_eq!(sandbox.checkpoints().await.len(), 1);
}

#[tokio::test]
async fn a_file_with_the_inode_of_another_is_read_from_its_start() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 3)));
    let running = sandbox.start().await;
    running.lines(3).await;
    running.committed().await;
    assert!(running.stop().await.is_clean());
    // The same inode, other text, and longer.
    sandbox.write("a.log", format!("{HEADER}{}", lines(3, 30)));
    let running = sandbox.start().await;
    assert_eq!(running.lines(30).await, expect(&lines(3, 30)));
    assert!(running.stop().await.is_clean());
}
