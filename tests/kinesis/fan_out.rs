//! Enhanced fan-out as it is at AWS: over TLS and HTTP/2.

use std::ops::Range;

use weir_testkit::kinesis::{EVENT, described_consumer, event, read, record, stream_of_one_shard};
use weir_testkit::{Answer, AwsDouble, EventStream};
use weir_tests::{Corpus, Oracle, UdpCollector};

use crate::installation::Installation;

/// Lines of an event.
const LINES: u64 = 500;

/// An event with these lines of the corpus in one record.
fn lines(corpus: &Corpus, events: Range<u64>) -> impl Iterator<Item = serde_json::Value> {
    events.map(|number| {
        let text = corpus.text(number * LINES..(number + 1) * LINES);
        // Records of a stream have no header line.
        let (_, lines) = text.split_once('\n').unwrap();
        event(&[record(number + 1, lines)], number + 1)
    })
}

#[test]
fn a_stream_is_read_over_tls_and_http_2_and_goes_on_after_a_connection_that_breaks() {
    let (corpus, collector) = (Corpus::new(), UdpCollector::open());
    let kinesis = AwsDouble::start_over_tls();
    stream_of_one_shard(&kinesis);
    kinesis.on("kinesis", "DescribeStreamConsumer").answer(described_consumer("weir", "ACTIVE"));
    kinesis.on("kinesis", "GetRecords").answer(read(&[], "on"));
    let stream = |events| {
        let all = lines(&corpus, events);
        all.fold(EventStream::begin(), |stream, each| stream.event(EVENT, &each))
    };
    let answers = [stream(0..5).breaking_in_frame(), stream(4..8).silent()].map(Answer::events);
    kinesis.on("kinesis", "SubscribeToShard").answer_in_turn(answers);
    let installation = Installation::start(&corpus, &collector, &kinesis.url());
    let mut oracle = Oracle::new(&corpus, 0..8 * LINES, collector.arrivals());
    let mut worker = installation.fanned_out_worker("a", kinesis.authority().unwrap());
    oracle.wait_for_all();
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    oracle.verdict().is_exact();
    let calls = kinesis.calls_of("kinesis", "SubscribeToShard");
    assert!(calls.iter().all(|call| call.is_http2), "{calls:?}");
    let position = &calls[1].parameters["StartingPosition"];
    assert_eq!(position["SequenceNumber"], "4");
}
