//! An exporter that is gone with what it had accepted.

use crate::sandbox::{HEADER, Sandbox, expect, gzip, lines, wait_until};

#[tokio::test]
async fn a_growing_file_is_read_again_in_the_same_runs_though_it_has_grown() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", HEADER);
    let running = sandbox.start_holding().await;
    for step in 0..5 {
        sandbox.append("flow.log", lines(step, 1));
        running.lines(step + 1).await;
    }
    let first = running.exporter.ids();
    assert_eq!(first.len(), 5);
    running.exporter.forget_held().await;
    running.until(|status| status.runs_committed == 5).await;
    assert_eq!(running.exporter.ids(), first);
    sandbox.append("flow.log", lines(5, 1));
    assert_eq!(running.lines(6).await, expect(&lines(0, 6)));
    let report = running.stop().await;
    assert_eq!((report.status.rewinds, report.status.runs_resent), (1, 5));
    assert!(report.is_clean());
}

#[tokio::test]
async fn a_compressed_file_is_read_again_in_the_same_runs() {
    let sandbox = Sandbox::new();
    sandbox.put("flow.log.gz", gzip(&format!("{HEADER}{}", lines(0, 40_000))));
    let running = sandbox.start_holding().await;
    running.lines(40_000).await;
    let first = running.exporter.ids();
    running.exporter.forget_held().await;
    running.until(|status| status.units_done == 1).await;
    assert_eq!(running.exporter.ids(), first);
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn once_ends_only_when_what_was_lost_is_committed() {
    let sandbox = Sandbox::once();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 2)));
    sandbox.write("b.log", format!("{HEADER}{}", lines(2, 2)));
    let running = sandbox.start_holding().await;
    running.lines(4).await;
    running.exporter.forget_held().await;
    let exporter = running.exporter.clone();
    let report = running.end().await;
    assert!(report.is_clean());
    assert_eq!(report.status.runs_committed, 2);
    assert_eq!(exporter.runs().len(), 4, "each came twice");
}

#[tokio::test]
async fn text_that_is_gone_when_it_is_needed_again_is_a_failure_that_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 2)));
    sandbox.write("b.log", format!("{HEADER}{}", lines(2, 2)));
    let running = sandbox.start_holding().await;
    running.lines(4).await;
    sandbox.remove("a.log");
    sandbox.write("b.log", "");
    sandbox.write("seen.log", format!("{HEADER}{}", lines(4, 1)));
    running.lines(5).await;
    running.exporter.forget_held().await;
    running.until(|status| status.units_failed == 2).await;
    assert!(running.status().last_error.contains("gone"), "{}", running.status().last_error);
    running.until(|status| status.runs_committed == 1).await;
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_file_that_vanishes_while_its_runs_are_pending_is_committed_when_they_are() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", format!("{HEADER}{}", lines(0, 2)));
    let running = sandbox.start_holding().await;
    running.lines(2).await;
    sandbox.remove("a.log");
    sandbox.write("seen.log", format!("{HEADER}{}", lines(2, 1)));
    running.lines(3).await;
    running.exporter.commit_held().await;
    running.until(|status| status.units_done == 1).await;
    assert_eq!(running.status().units_failed, 0);
    assert!(running.stop().await.is_clean());
    // Checkpoints that nobody needs go some time after, with the next start at the latest.
    let running = sandbox.start().await;
    wait_until(async || sandbox.checkpoints().await.len() == 1).await;
    assert!(running.stop().await.is_clean());
}
