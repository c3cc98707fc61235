//! Buckets and the queues that are told of their new objects.

mod mapping;
mod pattern;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use aws_types::SdkConfig;
use weir_inventory::region::Bucket;

use self::mapping::{Told, told};
use self::rules::queues_of;
use super::calls::{self, Calls, client};
use super::faults::CallError;

/// The largest page; with a page's size S3 tells the buckets' regions.
const PAGE: i32 = 1000;

/// S3, and who hears of it, in one region.
pub(crate) struct Buckets<'c> {
    calls: &'c Calls,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    events: aws_sdk_eventbridge::Client,
}

impl<'c> Buckets<'c> {
    pub(crate) fn new(calls: &'c Calls, config: &SdkConfig) -> Self {
        Self {
            calls,
            s3: client!(aws_sdk_s3, "s3", calls, config),
            sns: client!(aws_sdk_sns, "sns", calls, config),
            events: client!(aws_sdk_eventbridge, "events", calls, config),
        }
    }

    /// The account's buckets in the region that tell queues of new objects, or that
    /// `is_delivered_to`. The errors are of what is missing in them.
    pub(crate) async fn read(
        &self,
        is_delivered_to: impl Fn(&str) -> bool,
    ) -> Result<(Vec<Bucket>, Vec<CallError>), CallError> {
        let (mut buckets, mut errors) = (Vec::new(), Vec::new());
        let mut heard_by_events = Vec::new();
        let mut topics = HashMap::new();
        for name in self.names().await? {
            let is_delivered_to = is_delivered_to(&name);
            let mut bucket = self.bucket(name);
            match self.told(&bucket.name).await {
                Ok(told) => {
                    self.add_queues(&mut bucket, &told, &mut topics, &mut errors).await;
                    if told.event_bridge {
                        heard_by_events.push(bucket.name.clone());
                    }
                }
                // It may vanish in between.
                Err(error) if error.is_not_found() => continue,
                Err(error) => {
                    bucket.error = Some(error.to_string());
                    errors.push(error);
                }
            }
            buckets.push((bucket, is_delivered_to));
        }
        if !heard_by_events.is_empty() {
            let rules = self.rules(&mut errors).await;
            for (bucket, _) in &mut buckets {
                if heard_by_events.contains(&bucket.name) {
                    bucket.notifications.extend(queues_of(&rules, &bucket.name));
                }
            }
        }
        let is_of_use = |(bucket, is_delivered_to): &(Bucket, bool)| {
            *is_delivered_to || !bucket.notifications.is_empty()
        };
        let of_use = buckets.into_iter().filter(is_of_use).map(|(bucket, _)| bucket);
        let of_use: Vec<Bucket> = of_use.collect();
        self.calls.progress().found("buckets", of_use.len());
        Ok((of_use, errors))
    }

    fn bucket(&self, name: String) -> Bucket {
        let region = Some(self.calls.place().region.clone());
        Bucket { name, region, notifications: Vec::new(), error: None }
    }

    /// The names of the account's buckets in the region.
    async fn names(&self) -> Result<Vec<String>, CallError> {
        let here = self.calls.place().region.as_str();
        let (mut names, mut elsewhere) = (Vec::new(), Vec::new());
        let request = self.s3.list_buckets().bucket_region(here).max_buckets(PAGE);
        let pages = request.into_paginator().send();
        let take = |page: aws_sdk_s3::operation::list_buckets::ListBucketsOutput| {
            for bucket in page.buckets.unwrap_or_default() {
                match (bucket.name, bucket.bucket_region) {
                    (Some(name), Some(region)) if region == here => names.push(name),
                    (Some(name), None) => elsewhere.push(name),
                    _ => {}
                }
            }
        };
        self.calls.pages(calls::BUCKETS, pages, take).await?;
        // Stores that only speak like S3 do not tell the region.
        for name in elsewhere {
            if self.region_of(&name).await.is_ok_and(|region| region == here) {
                names.push(name);
            }
        }
        Ok(names)
    }

    async fn region_of(&self, bucket: &str) -> Result<String, CallError> {
        let request = self.s3.get_bucket_location().bucket(bucket);
        let answer = self.calls.once(calls::BUCKET_LOCATION, request.send()).await?;
        let location = answer.location_constraint().map(|region| region.as_str());
        // The oldest regions have names of their own
        // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>).
        Ok(match location {
            None | Some("") => "us-east-1",
            Some("EU") => "eu-west-1",
            Some(region) => region,
        }
        .to_owned())
    }

    async fn told(&self, bucket: &str) -> Result<Told, CallError> {
        let request = self.s3.get_bucket_notification_configuration().bucket(bucket);
        let answer = self.calls.once(calls::BUCKET_NOTIFICATION, request.send()).await?;
        Ok(told(&answer))
    }

    /// Adds the queues that S3 sends to, itself and through topics.
    async fn add_queues(
        &self,
        bucket: &mut Bucket,
        told: &Told,
        topics: &mut HashMap<String, Vec<String>>,
        errors: &mut Vec<CallError>,
    ) {
        bucket.notifications.extend(told.direct.iter().cloned());
        for topic in &told.topics {
            if !topics.contains_key(&topic.topic_arn) {
                let queues = self.queues_of_topic(&topic.topic_arn).await;
                let queues = queues.unwrap_or_else(|error| {
                    errors.push(error);
                    Vec::new()
                });
                topics.insert(topic.topic_arn.clone(), queues);
            }
            let queues = topics.get(&topic.topic_arn).into_iter().flatten();
            bucket.notifications.extend(queues.map(|queue| topic.of_queue(queue.clone())));
        }
    }

    async fn queues_of_topic(&self, topic_arn: &str) -> Result<Vec<String>, CallError> {
        let mut queues = Vec::new();
        let request = self.sns.list_subscriptions_by_topic().topic_arn(topic_arn);
        let pages = request.into_paginator().send();
        let take = |page: aws_sdk_sns::operation::list_subscriptions_by_topic::ListSubscriptionsByTopicOutput| {
            let subscriptions = page.subscriptions.unwrap_or_default().into_iter();
            let to_queues = subscriptions.filter(|one| one.protocol() == Some("sqs"));
            queues.extend(to_queues.filter_map(|one| one.endpoint));
        };
        self.calls.pages(calls::SUBSCRIPTIONS, pages, take).await?;
        Ok(queues)
    }
}
