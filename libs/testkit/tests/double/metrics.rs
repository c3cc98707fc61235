//! Metrics of CloudWatch, whose calls are CBOR and compressed where they are large.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use weir_testkit::{Answer, AwsDouble, Fault};

use crate::config;

fn metrics(count: u32) -> Vec<MetricDatum> {
    let metric = |number: u32| {
        let dimension = Dimension::builder().name("Operation").value("TakeLeases").build();
        let metric = MetricDatum::builder().metric_name("TakenLeases").dimensions(dimension);
        metric.value(f64::from(number)).unit(StandardUnit::Count).build()
    };
    (0..count).map(metric).collect()
}

#[tokio::test]
async fn metrics_are_read_whether_they_come_compressed_or_not() {
    let aws = AwsDouble::start();
    aws.on("monitoring", "PutMetricData").answer(Answer::empty());
    let client = Client::new(&config(&aws, "eu-west-1"));
    for count in [1, 500] {
        let call = client.put_metric_data().namespace("weir").set_metric_data(Some(metrics(count)));
        call.send().await.unwrap();
    }
    let calls = aws.calls_of("monitoring", "PutMetricData");
    let encodings: Vec<_> = calls.iter().map(|call| call.header("content-encoding")).collect();
    assert_eq!(encodings, [None, Some("gzip")]);
    for (call, count) in calls.iter().zip([1, 500]) {
        assert_eq!(call.parameter("Namespace"), Some("weir"));
        let data = call.parameters["MetricData"].as_array().unwrap();
        assert_eq!(data.len(), count);
        assert_eq!(data[count - 1]["Value"], count as f64 - 1.0);
        assert_eq!(data[0]["Dimensions"][0]["Value"], "TakeLeases");
    }
}

#[tokio::test]
async fn refusals_are_worded_as_the_client_reads_them() {
    let aws = AwsDouble::start();
    let client = Client::new(&config(&aws, "eu-west-1"));
    for (fault, code) in [
        (Fault::Throttled, "ThrottlingException"),
        (Fault::Internal, "InternalFailure"),
        (Fault::denied("cloudwatch:PutMetricData"), "AccessDeniedException"),
    ] {
        aws.on("monitoring", "*").answer(fault);
        let call = client.put_metric_data().namespace("weir").set_metric_data(Some(metrics(1)));
        assert_eq!(call.send().await.unwrap_err().code(), Some(code));
    }
}
