//! The policy in the documentation is what the service needs: no less and no more.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::json;
use weir_aws::{Access, Accounts, AwsConfig, Connection};
use weir_ingest_s3::{Backfill, BucketPrefix, Window};
use weir_testkit::{Answer, AwsDouble, Call, Gate, s3};

use crate::messages::endpoint;
use crate::setup::{
    KEY, Messages, REGION, Setup, created, deleted, double, gzip, key, put, text, wait_for,
};

/// Asked for by S3, not by weir, where an object or a queue is encrypted with a key of one's own.
const BY_S3: &str = "kms:Decrypt";

/// The action that allows a call.
fn action(call: &Call) -> Option<String> {
    let action = match (call.service.as_str(), call.operation.as_str()) {
        ("sts", _) => return None,
        ("s3", "GetObject") if call.parameter("versionId").is_some() => "s3:GetObjectVersion",
        ("s3", "HeadBucket" | "ListObjectsV2") => "s3:ListBucket",
        (service, operation) => {
            let operation = operation.strip_suffix("Batch").unwrap_or(operation);
            return Some(format!("{service}:{operation}"));
        }
    };
    Some(action.to_owned())
}

#[tokio::test]
async fn the_documented_policy_allows_exactly_what_is_called() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, &key("one"), Answer::octets(gzip(&text("one", 3))));
    let gate = Gate::closed();
    put(&aws, &key("held"), Answer::octets(gzip(&text("held", 3))).behind(&gate));
    let mut versioned = created(&[&key("one")]);
    versioned["Records"][0]["s3"]["object"]["versionId"] = json!("version-1");
    messages.send("plain", &created(&[&key("one")]));
    messages.send("versioned", &versioned);
    let setup = Setup { visibility: Duration::from_secs(2), ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    let count = |operation| aws.calls_of("sqs", operation).len();
    wait_for("both to be deleted", || deleted(&aws).len() == 2).await;
    messages.send("held", &created(&[&key("held")]));
    wait_for("one to be kept", || count("ChangeMessageVisibility") > 0).await;
    running.ends_well().await;
    gate.open();
    replay(&aws).await;

    let calls = aws.calls();
    let called = calls.iter().filter_map(action).chain([BY_S3.to_owned()]);
    let called: BTreeSet<String> = called.collect();
    let policy = include_str!("../../../../docs/iam/ingest-s3.json");
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    let documented: BTreeSet<String> =
        actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    assert_eq!(documented, called);
}

/// Lists the bucket.
async fn replay(aws: &AwsDouble) {
    aws.on("s3", "HeadBucket").answer(Answer::empty());
    let object = s3::Object { key: key("one"), size: 1, ..Default::default() };
    aws.on("s3", "ListObjectsV2").answer(s3::objects(&[object]));
    let connection = Connection { endpoints: endpoint(aws), ..Connection::default() };
    let region = Some(REGION.to_owned());
    let config = AwsConfig { connection, region, ..AwsConfig::default() };
    let own = Credentials::new(KEY, "secret", None, None, "test");
    let accounts = Accounts::with_own_credentials(config, SharedCredentialsProvider::new(own));
    let backfill = Backfill::new(accounts, Access::Own);
    let place: BucketPrefix = "s3://logs/".parse().unwrap();
    let mut listing = backfill.list(place, Window::default()).await.unwrap();
    assert_eq!(listing.next_page().await.unwrap().map(|page| page.len()), Some(1));
    assert!(listing.next_page().await.unwrap().is_none());
}
