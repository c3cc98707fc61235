//! Throttling, as each SDK understands it.

use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sts::config::retry::RetryConfig;
use futures_util::future::join_all;
use serde_json::json;
use weir_testkit::{Answer, AwsDouble, Fault, Limit};

use crate::config;

#[tokio::test]
async fn each_service_words_throttling_in_its_own_way() {
    let aws = AwsDouble::start();
    aws.on("*", "*").answer(Fault::Throttled);
    let config = config(&aws, "eu-west-1");
    let code = |error: &dyn ProvideErrorMetadata| error.code().map(str::to_owned);

    let sts = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let sqs = aws_sdk_sqs::Client::new(&config).list_queues().send().await;
    let s3 = aws_sdk_s3::Client::new(&config).list_buckets().send().await;
    let kinesis = aws_sdk_kinesis::Client::new(&config).list_streams().send().await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config).describe_log_groups().send().await;

    assert_eq!(code(&sts.unwrap_err()).unwrap(), "Throttling");
    assert_eq!(code(&sqs.unwrap_err()).unwrap(), "RequestThrottled");
    assert_eq!(code(&s3.unwrap_err()).unwrap(), "SlowDown");
    assert_eq!(code(&kinesis.unwrap_err()).unwrap(), "LimitExceededException");
    assert_eq!(code(&logs.unwrap_err()).unwrap(), "ThrottlingException");
}

#[tokio::test]
async fn a_client_that_tries_again_gets_past_throttling() {
    let aws = AwsDouble::start();
    aws.on("sqs", "ListQueues").answer(Answer::json(json!({ "QueueUrls": ["one"] })));
    aws.on("sqs", "ListQueues").times(2).answer(Fault::Throttled);
    let backoff = std::time::Duration::from_millis(1);
    let retry = RetryConfig::standard().with_initial_backoff(backoff);
    let config = config(&aws, "eu-west-1").into_builder().retry_config(retry).build();
    let queues = aws_sdk_sqs::Client::new(&config).list_queues().send().await.unwrap();
    assert_eq!(queues.queue_urls(), ["one"]);
    let errors: Vec<_> = aws.calls().into_iter().map(|call| call.error).collect();
    let throttled = Some("RequestThrottled".to_owned());
    assert_eq!(errors, [throttled.clone(), throttled, None]);
}

#[tokio::test]
async fn a_limit_is_of_one_region_and_operation() {
    let aws = AwsDouble::start();
    aws.otherwise(Answer::empty());
    aws.limit("sqs", Limit { burst: 2, per_second: 0 });
    let here = aws_sdk_sqs::Client::new(&config(&aws, "eu-west-1"));
    let there = aws_sdk_sqs::Client::new(&config(&aws, "eu-north-1"));
    for is_taken in [true, true, false] {
        assert_eq!(here.list_queues().send().await.is_ok(), is_taken);
    }
    assert!(there.list_queues().send().await.is_ok());
    assert!(here.purge_queue().queue_url(aws.url()).send().await.is_ok());
}

#[tokio::test]
async fn each_operation_has_the_quota_that_aws_gives_it() {
    let aws = AwsDouble::start();
    aws.otherwise(Answer::empty());
    aws.limit_as_aws_does();
    let config = config(&aws, "eu-west-1");
    let (logs, s3) =
        (aws_sdk_cloudwatchlogs::Client::new(&config), aws_sdk_s3::Client::new(&config));
    // At 10 a second so many take 9 seconds more than the first ones.
    let groups = (0..100).map(|_| logs.describe_log_groups().send());
    let destinations = logs.describe_destinations().send();
    let objects = (0..100).map(|_| s3.delete_object().bucket("flows").key("one").send());
    let (groups, objects) = tokio::join!(join_all(groups), join_all(objects));
    let taken = groups.iter().filter(|answer| answer.is_ok()).count();
    assert!((10..100).contains(&taken), "{taken}");
    assert!(destinations.await.is_ok(), "it has a bucket of its own");
    assert!(objects.iter().all(Result::is_ok), "S3 takes thousands");
}
