//! Notifications of buckets and rules of EventBridge: SDK shapes → model.

use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput as Configuration;
use aws_sdk_s3::types::{Event, FilterRuleName, NotificationConfigurationFilter};
use weir_inventory::region::{BucketNotification, NotificationRoute};

/// What a bucket tells of its new objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Queues that S3 itself sends to.
    pub(crate) direct: Vec<BucketNotification>,
    /// Topics that S3 sends to.
    pub(crate) topics: Vec<TopicTold>,
    /// Whether EventBridge hears of everything.
    pub(crate) event_bridge: bool,
}

/// A topic that is told of new objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicTold {
    pub(crate) topic_arn: String,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

impl TopicTold {
    /// The notification of a queue that has subscribed to the topic.
    pub(crate) fn of_queue(&self, queue_arn: String) -> BucketNotification {
        BucketNotification {
            queue_arn,
            route: NotificationRoute::Sns { topic_arn: self.topic_arn.clone() },
            prefix: self.prefix.clone(),
            suffix: self.suffix.clone(),
        }
    }
}

/// Reads a bucket's configuration; what is not told of new objects is left out.
pub(crate) fn told(configuration: &Configuration) -> Told {
    let queues = configuration.queue_configurations().iter();
    let queues = queues.filter(|queue| is_of_new_objects(queue.events()));
    let topics = configuration.topic_configurations().iter();
    let topics = topics.filter(|topic| is_of_new_objects(topic.events()));
    Told {
        direct: {
            let to_notification = |queue: &aws_sdk_s3::types::QueueConfiguration| {
                let (prefix, suffix) = keys(queue.filter());
                let queue_arn = queue.queue_arn().to_owned();
                BucketNotification { queue_arn, route: NotificationRoute::Direct, prefix, suffix }
            };
            queues.map(to_notification).collect()
        },
        topics: {
            let to_topic = |topic: &aws_sdk_s3::types::TopicConfiguration| {
                let (prefix, suffix) = keys(topic.filter());
                TopicTold { topic_arn: topic.topic_arn().to_owned(), prefix, suffix }
            };
            topics.map(to_topic).collect()
        },
        event_bridge: configuration.event_bridge_configuration().is_some(),
    }
}

fn is_of_new_objects(events: &[Event]) -> bool {
    events.iter().any(|event| event.as_str().starts_with("s3:ObjectCreated:"))
}

/// Start and end of the keys that a filter lets pass.
fn keys(filter: Option<&NotificationConfigurationFilter>) -> (String, String) {
    let rules = filter.and_then(|filter| filter.key()).map(|key| key.filter_rules());
    let value = |name: &str| {
        let is_named = |found: &FilterRuleName| found.as_str().eq_ignore_ascii_case(name);
        let rules = rules.unwrap_or_default().iter();
        let mut rules = rules.filter(|rule| rule.name().is_some_and(is_named));
        rules.next().and_then(|rule| rule.value()).unwrap_or_default().to_owned()
    };
    (value("prefix"), value("suffix"))
}
