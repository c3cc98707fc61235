//! Files that cannot be read, or not as yet.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::{HEADER, Sandbox, expect, gzip, lines};

#[tokio::test]
async fn a_gzip_file_that_is_cut_off_is_reported_once_and_read_when_it_is_whole() {
    let sandbox = Sandbox::new();
    let text = format!("{HEADER}{}", lines(0, 40_000));
    let whole = gzip(&text);
    sandbox.put("flow.log.gz", &whole[..whole.len() / 2]);
    let running = sandbox.start().await;
    running.until(|status| status.units_failed == 1).await;
    assert!(running.status().last_error.contains("cut off"), "{}", running.status().last_error);
    // Looks that see another file have seen this one too.
    for number in 0..3 {
        sandbox.put(&format!("seen-{number}.gz"), gzip(&format!("{HEADER}2 10.0.0.1 seen\n")));
        running.until(|status| status.units_done == number + 1).await;
    }
    assert_eq!(running.status().units_failed, 1);
    let before = running.exporter.ids();
    sandbox.append("flow.log.gz", &whole[whole.len() / 2..]);
    running.until(|status| status.units_done == 4).await;
    let again = running.exporter.runs().iter().filter(|run| before.contains(&run.id)).count();
    assert_eq!(again, before.len(), "what was delivered is not sent again");
    // The run that was cut off comes whole, so that its lines come twice at most.
    let mut came = running.exporter.lines();
    came.retain(|line| !line.ends_with("seen"));
    came.sort();
    came.dedup();
    let mut expected = expect(&lines(0, 40_000));
    expected.sort();
    assert!(came == expected);
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn an_upload_in_steps_is_read_when_it_is_complete() {
    let sandbox = Sandbox::new();
    let whole = gzip(&format!("{HEADER}{}", lines(0, 2000)));
    let running = sandbox.start().await;
    for end in (1..=whole.len()).step_by(whole.len() / 50).chain([whole.len()]) {
        sandbox.write("flow.log.gz", &whole[..end]);
        tokio::task::yield_now().await;
    }
    running.until(|status| status.units_done == 1).await;
    let mut came = running.exporter.lines();
    came.sort();
    came.dedup();
    let mut expected = expect(&lines(0, 2000));
    expected.sort();
    assert!(came == expected);
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_reported_once_and_read_when_it_may() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", format!("{HEADER}{}", lines(0, 2)));
    fs::set_permissions(sandbox.path("flow.log"), Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(sandbox.path("flow.log")).is_ok() {
        // Who runs this may read everything: there is nothing to see.
        return;
    }
    let running = sandbox.start().await;
    running.until(|status| status.units_failed == 1).await;
    assert!(running.status().last_error.contains("flow.log"));
    fs::set_permissions(sandbox.path("flow.log"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(running.lines(2).await, expect(&lines(0, 2)));
    assert_eq!(running.stop().await.status.units_failed, 1);
}

#[tokio::test]
async fn a_file_that_the_system_cannot_read_is_reported_and_the_others_are_read() {
    let sandbox = Sandbox::new();
    // A name that leads to nothing and exists: a link to itself.
    std::os::unix::fs::symlink("loop.log", sandbox.path("loop.log")).unwrap();
    sandbox.write("flow.log", format!("{HEADER}{}", lines(0, 2)));
    let running = sandbox.start().await;
    assert_eq!(running.lines(2).await, expect(&lines(0, 2)));
    running.until(|status| status.units_failed == 1).await;
    sandbox.append("flow.log", lines(2, 1));
    running.lines(3).await;
    assert_eq!(running.stop().await.status.units_failed, 1, "it is reported once");
}

#[tokio::test]
async fn a_growing_file_that_is_no_flow_log_is_reported_once() {
    let sandbox = Sandbox::new();
    let line = "2026-01-02 something happened somewhere, and this is not about flows at all\n";
    sandbox.write("app.log", line.repeat(100));
    let running = sandbox.start().await;
    running.until(|status| status.units_failed == 1).await;
    for number in 0..5 {
        sandbox.append("app.log", line);
        sandbox.write(&format!("seen-{number}.log"), format!("{HEADER}{}", lines(number, 1)));
        running.lines(number + 1).await;
    }
    let status = running.stop().await.status;
    assert_eq!(status.units_failed, 1);
    assert!(status.last_error.contains("--log-format"), "{}", status.last_error);
}

#[tokio::test]
async fn a_compressed_file_that_grows_by_a_member_is_read_on() {
    let sandbox = Sandbox::new();
    sandbox.put("flow.log.gz", gzip(&format!("{HEADER}{}", lines(0, 30_000))));
    let running = sandbox.start().await;
    running.until(|status| status.units_done == 1).await;
    sandbox.append("flow.log.gz", gzip(&lines(30_000, 5)));
    running.until(|status| status.units_done == 2).await;
    let mut came = running.exporter.lines();
    assert!(came.len() < 60_000, "not all of it comes again");
    came.sort();
    came.dedup();
    assert_eq!(came.len(), 30_005);
    assert!(running.stop().await.is_clean());
}
