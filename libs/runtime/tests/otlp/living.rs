//! A receiver that takes everything.

use opentelemetry::global;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use tracing::{debug_span, info_span};
use weir_runtime::telemetry::{self, TelemetryConfig};

use crate::receiver::{Export, Receiver};

fn config(receiver: &Receiver) -> TelemetryConfig {
    TelemetryConfig {
        otlp_endpoint: Some(format!("http://{}", receiver.address)),
        trace_sample_ratio: 1.0,
        // Traces do not depend on what is logged.
        log_level: "off".to_owned(),
        instance: "sample-1".to_owned(),
        ..TelemetryConfig::new("sample")
    }
}

#[test]
fn the_shutdown_exports_what_was_counted_and_traced_with_what_the_service_is() {
    let receiver = Receiver::start();
    let telemetry = telemetry::start(&config(&receiver)).unwrap();

    let runs = global::meter("weir").u64_counter("weir_sample_runs_total").build();
    runs.add(3, &[]);
    runs.add(4, &[]);
    info_span!(target: "weir_sample", "run", records = 3).in_scope(|| {
        debug_span!(target: "weir_sample", "too fine").in_scope(|| ());
        info_span!(target: "h2", "of the export itself").in_scope(|| ());
        info_span!(target: "weir_sample", "inner").in_scope(|| ());
    });
    telemetry.shutdown();

    let (mut spans, mut counted) = (None, None);
    while spans.is_none() || counted.is_none() {
        receiver.next().sort_into(&mut spans, &mut counted);
    }
    let mut spans = spans.unwrap();
    spans.sort();
    assert_eq!(spans, ["inner", "run"]);
    assert_eq!(counted, Some(7));
}

impl Export {
    /// Checks the resource; keeps the names of spans and the counter's value.
    fn sort_into(self, spans: &mut Option<Vec<String>>, counted: &mut Option<i64>) {
        match self {
            Self::Traces(request) => {
                let of_resource = &request.resource_spans[0];
                check_resource(of_resource.resource.as_ref().unwrap());
                let all = of_resource.scope_spans.iter().flat_map(|scope| &scope.spans);
                spans.get_or_insert_default().extend(all.map(|span| span.name.clone()));
            }
            Self::Metrics(request) => {
                let of_resource = &request.resource_metrics[0];
                check_resource(of_resource.resource.as_ref().unwrap());
                let mut all = of_resource.scope_metrics.iter().flat_map(|scope| &scope.metrics);
                let runs = all.find(|metric| metric.name == "weir_sample_runs_total").unwrap();
                let Some(Data::Sum(sum)) = &runs.data else { panic!("no sum: {runs:?}") };
                let value = sum.data_points[0].value.unwrap();
                let number_data_point::Value::AsInt(value) = value else { panic!("{value:?}") };
                *counted = Some(value);
            }
        }
    }
}

fn check_resource(resource: &Resource) {
    let value = |key: &str| {
        let attribute = resource.attributes.iter().find(|attribute| attribute.key == key)?;
        match attribute.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.clone()),
            _ => None,
        }
    };
    assert_eq!(value("service.name").as_deref(), Some("sample"));
    assert_eq!(value("service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(value("service.instance.id").as_deref(), Some("sample-1"));
}
