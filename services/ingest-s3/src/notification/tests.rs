//! All forms as they come, and what is none of them.

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const KEY: &str = "a b+c/AWSLogs/aws-account-id=123456789012/ü.log.gz";

fn native() -> Value {
    json!({ "Records": [record("ObjectCreated:Put", KEY)] })
}

fn record(event: &str, key: &str) -> Value {
    let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1",
        "eventTime": "2026-01-02T03:05:07.089Z", "eventName": event,
        "userIdentity": { "principalId": "AWS:AIDA" },
        "requestParameters": { "sourceIPAddress": "10.0.0.1" },
        "responseElements": { "x-amz-request-id": "1", "x-amz-id-2": "2" },
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "weir",
            "bucket": {
                "name": "logs", "ownerIdentity": { "principalId": "A1" }, "arn": "arn:aws:s3:::logs",
            },
            "object": {
                "key": key, "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko", "sequencer": "0055AED6DCD90281E5",
            },
        },
    })
}

fn event_bridge(kind: &str) -> Value {
    json!({
        "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": kind,
        "source": "aws.s3", "account": "111122223333", "time": "2026-01-02T03:05:07Z",
        "region": "eu-west-1", "resources": ["arn:aws:s3:::logs"],
        "detail": {
            "version": "0", "bucket": { "name": "logs" },
            "object": {
                "key": KEY, "size": 1024, "etag": "d41d8cd98f00b204e9800998ecf8427e",
                "version-id": "096fKKXTRTtl3on89fVO.nfljtsv6qko", "sequencer": "00617F08299329D189",
            },
            "request-id": "N4N7GDK58NMKJ12R", "requester": "123456789012",
            "source-ip-address": "1.2.3.4", "reason": "PutObject",
        },
    })
}

fn test_event() -> Value {
    json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-02T03:05:07.089Z",
        "Bucket": "logs", "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3",
    })
}

fn within_sns(message: &Value) -> Value {
    json!({
        "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:flow-logs",
        "Subject": "Amazon S3 Notification", "Message": message.to_string(),
        "Timestamp": "2026-01-02T03:05:07.100Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem",
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    })
}

/// The object that all forms tell of; the times have different precision.
fn object(milliseconds: u64) -> ObjectEvent {
    ObjectEvent {
        bucket: "logs".to_owned(),
        key: KEY.to_owned(),
        version_id: Some("096fKKXTRTtl3on89fVO.nfljtsv6qko".to_owned()),
        etag: Some("d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        size: Some(1024),
        region: Some("eu-west-1".to_owned()),
        time: Some(UNIX_EPOCH + Duration::from_millis(milliseconds)),
    }
}

#[track_caller]
fn created(message: &Value) -> Vec<ObjectEvent> {
    match read(&message.to_string()) {
        Ok(Notification::Objects { created, others: 0 }) => created,
        other => panic!("{other:?} of {message}"),
    }
}

#[test]
fn every_form_tells_the_same_object() {
    let (exact, seconds) = (1_767_323_107_089, 1_767_323_107_000);
    for message in [native(), within_sns(&native())] {
        assert_eq!(created(&message), [object(exact)], "{message}");
    }
    let event = event_bridge("Object Created");
    for message in [within_sns(&event), event] {
        assert_eq!(created(&message), [object(seconds)], "{message}");
    }
}

#[test]
fn tests_of_s3_are_known_in_both_forms() {
    for message in [test_event(), within_sns(&test_event())] {
        assert_eq!(read(&message.to_string()), Ok(Notification::Test));
    }
}

#[test]
fn all_records_of_a_message_count_and_what_is_not_new_is_told_apart() {
    let records = [
        record("ObjectCreated:Put", "one"),
        record("ObjectRemoved:Delete", "gone"),
        record("s3:ObjectCreated:CompleteMultipartUpload", "two"),
    ];
    let read = read(&json!({ "Records": records }).to_string());
    let Ok(Notification::Objects { created, others: 1 }) = read else { panic!("{read:?}") };
    assert_eq!(created.iter().map(|object| &object.key).collect::<Vec<_>>(), ["one", "two"]);
    let deleted = self::read(&event_bridge("Object Deleted").to_string());
    assert_eq!(deleted, Ok(Notification::Objects { created: Vec::new(), others: 1 }));
}

#[test]
fn a_version_that_identifies_nothing_is_left_out() {
    let mut message = native();
    message["Records"][0]["s3"]["object"]["versionId"] = json!("null");
    assert_eq!(created(&message)[0].version_id, None);
}

#[test]
fn what_is_of_no_known_form_is_refused() {
    let mut of_another_source = native();
    of_another_source["Records"][0]["eventSource"] = json!("aws:dynamodb");
    let mut without_bucket = native();
    without_bucket["Records"][0]["s3"]["bucket"] = json!({});
    let mut no_text = native();
    no_text["Records"][0]["s3"]["object"]["key"] = json!("%ff");
    let mut other_source = event_bridge("Object Created");
    other_source["source"] = json!("aws.ec2");
    for message in [
        json!({}),
        json!([]),
        json!("text"),
        json!({ "Records": [] }),
        json!({ "Records": "none" }),
        json!({ "Event": "s3:OtherEvent" }),
        json!({ "Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe" }),
        within_sns(&json!({ "hello": "world" })),
        within_sns(&within_sns(&native())),
        of_another_source,
        without_bucket,
        no_text,
        other_source,
    ] {
        assert!(read(&message.to_string()).is_err(), "{message}");
    }
    for text in ["", "no JSON", "{\"Records\":", "{\"Type\":\"Notification\",\"Message\":\"{\"}"] {
        assert!(read(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_key_comes_through_every_form(key in "[^\\p{Cc}]{1,80}") {
        let mut event = event_bridge("Object Created");
        event["detail"]["object"]["key"] = json!(key);
        let native = json!({ "Records": [record("ObjectCreated:Put", &key)] });
        for message in [&native, &within_sns(&native), &event, &within_sns(&event)] {
            prop_assert_eq!(&created(message)[0].key, &key);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,400}") {
        drop(read(&text));
    }

    #[test]
    fn no_cut_of_a_message_is_taken_for_it(place in 0_usize..900) {
        let text = native().to_string();
        let cut: String = text.chars().take(place.min(text.chars().count() - 1)).collect();
        prop_assert!(read(&cut).is_err());
    }
}
