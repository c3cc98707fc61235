//! Files that are renamed, truncated, replaced, deleted.

use crate::sandbox::{HEADER, Sandbox, expect, lines, wait_until};

fn file(first: usize, count: usize) -> String {
    format!("{HEADER}{}", lines(first, count))
}

#[tokio::test]
async fn a_file_that_is_renamed_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", file(0, 3));
    let running = sandbox.start().await;
    running.lines(3).await;
    running.committed().await;
    // Written after the last look, as it happens: they are read under the new name.
    sandbox.append("flow.log", lines(3, 2));
    sandbox.rename("flow.log", "flow.log.1");
    sandbox.write("flow.log", file(5, 2));
    let mut came = running.lines(7).await;
    came.sort();
    assert_eq!(came, expect(&lines(0, 7)));
    sandbox.append("flow.log.1", lines(7, 1));
    running.lines(8).await;
    let report = running.stop().await;
    assert!(report.is_clean());
    assert_eq!(
        (report.status.octets_read as usize, report.status.units_failed),
        (lines(0, 8).len(), 0)
    );
}

#[tokio::test]
async fn a_truncated_file_starts_anew() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", file(0, 5));
    let running = sandbox.start().await;
    running.lines(5).await;
    sandbox.write("flow.log", file(5, 2));
    assert_eq!(running.lines(7).await, expect(&lines(0, 7)));
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_file_that_was_written_anew_and_is_longer_already_starts_anew() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", file(0, 2));
    let running = sandbox.start().await;
    running.lines(2).await;
    // One write, as if no look fell between the truncation and the growth.
    sandbox.write("flow.log", file(2, 50));
    assert_eq!(running.lines(52).await, expect(&lines(0, 52)));
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn the_same_lines_written_again_are_read_again_under_other_ids() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", file(0, 2));
    let running = sandbox.start().await;
    running.lines(2).await;
    sandbox.write("flow.log", "");
    // The look that sees the empty file is not seen from outside; one that sees another is.
    for number in 0..2 {
        sandbox.write(&format!("seen-{number}.log"), file(100 + number, 1));
        running.lines(3 + number).await;
    }
    sandbox.write("flow.log", file(0, 2));
    assert_eq!(running.lines(6).await[4..], expect(&lines(0, 2)));
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_file_that_is_replaced_is_another_file() {
    let sandbox = Sandbox::new();
    sandbox.put("flow.log", file(0, 4));
    let running = sandbox.start().await;
    running.lines(4).await;
    sandbox.put("flow.log", file(0, 4));
    assert_eq!(running.lines(8).await[4..], expect(&lines(0, 4)), "the same text, another file");
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn nothing_is_kept_of_a_file_that_was_deleted() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", file(0, 1));
    sandbox.write("b.log", file(1, 1));
    let running = sandbox.start().await;
    running.lines(2).await;
    wait_until(async || sandbox.checkpoints().await.len() == 2).await;
    sandbox.remove("a.log");
    wait_until(async || sandbox.checkpoints().await.len() == 1).await;
    let report = running.stop().await;
    assert_eq!((report.status.units_done, report.status.units_failed), (1, 0));
}

#[tokio::test]
async fn a_file_with_two_names_is_read_once() {
    let sandbox = Sandbox::new();
    sandbox.write("a.log", file(0, 3));
    std::fs::hard_link(sandbox.path("a.log"), sandbox.path("b.log")).unwrap();
    let running = sandbox.start().await;
    running.lines(3).await;
    sandbox.write("z.log", file(3, 1));
    assert_eq!(running.lines(4).await, expect(&lines(0, 4)));
    assert_eq!(running.stop().await.status.octets_read as usize, lines(0, 4).len());
}
