//! Text that grows.

use std::time::Duration;

use crate::sandbox::{HEADER, Sandbox, expect, lines};

#[tokio::test]
async fn a_file_is_followed_line_by_line_while_it_grows() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", HEADER);
    let running = sandbox.start().await;
    for step in 0..20 {
        sandbox.append("flow.log", lines(3 * step, 3));
        let came = running.lines(3 * step + 3).await;
        assert_eq!(came, expect(&lines(0, 3 * step + 3)));
    }
    let runs = running.exporter.runs();
    assert_eq!(running.exporter.ids().len(), runs.len(), "no id twice");
    assert_eq!(runs[0].first_line, 2);
    let last = runs.last().unwrap();
    let count = last.text.iter().filter(|octet| **octet == b'\n').count() as u64;
    assert_eq!(last.first_line + count, 62, "the header and 60 lines");
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_line_without_an_end_waits_for_it() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", format!("{HEADER}2 10.0.0.1 first\n2 10.0.0.1 sec"));
    let running = sandbox.start().await;
    assert_eq!(running.lines(1).await, ["2 10.0.0.1 first"]);
    sandbox.append("flow.log", "ond\n2");
    assert_eq!(running.lines(2).await[1], "2 10.0.0.1 second");
    assert_eq!(running.exporter.lines().len(), 2);
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn a_header_that_is_half_written_waits_for_its_end() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", &HEADER[..10]);
    let running = sandbox.start().await;
    sandbox.write("seen.log", format!("{HEADER}2 10.0.0.1 other\n"));
    running.lines(1).await;
    sandbox.append("flow.log", format!("{}{}", &HEADER[10..], lines(0, 1)));
    assert_eq!(running.lines(2).await[1], "2 10.0.0.1 line-0");
    assert_eq!(running.stop().await.status.units_failed, 0);
}

#[tokio::test]
async fn a_last_line_without_an_end_is_taken_once_the_file_is_quiet() {
    let mut sandbox = Sandbox::new();
    sandbox.quiet = Duration::from_millis(200);
    sandbox.write("flow.log", format!("{HEADER}2 10.0.0.1 last"));
    let running = sandbox.start().await;
    assert_eq!(running.lines(1).await, ["2 10.0.0.1 last"]);
    running.until(|status| status.units_done == 1).await;
    sandbox.append("flow.log", "\n2 10.0.0.1 more\n");
    running.until(|status| status.units_done == 2).await;
    assert_eq!(running.lines(2).await.last().unwrap(), "2 10.0.0.1 more");
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn long_text_is_cut_at_the_first_line_end_after_256_kib_and_no_line_is_lost() {
    let sandbox = Sandbox::once();
    let mut text = lines(0, 20_000);
    // Above 16 KiB, a line is cut for the parser to reject it: the lines behind stay where
    // they are.
    text.push_str(&format!("2 10.0.0.1 {}\n", "x".repeat(100_000)));
    text.push_str(&lines(20_001, 20_000));
    sandbox.write("flow.log", format!("{HEADER}{text}"));
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    assert!(running.end().await.is_clean());
    let (runs, came) = (exporter.runs(), exporter.lines());
    assert_eq!(came.len(), 40_001);
    assert_eq!(came[..20_000], expect(&text)[..20_000]);
    assert_eq!(came[20_001..], expect(&text)[20_001..]);
    assert_eq!(came[20_000].len(), 16 * 1024 + 1);
    let mut line = 2;
    for run in &runs[..runs.len() - 1] {
        assert!((256 << 10..272 << 10).contains(&run.text.len()), "{}", run.text.len());
        assert_eq!(run.first_line, line);
        line += run.text.iter().filter(|octet| **octet == b'\n').count() as u64;
    }
}

#[tokio::test]
async fn what_stands_in_the_middle_of_a_file_is_never_taken_for_another_content() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", format!("{HEADER}{}", lines(0, 1)));
    let running = sandbox.start().await;
    running.lines(1).await;
    for (count, strange) in ["{\"json\": 1}\n", "PK\u{3}\u{4}\n", "\0\0\0\0\0\n"].iter().enumerate()
    {
        sandbox.append("flow.log", strange);
        running.lines(count + 2).await;
    }
    sandbox.append("flow.log", lines(1, 1));
    assert_eq!(running.lines(5).await[4], "2 10.0.0.1 line-1");
    assert_eq!(running.stop().await.status.units_failed, 0);
}

#[tokio::test]
async fn a_file_that_was_empty_is_read_when_it_is_not() {
    let sandbox = Sandbox::new();
    sandbox.write("flow.log", "");
    let running = sandbox.start().await;
    sandbox.write("seen.log", format!("{HEADER}2 10.0.0.1 other\n"));
    running.lines(1).await;
    sandbox.append("flow.log", format!("{HEADER}{}", lines(0, 2)));
    assert_eq!(running.lines(3).await[1..], expect(&lines(0, 2)));
    assert_eq!(running.stop().await.status.units_failed, 0);
}
