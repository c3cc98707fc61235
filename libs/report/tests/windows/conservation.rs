//! Whatever comes, rows, rests and what was left out add up to the input.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use weir_ipfix::{Ends, InterfaceSide};
use weir_report::{Count, Extent, Report, Top, WindowOptions};

use crate::support::{ACCEPT, Counting, REJECT, Record, SECOND};

prop_compose! {
    /// Few hosts and ports, so that flows meet.
    fn record()(
        domain in 1u32..4,
        is_v6 in prop::bool::weighted(0.2),
        (from, to) in (0u8..6, 0u8..6),
        (source_port, destination_port) in (prop_oneof![Just(40000u16), Just(443), any::<u16>()], prop_oneof![Just(443u16), Just(40000)]),
        protocol in prop_oneof![Just(6u8), Just(17), Just(1)],
        status in prop_oneof![4 => Just(ACCEPT), 1 => Just(REJECT)],
        octets in prop_oneof![0u64..100_000, Just(1 << 40)],
        packets in prop_oneof![0u64..1000, Just(1 << 33)],
        start in 0u64..100,
        flags in prop_oneof![Just(0u8), Just(2), Just(18), Just(3), Just(19), Just(4)],
        side in prop_oneof![Just(InterfaceSide::Unknown), Just(InterfaceSide::Source), Just(InterfaceSide::Destination)],
        ends in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) -> Record {
        let address = |host: u8| match is_v6 {
            true => IpAddr::from(Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(host))),
            false => IpAddr::from(Ipv4Addr::new(10, 0, 0, host)),
        };
        Record {
            domain,
            source: (address(from), source_port),
            destination: (address(to), destination_port),
            protocol,
            status,
            octets,
            packets,
            start,
            flags,
            side,
            ends: Ends { source_is_local: ends.0, destination_is_local: ends.1, are_in_one_vpc: ends.2, ..Ends::default() },
        }
    }
}

prop_compose! {
    fn options()(
        report in prop::sample::select(&Report::ALL[..]),
        stitches in any::<bool>(),
        counts_once in any::<bool>(),
        authoritative_only in any::<bool>(),
        top in prop::option::of((0u32..5, 1u8..=100)),
        max_octets in prop_oneof![Just(0usize), Just(2_000), Just(20_000), Just(1 << 30)],
        session_timeout in 0u64..100,
    ) -> WindowOptions {
        WindowOptions {
            stitches,
            counts_once,
            authoritative_only,
            top: top.map(|(rows, share)| Top { rows, share }),
            max_octets,
            session_timeout: session_timeout as u32 * SECOND,
            ..WindowOptions::new(report)
        }
    }
}

proptest! {
    #[test]
    fn rows_and_rests_and_what_was_seen_twice_are_the_records(
        options in options(),
        windows in prop::collection::vec(prop::collection::vec(record(), 0..60), 1..5),
    ) {
        let is_plain = !options.counts_once && !options.authoritative_only;
        let memory = options.max_octets;
        let mut counting = Counting::new(options);
        let (mut found, mut left_out, mut most) = (Count::NONE, Count::NONE, 0);
        let last = windows.len() - 1;
        for (number, records) in windows.iter().enumerate() {
            for record in records {
                counting.add(record);
                most = most.max(counting.window.octets());
            }
            let extent = if number == last { Extent::All } else { Extent::Interval };
            let (rows, closed) = counting.close(number as u64 * 30, extent);
            found += rows.iter().map(|row| row.count()).sum();
            left_out += closed.deduplicated();
        }
        if is_plain {
            prop_assert_eq!(left_out, Count::NONE);
        }
        let input = windows.iter().flatten().map(Record::count).sum::<Count>();
        found += left_out;
        prop_assert_eq!(found, input);
        prop_assert!(counting.window.is_empty());
        // One more entry with its texts is taken before the limit is looked at.
        prop_assert!(most <= memory + 1000, "{} octets", most);
    }

    #[test]
    fn counters_do_not_depend_on_the_order_of_records(
        options in options(),
        (records, shuffled) in prop::collection::vec(record(), 0..60)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        let options = WindowOptions { max_octets: 1 << 30, ..options };
        let rows = [&records, &shuffled].map(|records| {
            let mut rows = Counting::new(options.clone()).add_all(records).all();
            rows.sort_by_key(|row| format!("{row:?}"));
            rows
        });
        prop_assert_eq!(&rows[0], &rows[1]);
    }

    /// With both ends' interfaces in one VPC each flow is counted as its source saw it.
    #[test]
    fn a_flow_that_both_ends_report_counts_once(
        records in prop::collection::vec(record(), 0..40),
        order in any::<prop::sample::Index>(),
    ) {
        let sources: Vec<_> =
            records.iter().map(|record| record.seen_by(InterfaceSide::Source)).collect();
        let destinations = records.iter().map(|record| record.seen_by(InterfaceSide::Destination));
        let mut both: Vec<_> = sources.iter().cloned().chain(destinations).collect();
        if !both.is_empty() {
            both.rotate_left(order.index(records.len()));
        }
        for report in Report::ALL {
            let options = WindowOptions { top: None, ..WindowOptions::new(report) };
            let once: Count = Counting::new(options.clone()).add_all(&sources).all().iter().map(|row| row.count()).sum();
            let (rows, closed) = Counting::new(options).add_all(&both).close(0, Extent::All);
            let twice: Count = rows.iter().map(|row| row.count()).sum();
            prop_assert_eq!(once, twice);
            prop_assert_eq!(closed.deduplicated(), once);
        }
    }
}

#[test]
fn counters_are_right_however_large_they_grow() {
    let one = Record { protocol: 17, ..Record::new("10.0.0.1:5000", "10.0.0.2:53") };
    let large = Record { octets: 1 << 40, packets: 1 << 33, ..one.clone() };
    let mut counting = Counting::of(Report::Conversations);
    counting.add_all(&[large.clone(), large]).add_all(&vec![one.clone(); 70_000]);
    // It waits, so that its counters move into the next window.
    assert_eq!(counting.close(30, Extent::Interval).0, []);
    counting.add(&one);
    let rows = counting.close(60, Extent::Interval).0;
    assert_eq!((rows.len(), rows[0].flows), (1, 70_003));
    assert_eq!(rows[0].there, ((2 << 40) + 7_000_100, (2 << 33) + 70_001));
}

#[test]
fn a_window_keeps_its_largest_talkers_when_its_memory_is_full() {
    let options = WindowOptions { max_octets: 40_000, ..WindowOptions::new(Report::Flows) };
    let mut counting = Counting::new(options);
    let large = Record { octets: 1 << 30, ..Record::new("10.1.1.1:5000", "10.0.0.1:443") };
    counting.add(&large);
    for port in 1..=2000 {
        let mut small = Record::new("10.0.0.1:1", "10.0.0.2:443");
        small.source.1 = port;
        counting.add(&small);
        assert!(counting.window.octets() < 41_000);
    }
    let rows = counting.all();
    assert!(rows.iter().any(|row| row.source == Some(large.source) && row.there.0 == 1 << 30));
    let others: Vec<_> = rows.iter().filter(|row| row.is_other()).collect();
    assert_eq!(others.len(), 1);
    assert_eq!((others[0].domain, others[0].vpc.as_str()), (7, "vpc-7"));
    assert_eq!(others[0].flows as usize, 2001 - (rows.len() - 1));
}
