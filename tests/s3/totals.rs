//! 200 objects and all that comes between them.

use weir_tests::{Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, gzip, wait_long_for};

use crate::cloud::{BUCKET, Cloud, QUIET_BUCKET, key};
use crate::forms::{Object, of_event_bridge, of_s3, test_event, within_sns};

const OBJECTS: u64 = 200;
/// Objects whose bucket notifies the queue itself.
const NOTIFIED: u64 = 110;
const LINES: u64 = 150;
const RECORDS: u64 = OBJECTS * LINES;

/// What a queue may bring beside new objects: what is deleted, then what is left in the end.
const DEAD: u64 = 4;

#[test]
fn two_hundred_objects_in_all_forms_are_exported_once_whatever_comes_between_them() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(2);
    let collector = TcpCollector::open(TcpMode::Reading);
    let folder = corpus.folder();
    let plan = Plan::new(&corpus.inventory(), &folder).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    fill(&cloud, &corpus);

    let store = format!("[store]\nfile = \"{}\"\n", plan.scratch().path("s3.redb").display());
    let keys = format!("concurrency = 4\nvisibility_timeout = \"3s\"\n{}", cloud.queue_keys());
    let sections = format!("{store}{}", cloud.sections());
    let mut ingest = plan.start_ingest_s3("s3", &[enricher.data_url()], &keys, &sections);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    wait_long_for(std::time::Duration::from_secs(60), "the queue to be empty", || {
        let is_empty = cloud.messages() == (0, 0);
        (is_empty && cloud.dead_letters() == DEAD).then_some(())
    });
    oracle.verdict().is_exact();

    let metrics = ingest.metrics();
    let objects = |outcome| metrics.sum_of("weir_s3_objects_total", &format!("\"{outcome}\""));
    assert_eq!(objects("exported"), OBJECTS);
    assert_eq!(objects("duplicate"), DUPLICATES);
    assert_eq!(objects("not_flow_log"), 1);
    assert_eq!((objects("gone"), objects("empty")), (1, 2));
    assert!(objects("failed") >= 3, "each of the damaged is received twice");
    let of_messages = |name| metrics.sum_of("weir_s3_messages_total", &format!("\"{name}\""));
    assert!(of_messages("unknown_form") >= 1);
    assert_eq!(metrics.sum("weir_s3_event_to_export_seconds_count"), OBJECTS);
    println!(
        "{RECORDS} records of {OBJECTS} objects: {} duplicates, {} messages deleted, {} left",
        objects("duplicate"),
        of_messages("deleted"),
        of_messages("left_for_redrive")
    );
    end([&mut ingest]);
}

/// Objects that are notified a second time.
const DUPLICATES: u64 = 35;

fn fill(cloud: &Cloud, corpus: &Corpus) {
    let content = |number: u64| gzip(corpus.text(number * LINES..(number + 1) * LINES));
    // In another order than that of their lines.
    let order = |count: u64| (0..count).map(move |place| (place * 37) % count);
    for number in order(NOTIFIED) {
        cloud.put(BUCKET, &key(number), content(number));
    }
    let quiet: Vec<Object> = (NOTIFIED..OBJECTS)
        .map(|number| {
            let key = key(number);
            let etag = cloud.put(QUIET_BUCKET, &key, content(number));
            Object { key, etag }
        })
        .collect();
    between(cloud);
    let (pairs, single) = quiet.split_at(30);
    for pair in pairs.chunks(2) {
        let [one, other] = pair else { unreachable!("there is an even number of them") };
        cloud.send(&of_s3(&[one, other]).to_string());
    }
    for (place, object) in single.iter().enumerate() {
        let own = of_s3(&[object]);
        let event = of_event_bridge(object);
        let message = match place % 4 {
            0 => own,
            1 => within_sns(&own),
            2 => event,
            _ => within_sns(&event),
        };
        cloud.send(&message.to_string());
    }
    // Again, in another form, and together with one that is new to nobody.
    for object in single.iter().rev().take(25) {
        cloud.send(&of_event_bridge(object).to_string());
    }
    for pair in pairs.chunks(2).take(5) {
        cloud.send(&of_s3(&pair.iter().collect::<Vec<_>>()).to_string());
    }
}

/// What is no new flow log.
fn between(cloud: &Cloud) {
    cloud.send(&test_event().to_string());
    cloud.send(&within_sns(&test_event()).to_string());
    // Objects that are skipped or done: of another service, deleted meanwhile, without octets.
    cloud.put(BUCKET, "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/01/02/x.json.gz", gzip("{}"));
    let missing = Object { key: key(900), etag: "0123456789abcdef0123456789abcdef".to_owned() };
    cloud.send(&of_s3(&[&missing]).to_string());
    cloud.put(BUCKET, &key(901), Vec::new());
    let etag = cloud.put(QUIET_BUCKET, &key(902), Vec::new());
    // This form does not tell the size.
    cloud.send(&of_event_bridge(&Object { key: key(902), etag }).to_string());
    // Objects that cannot be read, and a message that nobody understands.
    cloud.put(BUCKET, &key(903), gzip("{\"this\": \"is no flow log\"}"));
    cloud.put(BUCKET, &key(904), gzip("version account-id\n")[..24].to_vec());
    cloud.put(BUCKET, &key(905), gzip("neither header nor line\n"));
    cloud.send("hello, world");
}

fn end<const N: usize>(services: [&mut Service; N]) {
    for service in services {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
}
