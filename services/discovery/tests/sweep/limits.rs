//! A sweep keeps within its bounds.

use std::time::Duration;

use futures_util::future::join_all;
use weir_discovery::reader::{Place, RegionProgress, RegionReader};
use weir_discovery::sweep::SweepLimits;
use weir_testkit::{Answer, most_at_once};

use crate::setup::{ACCOUNT, reader_within, region_of_three};

#[tokio::test]
async fn no_more_calls_are_on_their_way_than_the_limits_allow() {
    let aws = region_of_three();
    aws.otherwise(Answer::empty().after(Duration::from_millis(20)));
    let limits = SweepLimits { calls: 5, calls_per_region: 2, pace: 100.0, ..Default::default() };
    let reader = reader_within(&aws, limits);
    reader.plan().await;
    aws.forget_calls();
    let regions = ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-west-2"];
    let places = regions.map(|region| Place::new(ACCOUNT, region));
    let progress = RegionProgress::unseen();
    let readings = join_all(places.iter().map(|place| reader.read(place, &progress))).await;
    assert!(readings.iter().all(Result::is_ok));
    let calls = aws.calls();
    assert!(most_at_once(&calls) <= 5);
    for region in regions {
        assert!(most_at_once(calls.iter().filter(|call| call.region == region)) <= 2);
    }
}

#[tokio::test]
async fn calls_of_one_service_and_region_keep_the_pace() {
    let aws = region_of_three();
    // A tenth of EC2's usual pace: two at once, then one a second.
    let limits = SweepLimits { pace: 0.1, ..Default::default() };
    let reader = reader_within(&aws, limits);
    reader.plan().await;
    aws.forget_calls();
    let place = Place::new(ACCOUNT, "eu-west-2");
    let progress = RegionProgress::unseen();
    let read = reader.read(&place, &progress);
    // Enough for the burst and two more.
    drop(tokio::time::timeout(Duration::from_millis(2_500), read).await);
    let calls = aws.calls_of("ec2", "*");
    assert!(!calls.is_empty() && calls.len() <= 5, "{}", calls.len());
}
