//! TCP sessions over several windows.

use weir_report::{Extent, Report, WindowOptions};

use crate::support::{Counting, Record, Row, SECOND};

const CLIENT: &str = "10.0.0.9:443";
const SERVER: &str = "10.0.0.1:50000";

/// Both halves of a window; nothing but a SYN tells which is the client.
fn halves(flags: [u8; 2], starts: [u64; 2]) -> [Record; 2] {
    let there = Record { flags: flags[0], start: starts[0], ..Record::new(CLIENT, SERVER) };
    let back = Record { flags: flags[1], start: starts[1], ..Record::new(SERVER, CLIENT) };
    [there, back]
}

fn window(counting: &mut Counting, at: u64, records: &[Record]) -> Vec<(String, String)> {
    counting.add_all(records);
    let (rows, _) = counting.close(at, Extent::Interval);
    let source = |row: &Row| row.source.unwrap().0.to_string();
    rows.iter().map(|row| (row.state.clone(), source(row))).collect()
}

fn row(state: &str) -> Vec<(String, String)> {
    vec![(state.to_owned(), "10.0.0.9".to_owned())]
}

#[test]
fn a_session_begins_goes_on_and_ends_and_keeps_its_client() {
    let mut counting = Counting::of(Report::Conversations);
    assert_eq!(window(&mut counting, 30, &halves([2, 18], [1000, 1000])), row("B"));
    // Start and ports would say that the server is the client.
    assert_eq!(window(&mut counting, 60, &halves([0, 0], [1031, 1030])), row("C"));
    assert_eq!(window(&mut counting, 90, &[]), []);
    assert_eq!(window(&mut counting, 120, &halves([1, 1], [1100, 1090])), row("E"));
    assert!(counting.window.is_empty());
    assert_eq!(window(&mut counting, 150, &halves([2, 18], [1200, 1200])), row("B"));
}

#[test]
fn a_session_of_one_window_has_ended() {
    let mut counting = Counting::of(Report::Conversations);
    assert_eq!(window(&mut counting, 30, &halves([3, 19], [1000, 1000])), row("E"));
    assert_eq!(window(&mut counting, 60, &halves([4, 0], [1030, 1030])).len(), 1);
    assert!(counting.window.is_empty());
}

#[test]
fn a_session_without_flows_ends_after_its_timeout_with_a_row_of_none() {
    let timeout = 60 * SECOND;
    let options =
        WindowOptions { session_timeout: timeout, ..WindowOptions::new(Report::Conversations) };
    let mut counting = Counting::new(options);
    assert_eq!(window(&mut counting, 30, &halves([2, 18], [1000, 1000])), row("B"));
    assert_eq!(window(&mut counting, 60, &[]), []);
    let (rows, _) = counting.close(90, Extent::Interval);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].state.as_str(), rows[0].flows, rows[0].there), ("E", 0, (0, 0)));
    assert!(counting.window.is_empty());
}

#[test]
fn sessions_are_no_reason_for_rows_when_all_ends() {
    let mut counting = Counting::of(Report::Conversations);
    assert_eq!(window(&mut counting, 30, &halves([2, 18], [1000, 1000])), row("B"));
    assert_eq!(counting.close(40, Extent::All).0, []);
    assert!(counting.window.is_empty());
}

#[test]
fn what_is_no_tcp_has_no_state() {
    let udp = halves([0, 0], [1000, 1001]).map(|record| Record { protocol: 17, ..record });
    let mut counting = Counting::of(Report::Conversations);
    assert_eq!(window(&mut counting, 30, &udp), row(""));
    assert!(counting.window.is_empty());
}
