//! Where calls go, and what they are like.

use aws_sdk_sts::Client;
use weir_aws::{AwsConfig, Connection, Endpoints};
use weir_testkit::AwsDouble;

use crate::setup::{OWN, accounts, config, double, ids, only_fault};

#[tokio::test]
async fn a_service_s_own_endpoint_goes_before_the_one_of_all() {
    let (aws, others) = (double(), AwsDouble::start());
    let mut endpoints = Endpoints::one(others.url());
    endpoints.services.insert("STS", aws.url());
    let connection = Connection { endpoints, ..Connection::default() };
    let found = accounts(AwsConfig { connection, ..AwsConfig::default() }).resolve().await;
    assert_eq!(ids(&found), [OWN]);
    assert!(others.calls().is_empty());
}

#[tokio::test]
async fn calls_name_weir_and_are_signed_for_their_region() {
    let aws = double();
    let found = accounts(config(aws.url())).resolve().await;
    let account = &found.accounts[0];
    aws.forget_calls();
    let client = Client::new(&account.config("ap-south-1"));
    client.get_caller_identity().send().await.unwrap();
    let call = aws.calls().remove(0);
    assert_eq!(call.region, "ap-south-1");
    assert!(call.header("x-amz-user-agent").unwrap().contains("app/weir"));
    assert_ne!(account.retry_scope("ec2", "ap-south-1"), account.retry_scope("ec2", "eu-west-1"));
}

#[tokio::test]
async fn fips_and_dual_stack_reach_the_clients() {
    let aws = double();
    for (fips, dual_stack, expected) in
        [(Some(true), None, "FIPS and custom endpoint"), (None, Some(true), "Dualstack and custom")]
    {
        let mut config = config(aws.url());
        (config.connection.fips, config.connection.dual_stack) = (fips, dual_stack);
        let found = accounts(config).resolve().await;
        // The SDK refuses them with an endpoint of another's: the setting has arrived.
        assert!(only_fault(&found).to_string().contains(expected), "{:?}", found.faults);
    }
    assert!(aws.calls().is_empty());
}

/// What the test's own program is asked to do as a child, whose environment is its own.
const CHILD_ENDPOINT: &str = "WEIR_TEST_STS_ENDPOINT";

#[tokio::test]
async fn a_child_resolves_what_its_environment_says() {
    let Ok(endpoint) = std::env::var(CHILD_ENDPOINT) else { return };
    let services = [("STS", endpoint)].into();
    let endpoints = Endpoints { all: None, services };
    let connection = Connection { endpoints, ..Connection::default() };
    let found = accounts(AwsConfig { connection, ..AwsConfig::default() }).resolve().await;
    assert_eq!(ids(&found), [OWN], "{:?}", found.faults);
}

#[test]
fn the_proxy_of_the_environment_is_used_but_for_those_of_no_proxy() {
    let aws = double();
    let dead = "http://127.0.0.1:9";
    for (endpoint, proxy, no_proxy) in [
        ("http://sts.example.invalid", aws.url().as_str(), ""),
        (aws.url().as_str(), dead, "127.0.0.1"),
    ] {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "endpoints::a_child_resolves_what_its_environment_says"])
            .env(CHILD_ENDPOINT, endpoint)
            .envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, proxy)))
            .envs(["NO_PROXY", "no_proxy"].map(|name| (name, no_proxy)))
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && output.contains("1 passed"), "{endpoint}: {output}");
    }
    assert_eq!(aws.calls_of("sts", "GetCallerIdentity").len(), 2);
}
