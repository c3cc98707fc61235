//! The oracle must see what it is there for.

use std::net::UdpSocket;

use weir_tests::{Arrival, Corpus, Datagrams, Oracle, Plan, UdpCollector, wait_for};

const RECORDS: u64 = 3_000;

/// The messages of an undisturbed pipeline, and how many data records each has.
fn messages(corpus: &Corpus) -> Vec<(Vec<u8>, u64)> {
    corpus.write(0..RECORDS, RECORDS);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let mut pipeline = plan.start(1);
    Oracle::new(corpus, 0..RECORDS, collector.arrivals()).wait_for_all().is_exact();
    pipeline.end();
    let mut decoder = Datagrams::default();
    let arrivals = collector.arrivals().since(0).into_iter();
    let counted = arrivals.map(|Arrival { message, .. }| {
        let records = decoder.message(&message).records.len() as u64;
        (message, records)
    });
    counted.collect()
}

/// Whether the first set holds data, so that the first record's octets stand at its start.
fn starts_with_data(message: &[u8]) -> bool {
    u16::from_be_bytes([message[16], message[17]]) >= 256
}

#[test]
fn the_oracle_counts_what_is_missing_unknown_corrupted_and_repeated() {
    let corpus = Corpus::new();
    let messages = messages(&corpus);
    let with_data: Vec<_> =
        (0..messages.len()).filter(|place| starts_with_data(&messages[*place].0)).collect();
    let [missing, repeated, corrupted, unknown] =
        [0.2, 0.4, 0.6, 0.8].map(|part| with_data[(with_data.len() as f64 * part) as usize]);

    let collector = UdpCollector::open();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(collector.url().trim_start_matches("udp://")).unwrap();
    let mut sent = 0;
    let mut send = |message: &[u8]| {
        socket.send(message).unwrap();
        sent += 1;
        // One by one, so that the system drops none.
        wait_for("a message to arrive", || (collector.arrivals().count() == sent).then_some(()));
    };
    for (place, (message, _)) in messages.iter().enumerate() {
        let mut message = message.clone();
        if place == corrupted {
            let name = message.windows(4).position(|window| window == b"eni-").unwrap();
            message[name] = b'E';
        }
        if place == unknown {
            // The number, far above all that were sent.
            message[20] = 0xff;
        }
        if place != missing {
            send(&message);
        }
        if place == repeated {
            send(&message);
        }
    }
    let verdict = Oracle::new(&corpus, 0..RECORDS, collector.arrivals()).verdict();
    assert_eq!(verdict.missing, messages[missing].1 + 1, "{verdict:?}");
    assert_eq!(verdict.repeated, messages[repeated].1, "{verdict:?}");
    assert_eq!((verdict.corrupted, verdict.unknown), (1, 1), "{verdict:?}");
    // The gap and the step back show in the sequence too.
    let sequence = verdict.faults.iter().filter(|fault| fault.contains("sequence"));
    assert!(sequence.count() >= 2, "{verdict:?}");
}
