//! The double of AWS as the real SDKs see it.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

mod identities;
mod kms;
mod metrics;
mod objects;
mod script;
mod sessions;
mod throttling;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;
use weir_testkit::AwsDouble;

/// What a client of `region` needs, without retries.
fn config(aws: &AwsDouble, region: &str) -> SdkConfig {
    config_of(aws, region, "AKIATEST", None)
}

/// The same for the holder of an access key.
fn config_of(aws: &AwsDouble, region: &str, key: &str, token: Option<String>) -> SdkConfig {
    let credentials = Credentials::new(key, "secret", token, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(aws.url())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}
