//! What buckets tell of new objects, and to whom.

use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, NotificationConfigurationFilter,
    QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use weir_inventory::region::{BucketNotification, NotificationRoute};

use super::mapping::told;

fn keys(prefix: &str) -> NotificationConfigurationFilter {
    let rule = FilterRule::builder().name(FilterRuleName::Prefix).value(prefix).build();
    let key = S3KeyFilter::builder().filter_rules(rule).build();
    NotificationConfigurationFilter::builder().key(key).build()
}

fn queue(name: &str, event: Event) -> QueueConfiguration {
    let arn = format!("arn:aws:sqs:eu-west-1:1:{name}");
    let builder = QueueConfiguration::builder().queue_arn(arn).events(event);
    builder.filter(keys("AWSLogs/")).build().unwrap()
}

#[test]
fn queues_and_topics_that_hear_of_new_objects_count() {
    let topic = TopicConfiguration::builder()
        .topic_arn("arn:aws:sns:eu-west-1:1:flows")
        .events(Event::S3ObjectCreated)
        .build();
    let configuration = GetBucketNotificationConfigurationOutput::builder()
        .queue_configurations(queue("put", Event::S3ObjectCreatedPut))
        .queue_configurations(queue("gone", Event::S3ObjectRemoved))
        .topic_configurations(topic.unwrap())
        .event_bridge_configuration(EventBridgeConfiguration::builder().build())
        .build();
    let told = told(&configuration);
    let expected = BucketNotification {
        queue_arn: "arn:aws:sqs:eu-west-1:1:put".into(),
        route: NotificationRoute::Direct,
        prefix: "AWSLogs/".into(),
        suffix: String::new(),
    };
    assert_eq!(told.direct, [expected]);
    assert!(told.event_bridge);
    let through = told.topics[0].of_queue("arn:aws:sqs:eu-west-1:1:q".into());
    let topic_arn = "arn:aws:sns:eu-west-1:1:flows".to_owned();
    assert_eq!(through.route, NotificationRoute::Sns { topic_arn });
}

#[test]
fn a_bucket_without_notifications_tells_nobody() {
    let nothing = GetBucketNotificationConfigurationOutput::builder().build();
    assert_eq!(told(&nothing), super::mapping::Told::default());
}
