//! What both interfaces of a flow in one VPC report counts once, also where they report in two
//! intervals.

use weir_ipfix::{Ends, InterfaceSide};
use weir_report::{Count, Extent, Report, WindowOptions};

use crate::support::{ACCEPT, Counting, REJECT, Record};

/// What the source saw, and a little less at the destination.
fn views(status: u8, are_in_one_vpc: bool) -> [Record; 2] {
    let ends = Ends { are_in_one_vpc, ..Ends::default() };
    let sent = Record {
        status,
        ends,
        protocol: 17,
        side: InterfaceSide::Source,
        octets: 300,
        ..Record::new("10.0.0.9:40000", "10.0.0.1:53")
    };
    let received = Record { octets: 200, side: InterfaceSide::Destination, ..sent.clone() };
    [sent, received]
}

fn options(report: Report) -> WindowOptions {
    WindowOptions { top: None, stitches: false, ..WindowOptions::new(report) }
}

#[test]
fn a_flow_whose_ends_report_in_neighbouring_intervals_counts_as_its_source_saw_it() {
    for report in Report::ALL {
        let [sent, received] = views(ACCEPT, true);
        for (first, second) in [(&sent, &received), (&received, &sent)] {
            let mut counting = Counting::new(options(report));
            counting.add(first);
            let (rows, closed) = counting.close(30, Extent::Interval);
            assert_eq!((rows, closed.carried()), (vec![], 1));
            counting.add(second);
            let (rows, closed) = counting.close(60, Extent::Interval);
            assert_eq!((rows.len(), rows[0].there, rows[0].flows), (1, (300, 1), 1));
            assert_eq!(closed.deduplicated(), Count { octets: 200, packets: 1, flows: 1 });
            assert_eq!(closed.carried(), 0);
            assert!(counting.window.is_empty());
        }
    }
}

#[test]
fn it_waits_for_the_other_end_one_interval_and_no_longer() {
    let [sent, received] = views(ACCEPT, true);
    let mut counting = Counting::new(options(Report::TopTraffic));
    counting.add(&sent);
    assert_eq!(counting.close(30, Extent::Interval).0, []);
    assert_eq!(counting.close(60, Extent::Interval).0.len(), 1);
    counting.add(&received);
    assert_eq!(counting.close(90, Extent::Interval).0, []);
    assert_eq!(counting.close(100, Extent::All).0.len(), 1);
}

#[test]
fn nothing_waits_whose_other_end_reports_nothing() {
    let off = WindowOptions { counts_once: false, ..options(Report::Flows) };
    let cases = [
        (options(Report::Flows), views(ACCEPT, false)),
        (options(Report::Flows), views(REJECT, true)),
        (off, views(ACCEPT, true)),
    ];
    for (options, views) in cases {
        for view in views {
            let rows = Counting::new(options.clone()).add_all(&[view]).close(30, Extent::Interval);
            assert_eq!((rows.0.len(), rows.1.carried()), (1, 0));
        }
    }
}
