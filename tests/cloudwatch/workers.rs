//! Workers that share groups, one of which is killed.

use weir_testkit::RedisServer;
use weir_tests::{Corpus, Metrics, Oracle, Plan, Service, TcpCollector, TcpMode};

use crate::cloud::Cloud;

/// Each look reads two thirds of them again.
const RECORDS: u64 = 16_000;

/// Octets of a line of the corpus, at least.
const LINE: u64 = 110;

fn start(
    plan: &Plan,
    cloud: &Cloud,
    redis: &RedisServer,
    enricher: &Service,
    name: &str,
) -> Service {
    let keys = format!("enrichers = [\"{}\"]\nin_flight = \"1MiB\"", enricher.data_url());
    let text = format!(
        "[rpc]\nplaintext = true\n[telemetry]\nlog_form = \"json\"\n\
         metrics_listen = \"127.0.0.1:0\"\n[store]\nurl = \"{}\"\n{}",
        redis.url(),
        cloud.sections(&keys)
    );
    let config = plan.scratch().write(&format!("{name}.toml"), text);
    Service::start(name, "ingest-cloudwatch", &[], &config)
}

fn events(metrics: &Metrics, outcome: &str) -> u64 {
    metrics.sum_of("weir_cloudwatch_events_total", &format!("\"{outcome}\""))
}

#[test]
fn two_workers_of_which_one_is_killed_lose_nothing() {
    let (corpus, cloud, redis) = (Corpus::new(), Cloud::open(), RedisServer::start());
    let collector = TcpCollector::open(TcpMode::Reading);
    // Slow enough to be killed in full flow.
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 2000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    cloud.put(&corpus, 0..RECORDS);
    let one = start(&plan, &cloud, &redis, &enricher, "one");
    let mut oracle = Oracle::new(&corpus, 0..RECORDS + 1, collector.arrivals());
    oracle.wait_for(RECORDS / 8);
    let mut two = start(&plan, &cloud, &redis, &enricher, "two");
    oracle.wait_for(RECORDS / 4);
    one.kill();
    let killed_at = oracle.verdict();
    assert!(killed_at.missing > 0, "there was no load left");
    oracle.wait_for(RECORDS);
    // The high water is an overlap and a half behind the first event then.
    cloud.put_late(&corpus, RECORDS);
    oracle.wait_for_all();
    let verdict = oracle.verdict();
    // What was on its way to the exporter, and what this held.
    let budget = 4 * (1 << 20) / LINE;
    assert!(verdict.is_complete().repeated <= budget, "{} above {budget}", verdict.repeated);
    let metrics = two.metrics();
    let [read, late, duplicate] = ["read", "late", "duplicate"].map(|name| events(&metrics, name));
    println!(
        "killed at {} of {RECORDS}: {} repeated; the other read {read}, left out {duplicate}",
        killed_at.delivered, verdict.repeated
    );
    assert_eq!(late, 1);
    assert!(duplicate > 0, "pages begin with events of the page before");
    assert!(metrics.sum("weir_cloudwatch_throttles_total") > 0);
    assert!(metrics.sum_of("weir_cloudwatch_pages_total", "empty=\"true\"") > 0);
    assert!(metrics.sum("weir_cloudwatch_event_delay_seconds_count") >= read);
    assert!(metrics.sum_of("weir_lease_held", "table=\"cloudwatch\"") > 0);
    assert_eq!(two.terminate(), Some(0), "{}", two.log());
}
