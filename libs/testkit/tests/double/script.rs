//! Rules: which calls they are for, in which order, and how lists are paged.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use serde_json::json;
use weir_testkit::{Answer, AwsDouble, Gate, Listing, most_at_once, soon, wait_for_async};

use crate::config;

/// Log groups with these names.
fn groups(names: &[&str]) -> Listing {
    let group = |name: &&str| json!({ "logGroupName": name });
    Listing::json("logGroups", names.iter().map(group).collect())
}

/// The names of the first page, or the code of the error.
async fn first_page(client: &Client) -> Result<Vec<String>, String> {
    match client.describe_log_groups().send().await {
        Ok(page) => {
            Ok(page.log_groups().iter().filter_map(|group| group.log_group_name.clone()).collect())
        }
        Err(error) => Err(error.code().unwrap_or("no answer").to_owned()),
    }
}

#[tokio::test]
async fn a_list_in_pages_is_whole_for_a_client_that_follows_the_tokens() {
    let aws = AwsDouble::start();
    let names = ["a", "b", "c", "d", "e"];
    aws.on("logs", "DescribeLogGroups").answer_in_pages(2, groups(&names));

    let client = Client::new(&config(&aws, "eu-west-1"));
    let pages = client.describe_log_groups().into_paginator().items().send();
    let groups = pages.try_collect().await.unwrap();

    let found: Vec<_> = groups.iter().filter_map(|group| group.log_group_name()).collect();
    assert_eq!(found, names);
    let calls = aws.calls_of("logs", "DescribeLogGroups");
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].parameter("nextToken"), None);
    assert!(calls[2].parameter("nextToken").is_some());
}

#[tokio::test]
async fn a_page_is_no_larger_than_the_call_asks_for() {
    let aws = AwsDouble::start();
    aws.on("logs", "DescribeLogGroups").answer_in_pages(2, groups(&["a", "b", "c"]));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let page = client.describe_log_groups().limit(1).send().await.unwrap();
    assert_eq!(page.log_groups().len(), 1);
    assert!(page.next_token().is_some());
}

#[tokio::test]
async fn a_token_that_nobody_gave_is_refused() {
    let aws = AwsDouble::start();
    aws.on("logs", "DescribeLogGroups").answer_in_pages(2, groups(&["a", "b", "c"]));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let error = client.describe_log_groups().next_token("made up").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterException"));
}

#[tokio::test]
async fn a_call_without_a_rule_is_an_error_that_names_it() {
    let aws = AwsDouble::start();
    let client = Client::new(&config(&aws, "eu-west-1"));
    let error = client.describe_log_groups().send().await.unwrap_err();
    assert_eq!(error.code(), Some("NotScripted"));
    let message = error.message().unwrap();
    assert!(message.contains("logs DescribeLogGroups in \"eu-west-1\""), "{message}");

    aws.otherwise(Answer::empty());
    assert_eq!(first_page(&client).await, Ok(vec![]));
}

#[tokio::test]
async fn a_rule_is_for_its_region_and_parameters_only() {
    let aws = AwsDouble::start();
    aws.on("logs", "*").in_region("eu-west-1").answer(groups(&["west"]));
    let on_prefix = aws.on("logs", "*").with_parameter("logGroupNamePrefix", "flow");
    on_prefix.answer(groups(&["flow"]));

    let west = Client::new(&config(&aws, "eu-west-1"));
    let east = Client::new(&config(&aws, "us-east-1"));
    assert_eq!(first_page(&west).await, Ok(vec!["west".to_owned()]));
    assert_eq!(first_page(&east).await, Err("NotScripted".to_owned()));
    let flow = east.describe_log_groups().log_group_name_prefix("flow").send().await.unwrap();
    assert_eq!(flow.log_groups().len(), 1);
}

#[tokio::test]
async fn the_rule_that_was_added_last_goes_first_until_its_times_are_over() {
    let aws = AwsDouble::start();
    aws.on("logs", "DescribeLogGroups").answer(groups(&["a"]));
    aws.on("*", "*").times(2).answer(Answer::error("OptInRequired", "not here"));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(first_page(&client).await.is_ok());
    }
    assert_eq!(answers, [false, false, true]);
}

#[tokio::test]
async fn answers_in_turn_end_with_the_last_one() {
    let aws = AwsDouble::start();
    let on = aws.on("logs", "DescribeLogGroups");
    on.answer_in_turn([groups(&["a"]).into(), Answer::cut(), groups(&["b"]).into()]);
    let client = Client::new(&config(&aws, "eu-west-1"));
    assert_eq!(first_page(&client).await, Ok(vec!["a".to_owned()]));
    assert_eq!(first_page(&client).await, Err("no answer".to_owned()));
    for _ in 0..2 {
        assert_eq!(first_page(&client).await, Ok(vec!["b".to_owned()]));
    }
    let statuses: Vec<_> = aws.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200), None, Some(200), Some(200)]);
}

#[tokio::test]
async fn an_answer_can_be_made_from_its_call() {
    let aws = AwsDouble::start();
    aws.on("logs", "DescribeLogGroups").answer_with(|call| groups(&[&call.region]).into());
    let client = Client::new(&config(&aws, "ap-south-1"));
    assert_eq!(first_page(&client).await, Ok(vec!["ap-south-1".to_owned()]));
}

#[tokio::test]
async fn calls_behind_a_gate_are_under_way_at_once() {
    let (aws, gate) = (AwsDouble::start(), Gate::closed());
    aws.on("logs", "*").answer(Answer::from(groups(&["a"])).behind(&gate));
    let client = Client::new(&config(&aws, "eu-west-1"));
    let both = async { tokio::join!(first_page(&client), first_page(&client)) };
    let opened = async {
        wait_for_async("two calls", async || (aws.calls().len() == 2).then_some(())).await;
        assert!(aws.calls().iter().all(|call| call.ended.is_none()));
        gate.open();
    };
    let ((first, second), ()) = soon("both answers", async { tokio::join!(both, opened) }).await;
    assert_eq!((first, second), (Ok(vec!["a".to_owned()]), Ok(vec!["a".to_owned()])));

    assert_eq!(first_page(&client).await, Ok(vec!["a".to_owned()]));
    assert_eq!(most_at_once(&aws.calls()), 2);
}
