//! Keys of KMS that cannot be used.

use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use weir_testkit::{AwsDouble, Fault};

use crate::config;

#[tokio::test]
async fn a_disabled_key_is_the_exception_that_kinesis_has_for_it() {
    let aws = AwsDouble::start();
    aws.on("kinesis", "GetRecords").answer(Fault::kms("KMSDisabledException"));
    let client = aws_sdk_kinesis::Client::new(&config(&aws, "eu-west-1"));
    let error = client.get_records().shard_iterator("one").send().await.unwrap_err();
    assert!(error.into_service_error().is_kms_disabled_exception());
}

#[tokio::test]
async fn a_key_that_is_denied_is_the_exception_that_sqs_has_for_it() {
    let aws = AwsDouble::start();
    aws.on("sqs", "ReceiveMessage").answer(Fault::kms("KMSAccessDeniedException"));
    let client = aws_sdk_sqs::Client::new(&config(&aws, "eu-west-1"));
    let error = client.receive_message().queue_url(aws.url()).send().await.unwrap_err();
    assert!(error.into_service_error().is_kms_access_denied());
}

#[tokio::test]
async fn s3_denies_an_object_whose_key_is_denied() {
    let aws = AwsDouble::start();
    aws.on("s3", "GetObject").answer(Fault::denied("kms:Decrypt"));
    let client = aws_sdk_s3::Client::new(&config(&aws, "eu-west-1"));
    let error = client.get_object().bucket("logs").key("a").send().await.unwrap_err();
    assert_eq!(error.code(), Some("AccessDenied"));
    assert!(error.message().unwrap().contains("kms:Decrypt"));
}
