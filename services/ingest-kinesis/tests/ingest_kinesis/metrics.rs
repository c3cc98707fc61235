//! What is shown at each metrics level.

use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use tokio::sync::watch;
use weir_control::settings::MetricsLevel;
use weir_testkit::wait_for_async;

use crate::sandbox::{Sandbox, stream};

/// The Prometheus page of this process: each test is one.
pub(crate) struct Page(Registry);

impl Page {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
        let reader = reader.without_units().without_counter_suffixes().build().unwrap();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        opentelemetry::global::set_meter_provider(provider);
        Self(registry)
    }

    fn text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.gather()).unwrap()
    }

    /// The values of a metric with this label, one after the other.
    pub(crate) fn values(&self, name: &str, label: &str) -> Vec<f64> {
        self.values_with(name, &[label])
    }

    /// The same with all these labels.
    fn values_with(&self, name: &str, labels: &[&str]) -> Vec<f64> {
        let text = self.text();
        let of = |line: &&str| {
            line.starts_with(&format!("{name}{{"))
                && labels.iter().all(|label| line.contains(label))
        };
        let value = |line: &str| line.rsplit(' ').next().unwrap().parse().unwrap();
        text.lines().filter(of).map(value).collect()
    }

    fn sum(&self, name: &str) -> f64 {
        self.values(name, "").iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_level_shows_what_it_says_and_may_change_at_any_time() {
    let page = Page::new();
    let (level, levels) = watch::channel(MetricsLevel::None);
    let sandbox = Sandbox::with_shards(2).await;
    let worker = sandbox.worker_with("a", stream(), |config| config.metrics_level = levels);
    let expected = sandbox.put_batches(0..20).await;
    sandbox.delivered.wait_for(&expected).await;
    let is = async |name: &str, value: f64| {
        wait_for_async(name, async || (page.sum(name) == value).then_some(())).await;
    };
    is("weir_kinesis_records_total", 20.0).await;
    let of_shards = [
        "weir_kinesis_shard_records_total",
        "weir_kinesis_shard_record_bytes_total",
        "weir_kinesis_shard_behind_seconds",
        "weir_kinesis_shard_processing_seconds_total",
        "weir_kinesis_shard_expired_iterators_total",
    ];
    let count = |name: &&str| page.values(name, "shard=\"shardId-00000000000").len();
    assert!(of_shards.iter().all(|name| count(name) == 0));
    assert_eq!(page.sum("weir_kinesis_calls_total"), 0.0);
    let leases = |name: &str| page.values(name, "table=\"kinesis\"");
    let (summary, details) = (
        ["weir_lease_held", "weir_lease_free", "weir_lease_workers", "weir_lease_taken_total"],
        ["weir_lease_units", "weir_lease_needed", "weir_lease_chosen", "weir_lease_calls_total"],
    );
    assert!(summary.iter().chain(&details).all(|name| leases(name).is_empty()));

    level.send_replace(MetricsLevel::Summary);
    is("weir_lease_held", 2.0).await;
    is("weir_lease_taken_total", 2.0).await;
    assert_eq!(summary.map(|name| leases(name).len()), [1; 4]);
    assert_eq!((leases("weir_lease_free")[0], leases("weir_lease_workers")[0]), (0.0, 1.0));
    assert!(details.iter().all(|name| leases(name).is_empty()));
    is("weir_kinesis_shard_records_total", 20.0).await;
    assert!(of_shards.iter().all(|name| count(name) == 2));
    assert_eq!(
        page.sum("weir_kinesis_shard_record_bytes_total"),
        page.sum("weir_kinesis_record_bytes_total")
    );
    assert!(page.sum("weir_kinesis_shard_processing_seconds_total") > 0.0);
    assert_eq!(page.sum("weir_kinesis_calls_total"), 0.0);

    level.send_replace(MetricsLevel::Detailed);
    for operation in ["get_records", "get_shard_iterator", "update_lease"] {
        let label = format!("operation=\"{operation}\"");
        let values = page.values("weir_kinesis_calls_total", &label);
        assert!(values.iter().sum::<f64>() >= 2.0, "{operation}: {values:?}");
        assert!(page.values("weir_kinesis_call_seconds_total", &label)[0] > 0.0, "{operation}");
    }

    assert_eq!(leases("weir_lease_units"), [2.0]);
    let calls = |call: &str, outcome: &str| {
        let (call, outcome) = (format!("call=\"{call}\""), format!("outcome=\"{outcome}\""));
        page.values_with("weir_lease_calls_total", &[&call, &outcome])
    };
    assert_eq!((calls("take", "success"), calls("take", "error")), (vec![2.0], vec![0.0]));
    assert_eq!(calls("create", "success"), [2.0]);
    assert!(calls("list", "success")[0] > 0.0);
    assert!(leases("weir_lease_call_seconds_total").iter().sum::<f64>() > 0.0);

    level.send_replace(MetricsLevel::None);
    assert!(summary.iter().chain(&details).all(|name| leases(name).is_empty()));
    assert!(of_shards.iter().all(|name| count(name) == 0));
    assert_eq!(page.sum("weir_kinesis_calls_total"), 0.0);
    // Shards that are read here no more are not shown.
    level.send_replace(MetricsLevel::Summary);
    assert!(worker.stop().await.is_clean());
    assert!(of_shards.iter().all(|name| count(name) == 0));
}
