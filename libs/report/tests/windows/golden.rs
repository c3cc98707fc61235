//! Rows of the three reports as JSON and syslog, held against golden files.

use weir_ipfix::{Ends, InterfaceSide};
use weir_report::{
    DEFAULT_SOURCE_ID, Extent, JsonWriter, Report, SyslogHeader, SyslogWriter, Top, WindowOptions,
};

use crate::support::{Counting, REJECT, Record, SECOND};

fn records() -> Vec<Record> {
    let inside = Ends { source_is_local: true, destination_is_local: true, ..Ends::default() };
    let out = Ends { destination_is_local: false, ..inside };
    let gateway = Ends { is_of_transit_gateway: true, ..inside };
    let ask = Record {
        flags: 2,
        octets: 1234,
        packets: 9,
        ends: out,
        side: InterfaceSide::Source,
        ..Record::new("10.0.0.9:40000", "203.0.113.1:443")
    };
    let answer = Record {
        flags: 19,
        octets: 98765,
        packets: 70,
        ends: Ends { source_is_local: false, destination_is_local: true, ..inside },
        side: InterfaceSide::Destination,
        ..Record::new("203.0.113.1:443", "10.0.0.9:40000")
    };
    let refused =
        Record { status: REJECT, ends: inside, ..Record::new("10.0.0.9:40001", "10.0.0.1:22") };
    let udp = Record {
        protocol: 17,
        domain: 8,
        ends: gateway,
        ..Record::new("[2001:db8::1]:40000", "[2001:db8:1::1]:53")
    };
    vec![ask, answer, refused, udp]
}

fn written(report: Report) -> [String; 2] {
    let mut options = WindowOptions::new(report);
    options.top = options.top.map(|_| Top { rows: 1, share: 95 });
    options.stitches = report != Report::TopTraffic;
    let mut counting = Counting::new(options);
    let mut closed = counting.add_all(&records()).window.close(30 * SECOND, Extent::All);
    let fields = report.row_fields();
    let mut json = JsonWriter::new(&counting.rows, report, &fields);
    let header = SyslogHeader::new("flows.example.org", DEFAULT_SOURCE_ID);
    let mut syslog = SyslogWriter::new(&counting.rows, report, &fields, header);
    syslog.set_timestamp(&"2026-01-02T03:04:05+00:00");
    let (mut lines, mut messages) = (Vec::new(), Vec::new());
    while let Some(groups) = closed.next_batch() {
        for group in &groups {
            let layout = counting.rows.by_revision(group.revision).unwrap();
            for row in group.records(layout).unwrap() {
                json.write(&row, &mut lines);
                syslog.write(&row, &mut messages);
                messages.push(b'\n');
            }
        }
    }
    [lines, messages].map(|text| String::from_utf8(text).unwrap())
}

#[test]
fn rows_are_as_in_the_golden_files() {
    let golden = [
        (
            Report::Flows,
            include_str!("../golden/rows_20201.jsonl"),
            include_str!("../golden/rows_20201.syslog"),
        ),
        (
            Report::TopTraffic,
            include_str!("../golden/rows_20267.jsonl"),
            include_str!("../golden/rows_20267.syslog"),
        ),
        (
            Report::Conversations,
            include_str!("../golden/rows_20062.jsonl"),
            include_str!("../golden/rows_20062.syslog"),
        ),
    ];
    for (report, json, syslog) in golden {
        let [lines, messages] = written(report);
        assert_eq!(lines, json, "{report:?}");
        assert_eq!(messages, syslog, "{report:?}");
    }
}
