//! Keys that are known, and those that are not.

use aws_sdk_sts::Client;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use weir_testkit::{Answer, AwsDouble};

use crate::config_of;

#[tokio::test]
async fn a_user_is_told_who_they_are() {
    let aws = AwsDouble::start();
    aws.add_user("AKIAONE", "111111111111", "weir");
    let client = Client::new(&config_of(&aws, "eu-west-1", "AKIAONE", None));
    let identity = client.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111111111111"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::111111111111:user/weir"));
    assert_eq!(aws.calls()[0].account.as_deref(), Some("111111111111"));
}

#[tokio::test]
async fn a_key_that_is_not_known_is_refused_by_every_service() {
    let aws = AwsDouble::start();
    aws.add_user("AKIAONE", "111111111111", "weir");
    aws.otherwise(Answer::empty());
    let config = config_of(&aws, "eu-west-1", "AKIATWO", None);
    let sts = Client::new(&config).get_caller_identity().send().await.unwrap_err();
    let sqs = aws_sdk_sqs::Client::new(&config).list_queues().send().await.unwrap_err();
    let s3 = aws_sdk_s3::Client::new(&config).list_buckets().send().await.unwrap_err();
    assert_eq!(sts.code(), Some("InvalidClientTokenId"));
    assert_eq!(sqs.code(), Some("UnrecognizedClientException"));
    assert_eq!(s3.code(), Some("InvalidAccessKeyId"));
}

#[tokio::test]
async fn a_key_can_be_removed() {
    let aws = AwsDouble::start();
    aws.add_user("AKIAONE", "111111111111", "weir");
    aws.add_user("AKIATWO", "222222222222", "weir");
    aws.remove_key("AKIAONE");
    let one = Client::new(&config_of(&aws, "eu-west-1", "AKIAONE", None));
    let two = Client::new(&config_of(&aws, "eu-west-1", "AKIATWO", None));
    assert!(one.get_caller_identity().send().await.is_err());
    assert!(two.get_caller_identity().send().await.is_ok());
}
