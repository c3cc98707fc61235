//! The enricher between a source and several exporters.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use weir_delivery::{Answer, EnrichedRun, RawRun, RetryReason, RunId, Shards};
use weir_enricher::service::EnricherCore;
use weir_inventory::{FALLBACK_OBSERVATION_DOMAIN, observation_domains};
use weir_ipfix::element::SOURCE_GEO_REGION;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_rpc::link::ToReceiver;

use crate::sandbox::{
    Exporter, InventoryFile, Source, answer, layouts, run_of, start, until_loaded,
};

const STALE: Answer = Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO);

/// A VPC whose domain is at this one of two exporters.
fn vpc_at(shard: usize) -> String {
    let shards = Shards::new(2).unwrap();
    let mut ids = (0..).map(|number| format!("vpc-{number}"));
    let is_there = |id: &String| {
        let domain = observation_domains(&BTreeMap::new(), [id.as_str()].into_iter())[id.as_str()];
        shards.of_domain(domain) == shard
    };
    ids.find(is_there).expect("every second one")
}

/// The interfaces eni-0 and eni-1 in VPCs of the first and the second exporter, as far as they are
/// `known`.
fn inventory(known: [bool; 2]) -> String {
    let (mut vpcs, mut interfaces) = (Vec::new(), Vec::new());
    for shard in (0..2).filter(|shard| known[*shard]) {
        let vpc = vpc_at(shard);
        let account = "\"account_id\": \"123456789012\"";
        vpcs.push(format!(
            r#"{{"id": "{vpc}", {account}, "region": "eu-west-1", "cidrs": ["10.{shard}.0.0/16"]}}"#
        ));
        interfaces.push(format!(
            r#"{{"id": "eni-{shard}", {account}, "vpc_id": "{vpc}",
                 "addresses": [{{"private": "10.{shard}.0.5"}}]}}"#
        ));
    }
    format!(r#"{{"vpcs": [{}], "interfaces": [{}]}}"#, vpcs.join(","), interfaces.join(","))
}

/// A line for each interface; the last of them cannot be read.
fn lines(id: u128, interfaces: &[usize]) -> RawRun {
    let mut text = String::new();
    for interface in interfaces {
        let address = format!("10.{interface}.0.5");
        writeln!(text, "eni-{interface} {address} 192.0.2.1 100 1 1700000000 1700000060").unwrap();
    }
    text.push_str("no line\n");
    run_of(id, &text)
}

/// Two exporters, and both VPCs.
fn two() -> (Arc<EnricherCore>, InventoryFile, [Exporter; 2]) {
    let (core, inventory_file, exporters) = start([Some(layouts()), Some(layouts())]);
    inventory_file.write(inventory([true, true]));
    (core, inventory_file, exporters)
}

fn domains(run: &EnrichedRun) -> Vec<u32> {
    run.groups.iter().map(|group| group.observation_domain_id).collect()
}

#[tokio::test]
async fn a_run_is_committed_when_both_exporters_have_committed_their_parts() {
    let (core, _inventory, [mut first, mut second]) = two();
    let mut source = Source::to(&core);
    source.send(lines(1, &[0, 1, 0])).await;
    let (one, other) = (first.answer_next(Answer::Accepted).await, second.enriched().await);
    assert_eq!((one.records(), other.records()), (2, 1));
    assert_eq!((one.rejected.len(), other.rejected.len()), (1, 0));
    assert_eq!((one.tally.lines, other.tally.lines), (3, 1));
    assert_ne!(domains(&one), domains(&other));
    let ids = [one.id, other.id];
    assert!(!ids.contains(&RunId(1)) && ids[0] != ids[1], "{ids:?}");
    second.say(answer(other.id.0, Answer::Accepted)).await;
    assert_eq!(source.answer().await, answer(1, Answer::Accepted));
    second.say(answer(other.id.0, Answer::Committed)).await;
    first.say(answer(one.id.0, Answer::Committed)).await;
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
    assert_eq!(core.receiver_status().pending, 0);
}

#[tokio::test]
async fn runs_without_records_for_an_exporter_that_says_nothing_go_on() {
    let (core, _inventory, [_silent, mut second]) = two();
    let mut source = Source::to(&core);
    for id in 0..100 {
        source.send(lines(id, &[0])).await;
    }
    for id in 100..200 {
        source.send(lines(id, &[1, 1])).await;
        assert_eq!(second.answer_next(Answer::Committed).await.records(), 2);
        assert_eq!(source.answer().await, answer(id, Answer::Committed));
    }
    assert_eq!(core.receiver_status().pending, 100);
}

#[tokio::test]
async fn each_part_follows_the_layouts_of_its_exporter() {
    let others = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &[SOURCE_GEO_REGION]);
    let (core, file, [mut first, mut second]) = start([Some(layouts()), Some(Arc::new(others))]);
    file.write(inventory([true, true]));
    let mut source = Source::to(&core);
    source.send(lines(1, &[0, 1, 1, 0])).await;
    let one = first.answer_next(Answer::Committed).await;
    let other = second.answer_next(Answer::Committed).await;
    assert_eq!((one.records(), other.records()), (2, 2));
    let all = [&one, &other].map(|part| part.groups[0].revision);
    let asked = [&first, &second];
    let asked = asked.map(|each| each.layouts.borrow().as_ref().unwrap().v4.revision());
    assert_eq!(all, asked);
    assert_ne!(asked[0], asked[1]);
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
}

#[tokio::test]
async fn what_is_stale_at_one_exporter_is_sent_again_there_alone() {
    let (core, _inventory, [mut first, mut second]) = two();
    let mut source = Source::to(&core);
    source.send(lines(1, &[0, 1])).await;
    second.answer_next(Answer::Committed).await;
    let stale = first.answer_next(STALE).await;
    let others = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &[SOURCE_GEO_REGION]);
    first.layouts.send_replace(Some(Arc::new(others)));
    let again = first.answer_next(Answer::Committed).await;
    assert_eq!((again.id, again.records()), (stale.id, 1));
    assert_ne!(again.groups[0].revision, stale.groups[0].revision);
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
    // Had the second had anything more of run 1, it would come before.
    source.send(lines(2, &[1])).await;
    assert_eq!(second.answer_next(Answer::Committed).await.rejected.len(), 1);
    assert_eq!(source.answer().await, answer(2, Answer::Committed));
}

/// The exporter that is refused a part has it encoded again, when the VPC of its lines is known and
/// at the other exporter. That one has committed its own part of the same run, and must not take
/// the new one for it.
#[tokio::test]
async fn lines_whose_vpc_is_known_meanwhile_come_to_its_exporter_as_another_part() {
    let unknown = Shards::new(2).unwrap().of_domain(FALLBACK_OBSERVATION_DOMAIN);
    let (core, file, mut exporters) = start([Some(layouts()), Some(layouts())]);
    // The lines of the one VPC are at the exporter of unknown ones, until it is known.
    let mut known = [true, true];
    known[1 - unknown] = false;
    file.write(inventory(known));
    let mut source = Source::to(&core);
    source.send(lines(1, &[1 - unknown, unknown])).await;
    let before = exporters[unknown].enriched().await;
    assert_eq!(before.records(), 2);
    file.write(inventory([true, true]));
    until_loaded(&core).await;
    exporters[unknown].say(answer(before.id.0, STALE)).await;
    let after = exporters[unknown].answer_next(Answer::Committed).await;
    let moved = exporters[1 - unknown].answer_next(Answer::Committed).await;
    assert_eq!((after.records(), moved.records()), (1, 1));
    assert!(after.id != before.id && moved.id != before.id);
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
}

#[tokio::test]
async fn nothing_is_taken_before_the_layouts_of_both_are_known() {
    let (core, file, [mut first, second]) = start([Some(layouts()), None]);
    let source = Source::to(&core);
    source.send(lines(1, &[0])).await;
    file.write(inventory([true, true]));
    until_loaded(&core).await;
    assert!(!*core.ready().borrow());
    second.layouts.send_replace(Some(layouts()));
    assert_eq!(first.enriched().await.records(), 1);
}

/// What exporters know its parts by depends on its lines, which the announcement does not have.
#[tokio::test]
async fn an_announced_run_is_read_again() {
    let (core, _inventory, _exporters) = two();
    let mut source = Source::to(&core);
    source.say(ToReceiver::resume(vec![RunId(5)])).await;
    assert_eq!(source.answer().await, answer(5, Answer::Unknown));
}
