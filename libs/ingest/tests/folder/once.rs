//! What is there is read, and that is all.

use std::sync::Arc;

use weir_flowlog::LogFormat;
use weir_ingest::End;

use crate::sandbox::{HEADER, Sandbox, expect, gzip, lines};

#[tokio::test]
async fn everything_that_is_there_is_read_and_committed() {
    let sandbox = Sandbox::once();
    sandbox.write("a.log", format!("{HEADER}{}2 10.0.0.1 last", lines(0, 2)));
    sandbox.write("b/c.log.gz", gzip(&format!("{HEADER}{}", lines(2, 2))));
    sandbox.write("b/d.log", format!("{HEADER}{}", lines(4, 2)));
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    let report = running.end().await;
    assert!(matches!(report.end, End::Complete), "{report:?}");
    let mut expected = expect(&lines(0, 2));
    expected.push("2 10.0.0.1 last".to_owned());
    expected.extend(expect(&lines(2, 4)));
    assert_eq!(exporter.lines(), expected);
    assert_eq!((report.status.units_done, report.status.units_failed), (3, 0));

    let report = sandbox.start().await.end().await;
    assert_eq!((report.status.runs_read, report.status.units_failed), (0, 0), "all is done");
}

#[tokio::test]
async fn what_yields_no_line_is_a_failure_and_the_rest_is_read() {
    let sandbox = Sandbox::once();
    sandbox.write("a-empty.log", "");
    sandbox.write("b-header.log", HEADER);
    sandbox.write("c-header.log.gz", gzip(HEADER));
    sandbox.write("d-cut.log.gz", &gzip(&format!("{HEADER}{}", lines(0, 9)))[..40]);
    sandbox.write("e-other.log", "{\"not\": \"a flow log\"}\n");
    sandbox.write("f-good.log", format!("{HEADER}{}", lines(0, 1)));
    let report = sandbox.start().await.end().await;
    assert!(matches!(report.end, End::Complete));
    assert_eq!((report.status.units_failed, report.status.units_done), (5, 1));
}

#[tokio::test]
async fn an_empty_folder_is_complete_at_once() {
    let report = Sandbox::once().start().await.end().await;
    assert!(matches!(report.end, End::Complete) && report.is_clean());
}

#[tokio::test]
async fn files_without_a_header_are_read_by_the_configured_format() {
    let mut sandbox = Sandbox::once();
    sandbox.log_format = Some(Arc::new(LogFormat::parse("version srcaddr dstaddr").unwrap()));
    sandbox.write("a.log", lines(0, 1));
    sandbox.write("b.log.gz", gzip(&lines(1, 1)));
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    let report = running.end().await;
    assert_eq!(exporter.lines(), expect(&lines(0, 2)));
    assert_eq!(exporter.runs()[0].first_line, 1);
    assert_eq!((report.status.units_done, report.status.units_failed), (2, 0));
    let report = sandbox.start().await.end().await;
    assert_eq!((report.status.runs_read, report.status.units_failed), (0, 0), "all is done");
}
