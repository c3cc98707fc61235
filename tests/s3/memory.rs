//! The largest objects that AWS writes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::UdpSocket;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_tests::{Corpus, MemoryWatch, Plan, wait_long_for};

use crate::cloud::{BUCKET, Cloud, key};

/// AWS closes an object at this length.
const LENGTH: usize = 75_000_000;

/// What the service may take.
const MOST: u64 = 200_000_000;

/// An object of this length, and the lines in it: as random as addresses and counters are.
fn object(seed: u64) -> (Vec<u8>, u64) {
    let mut encoder = GzEncoder::new(Vec::with_capacity(LENGTH + LENGTH / 8), Compression::fast());
    writeln!(
        encoder,
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes \
         start end action log-status"
    )
    .unwrap();
    let (mut state, mut lines, mut text) = (seed, 0, String::new());
    // Numerical Recipes' generator.
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 24
    };
    while encoder.get_ref().len() < LENGTH {
        text.clear();
        for _ in 0..1_000 {
            let [interface, from, to, bytes] = [random(), random(), random(), random() & 0xfffff];
            let (a, b) = (from & 255, from >> 8 & 255);
            let (c, d) = (to & 255, to >> 8 & 255);
            let port = from >> 16 & 0xffff;
            writeln!(
                text,
                "2 123456789012 eni-{interface:017x} 10.0.{a}.{b} 11.0.{c}.{d} {port} 443 6 1 \
                 {bytes} 1767323000 1767323060 ACCEPT OK"
            )
            .unwrap();
        }
        encoder.write_all(text.as_bytes()).unwrap();
        lines += 1_000;
    }
    (encoder.finish().unwrap(), lines)
}

#[test]
fn two_objects_of_75_mb_at_a_time_take_less_than_200_mb() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(10);
    let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("udp://{}", collector.local_addr().unwrap());
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&address, "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    let mut lines = 0;
    for number in 0..2 {
        let (content, count) = object(number + 1);
        cloud.put(BUCKET, &key(number), content);
        lines += count;
    }
    let keys = format!("visibility_timeout = \"30s\"\n{}", cloud.queue_keys());
    let mut ingest = plan.start_ingest_s3("s3", &[enricher.data_url()], &keys, &cloud.sections());
    let watch = MemoryWatch::start(vec![("ingest-s3".to_owned(), ingest.id())]);
    wait_long_for(Duration::from_secs(280), "the queue to be empty", || {
        (cloud.messages() == (0, 0)).then_some(())
    });
    let looks = watch.stop().remove(0).1;
    let peak = looks.into_iter().max().unwrap();
    println!("{lines} lines of two objects of 75 MB: {} MB at most", peak / 1_000_000);
    assert_eq!(ingest.metrics().sum("weir_s3_records_total"), lines);
    assert_eq!(ingest.terminate(), Some(0), "{}", ingest.log());
    assert!(peak < MOST, "{peak} octets");
}
