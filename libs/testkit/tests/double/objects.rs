//! S3: operations by path, listings, bodies.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use weir_testkit::s3::{Object, buckets, objects};
use weir_testkit::{Answer, AwsDouble, Xml};

use crate::config;

fn object(key: &str) -> Object {
    let last_modified = "2026-03-01T12:00:00.000Z".to_owned();
    Object { key: key.to_owned(), size: 7, etag: "e".to_owned(), last_modified }
}

#[tokio::test]
async fn buckets_are_listed_in_pages_with_their_regions() {
    let aws = AwsDouble::start();
    let both = buckets(&[("logs", "eu-west-1"), ("more", "us-east-1")]);
    aws.on("s3", "ListBuckets").answer_in_pages(1, both);
    let client = Client::new(&config(&aws, "eu-west-1"));
    let pages = client.list_buckets().max_buckets(10).into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let found: Vec<_> = pages.iter().flat_map(|page| page.buckets()).collect();
    assert_eq!(pages.len(), 2);
    assert_eq!(found[1].name(), Some("more"));
    assert_eq!(found[1].bucket_region(), Some("us-east-1"));
}

#[tokio::test]
async fn objects_are_listed_in_pages() {
    let aws = AwsDouble::start();
    let keys: Vec<_> = (0..5).map(|at| format!("a/{at}&<")).collect();
    let all: Vec<_> = keys.iter().map(|key| object(key)).collect();
    aws.on("s3", "ListObjectsV2").with_parameter("prefix", "a/").answer_in_pages(2, objects(&all));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let pages = client.list_objects_v2().bucket("logs").prefix("a/").into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let found = pages.iter().flat_map(|page| page.contents()).filter_map(|object| object.key());
    assert_eq!(found.collect::<Vec<_>>(), keys);
    assert_eq!(pages.len(), 3);
}

#[tokio::test]
async fn an_object_is_read_and_written_by_its_key() {
    let aws = AwsDouble::start();
    let rule = aws.on("s3", "GetObject").with_parameter("Bucket", "logs");
    rule.with_parameter("Key", "a b/c").answer(Answer::octets("content").with_header("etag", "e"));
    aws.on("s3", "PutObject").answer(Answer::empty());
    let client = Client::new(&config(&aws, "eu-west-1"));

    let object = client.get_object().bucket("logs").key("a b/c").send().await.unwrap();
    assert_eq!(object.e_tag(), Some("e"));
    assert_eq!(object.body.collect().await.unwrap().into_bytes().as_ref(), b"content");

    let body = ByteStream::from_static(b"written");
    client.put_object().bucket("logs").key("d").body(body).send().await.unwrap();
    let call = aws.calls_of("s3", "PutObject").pop().unwrap();
    assert_eq!((call.parameter("Key"), call.body.as_ref()), (Some("d"), b"written".as_slice()));
}

#[tokio::test]
async fn parts_of_a_bucket_are_operations_of_their_own() {
    let aws = AwsDouble::start();
    let queue = Xml::new().leaf("Id", "1").leaf("Queue", "arn:aws:sqs:eu-west-1:1:q");
    let queue = queue.leaf("Event", "s3:ObjectCreated:*");
    let inner = Xml::new().nest("QueueConfiguration", &queue);
    let document = Xml::new().nest("NotificationConfiguration", &inner);
    aws.on("s3", "GetBucketNotificationConfiguration").answer(Answer::xml(document));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let found = client.get_bucket_notification_configuration().bucket("logs").send().await.unwrap();
    assert_eq!(found.queue_configurations()[0].queue_arn(), "arn:aws:sqs:eu-west-1:1:q");
}

#[tokio::test]
async fn an_object_that_is_gone_is_named_so() {
    let aws = AwsDouble::start();
    let gone = Answer::error("NoSuchKey", "no such key").with_status(404);
    aws.on("s3", "*").answer(gone);
    let client = Client::new(&config(&aws, "eu-west-1"));
    let error = client.get_object().bucket("logs").key("a").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"));
    let error = client.head_object().bucket("logs").key("a").send().await.unwrap_err();
    assert!(error.into_service_error().is_not_found());
}

#[tokio::test]
async fn a_body_can_break_off_after_some_octets() {
    let aws = AwsDouble::start();
    aws.on("s3", "GetObject").answer(Answer::octets("content").breaking_after(3));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let object = client.get_object().bucket("logs").key("a").send().await.unwrap();
    assert_eq!(object.content_length(), Some(7));
    let mut body = object.body;
    assert_eq!(body.next().await.unwrap().unwrap().as_ref(), b"con");
    assert!(body.next().await.unwrap().is_err());
}
