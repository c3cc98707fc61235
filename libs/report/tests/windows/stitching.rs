//! Two halves become one row, its client the source.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use weir_report::{Extent, Report, WindowOptions};

use crate::support::{Counting, REJECT, Record, Row};

const CLIENT: &str = "10.0.0.9:40000";
const SERVER: &str = "10.0.0.1:443";

fn request() -> Record {
    Record { octets: 300, packets: 3, ..Record::new(CLIENT, SERVER) }
}

fn reply() -> Record {
    Record { octets: 5000, packets: 5, ..Record::new(SERVER, CLIENT) }
}

fn one(records: &[Record]) -> Row {
    let rows = Counting::of(Report::Conversations).add_all(records).all();
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.into_iter().next().unwrap()
}

fn is_stitched(row: &Row) {
    assert_eq!((row.source, row.destination), (Some(request().source), Some(reply().source)));
    assert_eq!((row.there, row.back, row.flows), ((300, 3), (5000, 5), 2));
    assert_eq!(row.source_name, "10.0.0.9");
}

#[test]
fn the_halves_of_a_conversation_become_one_row_whichever_comes_first() {
    is_stitched(&one(&[request(), reply()]));
    is_stitched(&one(&[reply(), request()]));
}

#[test]
fn who_sent_a_syn_without_ack_is_the_client_against_start_and_ports() {
    let swapped = |record: Record| Record {
        source: (record.source.0, 50000 - record.source.1),
        destination: (record.destination.0, 50000 - record.destination.1),
        ..record
    };
    let asks = Record { flags: 2, start: 1009, ..swapped(request()) };
    let answers = Record { flags: 18, ..swapped(reply()) };
    for records in [vec![asks.clone(), answers.clone()], vec![answers, asks.clone()]] {
        assert_eq!(one(&records).source, Some(asks.source));
    }
}

#[test]
fn who_began_earlier_is_the_client_where_no_flags_tell() {
    let early = Record { start: 999, ..reply() };
    assert_eq!(one(&[request(), early.clone()]).source, Some(early.source));
}

#[test]
fn who_has_the_ephemeral_port_is_the_client_where_nothing_else_tells() {
    assert_eq!(one(&[reply(), request()]).source, Some(request().source));
    // An answer alone is one to a client that was not seen.
    let row = one(&[reply()]);
    assert_eq!((row.source, row.there, row.back), (Some(request().source), (0, 0), (5000, 5)));
}

#[test]
fn a_half_waits_one_window_for_the_other_and_no_longer() {
    let mut counting = Counting::of(Report::Conversations);
    let udp = |record| Record { protocol: 17, ..record };
    counting.add(&udp(request()));
    let (rows, closed) = counting.close(30, Extent::Interval);
    assert_eq!((rows, closed.carried()), (vec![], 1));
    counting.add(&udp(reply()));
    let (rows, closed) = counting.close(60, Extent::Interval);
    assert_eq!((rows.len(), closed.carried()), (1, 0));
    is_stitched(&rows[0]);

    counting.add(&udp(request()));
    assert_eq!(counting.close(90, Extent::Interval).0, []);
    let (rows, closed) = counting.close(120, Extent::Interval);
    assert_eq!((rows.len(), closed.carried()), (1, 0));
    assert_eq!((rows[0].there, rows[0].back), ((300, 3), (0, 0)));
    assert!(counting.window.is_empty());
}

#[test]
fn what_was_rejected_waits_for_nothing() {
    let mut counting = Counting::of(Report::Conversations);
    counting.add(&Record { status: REJECT, protocol: 17, ..request() });
    let (rows, closed) = counting.close(30, Extent::Interval);
    assert_eq!((rows.len(), closed.carried()), (1, 0));
}

#[test]
fn flows_of_another_action_or_vpc_are_no_halves() {
    for other in [Record { status: REJECT, ..reply() }, Record { domain: 8, ..reply() }] {
        let rows = Counting::of(Report::Conversations).add_all(&[request(), other]).all();
        assert_eq!(rows.len(), 2);
    }
}

#[test]
fn without_stitching_each_way_has_a_row() {
    let options = WindowOptions { stitches: false, ..WindowOptions::new(Report::Conversations) };
    let rows = Counting::new(options).add_all(&[request(), reply()]).all();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.back == (0, 0)));
}

prop_compose! {
    /// A conversation as AWS would log it. One server in twenty has a port of those that clients
    /// have: over UDP nothing but an earlier start tells that it is none.
    fn conversation()(
        hosts in (any::<[u8; 2]>(), any::<[u8; 2]>()),
        client_port in 1024u16..,
        server_port in prop_oneof![15 => Just(443u16), 4 => Just(53), 1 => 1024u16..],
        is_tcp in prop::bool::weighted(0.7),
        start in 0u64..60,
        delay in 0u64..2,
        packets in (1u64..100, 1u64..100),
        answers_first in any::<bool>(),
    ) -> [Record; 2] {
        let client = format!("10.1.{}.{}:{client_port}", hosts.0[0], hosts.0[1]);
        let server = format!("10.2.{}.{}:{server_port}", hosts.1[0], hosts.1[1]);
        let (protocol, flags) = if is_tcp { (6, [2, 18]) } else { (17, [0, 0]) };
        let ask = Record { protocol, flags: flags[0], start, packets: packets.0, ..Record::new(&client, &server) };
        let answer = Record { protocol, flags: flags[1], start: start + delay, packets: packets.1, ..Record::new(&server, &client) };
        if answers_first { [answer, ask] } else { [ask, answer] }
    }
}

/// Conversations whose client is known: of those with both halves in a window at least 99 % are
/// stitched with it.
#[test]
fn nearly_all_two_way_conversations_have_the_right_client() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut all, mut right) = (0, 0);
    for _ in 0..5000 {
        let halves = conversation().new_tree(&mut runner).unwrap().current();
        let client = halves.iter().find(|half| half.source.0.to_string().starts_with("10.1."));
        let row = one(&halves);
        all += 1;
        right += u32::from(row.source == client.map(|half| half.source) && row.flows == 2);
    }
    println!("{right} of {all} conversations have the right client");
    assert!(right * 100 >= all * 99, "{right} of {all}");
}
