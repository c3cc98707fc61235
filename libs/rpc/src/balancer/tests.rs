//! What the balancer promises.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn endpoint(number: u8) -> Endpoint {
    let target = "http://enricher:1".parse().unwrap();
    Endpoint::new(([10, 0, 0, number], 1).into(), target)
}

fn endpoints(numbers: impl IntoIterator<Item = u8>) -> Vec<Endpoint> {
    numbers.into_iter().map(endpoint).collect()
}

fn balancer(numbers: impl IntoIterator<Item = u8>) -> Balancer {
    let mut balancer = Balancer::new(7);
    balancer.update(&endpoints(numbers));
    balancer
}

#[test]
fn nothing_is_picked_where_nothing_is() {
    assert_eq!(Balancer::<Endpoint>::new(0).pick(Instant::now()), None);
}

#[test]
fn equals_are_picked_in_turn() {
    let mut balancer = balancer(1..=3);
    let now = Instant::now();
    let picks: Vec<_> = (0..6).map(|_| balancer.pick(now).unwrap()).collect();
    assert_eq!(picks[..3], picks[3..]);
    assert_eq!(picks[..3], endpoints(1..=3));
}

#[test]
fn a_new_endpoint_gets_load_at_once() {
    let mut balancer = balancer(1..=2);
    let now = Instant::now();
    for _ in 0..10 {
        let picked = balancer.pick(now).unwrap();
        balancer.add_octets(&picked, 100);
    }
    balancer.update(&endpoints(1..=3));
    let picks: Vec<_> = (0..5)
        .map(|_| {
            let picked = balancer.pick(now).unwrap();
            balancer.add_octets(&picked, 100);
            picked
        })
        .collect();
    assert_eq!(picks, endpoints([3; 5]));
}

#[test]
fn a_failed_endpoint_is_left_alone_longer_and_longer() {
    let mut balancer = balancer([1]);
    let start = Instant::now();
    let mut now = start;
    for milliseconds in [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000] {
        let until = balancer.failed(&endpoint(1), now).unwrap();
        let backoff = (until - now).as_secs_f64() * 1000.0 / f64::from(milliseconds);
        assert!((0.79..=1.21).contains(&backoff), "{milliseconds}: {backoff}");
        assert_eq!(balancer.pick(until - Duration::from_nanos(1)), None);
        assert_eq!(balancer.next_retry(now), Some(until));
        assert_eq!(balancer.pick(until), Some(endpoint(1)));
        assert_eq!(balancer.next_retry(until), None);
        now = until;
    }
    balancer.succeeded(&endpoint(1));
    let until = balancer.failed(&endpoint(1), now).unwrap();
    assert!(until - now < Duration::from_millis(250));
}

#[test]
fn what_left_the_set_may_finish_and_is_forgotten() {
    let mut balancer = balancer(1..=2);
    balancer.add_octets(&endpoint(1), 10);
    balancer.update(&endpoints([2]));
    assert!(balancer.is_removed(&endpoint(1)));
    assert_eq!(balancer.octets(&endpoint(1)), 10);
    assert_eq!(balancer.pick(Instant::now()), Some(endpoint(2)));
    balancer.sub_octets(&endpoint(1), 10);
    assert_eq!(balancer.state(&endpoint(1)), None);
}

#[test]
fn what_comes_back_keeps_what_is_in_flight() {
    let mut balancer = balancer(1..=2);
    balancer.add_octets(&endpoint(1), 10);
    balancer.update(&endpoints([2]));
    balancer.update(&endpoints(1..=2));
    assert_eq!(balancer.octets(&endpoint(1)), 10);
    assert!(!balancer.is_removed(&endpoint(1)));
    assert_eq!(balancer.endpoints().count(), 2);
}

#[derive(Clone, Debug)]
enum Step {
    Update(Vec<u8>),
    Pick,
    Failed(u8),
    Succeeded(u8),
    Add(u8, u64),
    Sub(u8, u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let number = || 0_u8..6;
    prop_oneof![
        proptest::collection::vec(number(), 0..6).prop_map(Step::Update),
        Just(Step::Pick),
        number().prop_map(Step::Failed),
        number().prop_map(Step::Succeeded),
        (number(), 0_u64..1000).prop_map(|(number, octets)| Step::Add(number, octets)),
        (number(), 0_u64..1000).prop_map(|(number, octets)| Step::Sub(number, octets)),
        (0_u64..3000).prop_map(Step::Pass),
    ]
}

/// What is known of an endpoint, by other means than the balancer's.
#[derive(Default)]
struct Model {
    is_in: bool,
    octets: u64,
    until: Option<Instant>,
}

proptest! {
    #[test]
    fn the_least_loaded_usable_endpoint_is_picked_whenever_there_is_one(
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let mut balancer: Balancer = Balancer::new(1);
        let mut model: BTreeMap<u8, Model> = BTreeMap::new();
        let mut now = Instant::now();
        for step in steps {
            match step {
                Step::Update(numbers) => {
                    balancer.update(&endpoints(numbers.iter().copied()));
                    model.values_mut().for_each(|member| member.is_in = false);
                    for number in numbers {
                        model.entry(number).or_default().is_in = true;
                    }
                    model.retain(|_, member| member.is_in || member.octets > 0);
                }
                Step::Pick => {
                    let usable = |member: &&Model| {
                        member.is_in && member.until.is_none_or(|until| until <= now)
                    };
                    let least = model.values().filter(usable).map(|member| member.octets).min();
                    let picked = balancer.pick(now);
                    let octets = picked.as_ref().map(|picked| balancer.octets(picked));
                    prop_assert_eq!(octets, least);
                    if let Some(picked) = picked {
                        let member = model.iter().find(|(number, _)| endpoint(**number) == picked);
                        prop_assert!(member.is_some_and(|(_, member)| usable(&member)));
                    }
                }
                Step::Failed(number) => {
                    let until = balancer.failed(&endpoint(number), now);
                    prop_assert_eq!(until.is_some(), model.contains_key(&number));
                    if let Some(member) = model.get_mut(&number) {
                        member.until = until;
                    }
                }
                Step::Succeeded(number) => {
                    balancer.succeeded(&endpoint(number));
                    if let Some(member) = model.get_mut(&number) {
                        member.until = None;
                    }
                }
                Step::Add(number, octets) => {
                    balancer.add_octets(&endpoint(number), octets);
                    if let Some(member) = model.get_mut(&number) {
                        member.octets += octets;
                    }
                }
                Step::Sub(number, octets) => {
                    balancer.sub_octets(&endpoint(number), octets);
                    if let Some(member) = model.get_mut(&number) {
                        member.octets = member.octets.saturating_sub(octets);
                    }
                    model.retain(|_, member| member.is_in || member.octets > 0);
                }
                Step::Pass(milliseconds) => now += Duration::from_millis(milliseconds),
            }
        }
    }
}
