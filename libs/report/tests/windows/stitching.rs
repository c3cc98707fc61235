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
    let of_udp = |record| Record { protocol: 17, ..record };
    let early = of_udp(Record { start: 999, ..reply() });
    assert_eq!(one(&[of_udp(request()), early.clone()]).source, Some(early.source));
}

#[test]
fn the_start_tells_nothing_of_tcp_that_goes_on_from_before() {
    let early = Record { start: 999, ..reply() };
    assert_eq!(one(&[request(), early]).source, Some(request().source));
}

#[test]
fn a_port_that_several_talk_to_is_the_server_s_where_both_are_ephemeral() {
    let server = "10.0.0.1:50051";
    let clients = ["10.0.0.7:40000", "10.0.0.8:60000", "10.0.0.9:50051"];
    let halves = clients.map(|client| [Record::new(server, client), Record::new(client, server)]);
    let rows = Counting::of(Report::Conversations).add_all(halves.as_flattened()).all();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter().all(|row| row.destination == Some(crate::support::end(server))),
        "{rows:?}"
    );
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

/// A server whose port is a random one in `share` percent of all.
fn server(share: u32) -> impl Strategy<Value = String> {
    let well_known = prop::sample::select(vec![443u16, 53, 5432, 8080]);
    let port = prop_oneof![100 - share => well_known, share => 1024u16..];
    (any::<[u8; 2]>(), port).prop_map(|([a, b], port)| format!("10.2.{a}.{b}:{port}"))
}

/// A conversation with one of `servers` as AWS would log an interval of it. A third of all TCP goes
/// on from an interval before: without a SYN, and with either way first. Clients have ports of
/// Linux, one in ten any: that of a NAT gateway.
fn conversation(servers: Vec<String>) -> impl Strategy<Value = [Record; 2]> {
    let client_port = prop_oneof![9 => 32_768u16..61_000, 1 => 1024u16..];
    let client =
        (any::<[u8; 2]>(), client_port).prop_map(|([a, b], port)| format!("10.1.{a}.{b}:{port}"));
    let flags = prop_oneof![
        3 => Just((17, [0, 0], 0..=1i64)),
        5 => Just((6, [2, 18], 0..=1)),
        2 => Just((6, [0, 0], -1..=1)),
    ];
    let starts = flags.prop_flat_map(|(protocol, flags, delay): (u8, [u8; 2], _)| {
        (Just(protocol), Just(flags), 100u64..160, delay)
    });
    let packets = (1u64..100, 1u64..100);
    (client, prop::sample::select(servers), starts, packets, any::<bool>()).prop_map(
        |(client, server, (protocol, flags, start, delay), packets, answers_first)| {
            let ask = Record::new(&client, &server);
            let answer = Record::new(&server, &client);
            let ask = Record { protocol, flags: flags[0], start, packets: packets.0, ..ask };
            let start = start.strict_add_signed(delay);
            let answer = Record { protocol, flags: flags[1], start, packets: packets.1, ..answer };
            if answers_first { [answer, ask] } else { [ask, answer] }
        },
    )
}

/// How many of 5000 conversations with 200 servers are stitched with the right client.
fn stitched(share: u32) -> usize {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let servers = prop::collection::vec(server(share), 200);
    let servers = servers.new_tree(&mut runner).unwrap().current();
    let all = prop::collection::vec(conversation(servers), 5000);
    let all = all.new_tree(&mut runner).unwrap().current();
    let rows = Counting::of(Report::Conversations).add_all(all.as_flattened()).all();
    let is_client = |source: &(std::net::IpAddr, u16)| source.0.to_string().starts_with("10.1.");
    let right = rows.iter().filter(|row| row.source.as_ref().is_some_and(is_client));
    right.filter(|row| row.there.1 > 0 && row.back.1 > 0).map(|row| row.flows as usize / 2).sum()
}

#[test]
fn nearly_all_two_way_conversations_have_the_right_client() {
    for (share, least) in [(0, 4950), (5, 4950), (20, 4950)] {
        let right = stitched(share);
        println!("{right} of 5000 with {share} % of all servers at random ports");
        assert!(right >= least, "{right} of 5000 with {share} % of all servers at random ports");
    }
}
