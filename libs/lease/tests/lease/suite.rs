//! What leases do, over any store.

use std::collections::BTreeSet;

use weir_lease::{
    Checkpoint, Child, Holes, InitialPosition, LeaseError, LeaseEvent, Placement, Position, UnitId,
};
use weir_testkit::wait_for_async;

use crate::fixture::{Fixture, SET, unit, units};

fn at(text: &str) -> Position {
    Position::new(text).unwrap()
}

pub(crate) async fn a_worker_reads_what_began(fixture: Fixture) {
    let initial = InitialPosition::AtTimestamp(17);
    let begun = fixture.table().begin(SET, &units(3), initial).await.unwrap();
    // It begins once.
    let again = fixture.table().begin(SET, &units(5), InitialPosition::Latest).await.unwrap();
    assert_eq!(begun, again);
    let mut worker = fixture.worker("a").await;
    let mut granted = BTreeSet::new();
    for _ in 0..3 {
        let (unit, fence, checkpoint) = worker.granted().await;
        assert_eq!((fence, checkpoint), (1, Checkpoint::Initial(initial)));
        granted.insert(unit);
    }
    assert_eq!(granted, (0..3).map(unit).collect());
}

pub(crate) async fn what_has_not_begun_is_refused(fixture: Fixture) {
    assert_eq!(fixture.table().begun(SET).await.unwrap(), None);
    let refused = fixture.table().repair(SET, &units(1), &mut Holes::default()).await;
    assert!(matches!(refused, Err(LeaseError::NotBegun { .. })), "{refused:?}");
}

pub(crate) async fn workers_share_and_hand_over_gracefully(fixture: Fixture) {
    fixture.table().begin(SET, &units(2), InitialPosition::TrimHorizon).await.unwrap();
    let mut first = fixture.worker("a").await;
    let mut fences = [first.granted().await, first.granted().await].map(|granted| granted.1);
    fences.sort_unstable();
    let mut second = fixture.worker("b").await;
    let handle = first.leases.handle();
    let LeaseEvent::Asked { unit } = first.next().await else { panic!("not asked") };
    // What was on its way is committed before.
    handle.checkpoint(&unit, 1, at("7")).await.unwrap();
    handle.release(&unit, 1).await.unwrap();
    let (taken, fence, checkpoint) = second.granted().await;
    assert_eq!((taken, fence, checkpoint), (unit.clone(), 2, Checkpoint::At(at("7"))));
    let late = handle.checkpoint(&unit, 1, at("8")).await;
    assert!(matches!(late, Err(LeaseError::Fenced { .. })), "{late:?}");
}

pub(crate) async fn a_dead_worker_s_leases_are_taken_and_its_checkpoints_refused(fixture: Fixture) {
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut first = fixture.worker("a").await;
    let (unit, fence, _) = first.granted().await;
    first.leases.handle().checkpoint(&unit, fence, at("5")).await.unwrap();
    drop(first);
    let mut second = fixture.worker("b").await;
    let (taken, new_fence, checkpoint) = second.granted().await;
    assert_eq!((taken, checkpoint), (unit.clone(), Checkpoint::At(at("5"))));
    assert_eq!(new_fence, fence + 1);
    let handle = second.leases.handle();
    let stale = handle.checkpoint(&unit, fence, at("6")).await;
    assert!(matches!(stale, Err(LeaseError::Fenced { .. })), "{stale:?}");
    handle.checkpoint(&unit, new_fence, at("6")).await.unwrap();
}

pub(crate) async fn children_start_when_their_parents_are_finished(fixture: Fixture) {
    fixture.table().begin(SET, &units(2), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let handle = worker.leases.handle();
    for _ in 0..2 {
        worker.granted().await;
    }
    // The two are merged.
    let parents = vec![unit(0).name, unit(1).name];
    let child = Child { name: unit(2).name, parents, range: None };
    handle.finish(&unit(0), 1, vec![child.clone()]).await.unwrap();
    handle.checkpoint(&unit(1), 1, at("3")).await.unwrap();
    let records = fixture.table().list().await.unwrap().units;
    assert!(records.iter().all(|(id, record, _)| *id != unit(2) || record.owner.is_none()));
    handle.finish(&unit(1), 1, vec![child]).await.unwrap();
    let (started, fence, checkpoint) = worker.granted().await;
    assert_eq!((started, fence), (unit(2), 1));
    assert_eq!(checkpoint, Checkpoint::Initial(InitialPosition::TrimHorizon));
}

pub(crate) async fn a_checkpoint_is_never_set_back(fixture: Fixture) {
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let (unit, fence, _) = worker.granted().await;
    let handle = worker.leases.handle();
    for position in ["9", "10", "9"] {
        handle.checkpoint(&unit, fence, at(position)).await.unwrap();
    }
    let records = fixture.table().list().await.unwrap().units;
    assert_eq!(records[0].1.checkpoint, Checkpoint::At(at("10")));
}

pub(crate) async fn a_finished_record_goes_when_its_children_have_begun(fixture: Fixture) {
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let handle = worker.leases.handle();
    worker.granted().await;
    let child = Child { name: unit(1).name, parents: vec![unit(0).name], range: None };
    handle.finish(&unit(0), 1, vec![child]).await.unwrap();
    assert_eq!(worker.granted().await.0, unit(1));
    assert_eq!(fixture.table().list().await.unwrap().units.len(), 2);
    handle.checkpoint(&unit(1), 1, at("1")).await.unwrap();
    let only_the_child = wait_for_async("the finished record to go", async || {
        let records = fixture.table().list().await.unwrap().units;
        (records.len() == 1).then(|| records[0].0.clone())
    });
    assert_eq!(only_the_child.await, unit(1));
}

pub(crate) async fn a_position_is_set_whoever_reads_the_unit(fixture: Fixture) {
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let (unit, fence, _) = worker.granted().await;
    let handle = worker.leases.handle();
    handle.checkpoint(&unit, fence, at("9")).await.unwrap();
    let (table, back) = (fixture.table(), Checkpoint::At(at("4")));
    let changed = table.set_position(&unit, &back, None).await.unwrap();
    assert_eq!(changed.before.checkpoint, Checkpoint::At(at("9")));
    assert_eq!((changed.after.owner, changed.after.fence), (None, fence + 1));
    // It does not know as yet, and cannot write any more.
    assert!(handle.checkpoint(&unit, fence, at("10")).await.is_err());
    assert!(matches!(worker.next().await, LeaseEvent::Lost { .. }));
    let LeaseEvent::Granted { fence: new, checkpoint, placement, .. } = worker.next().await else {
        panic!("not granted")
    };
    assert_eq!((new, checkpoint), (fence + 2, back.clone()));
    assert_eq!(placement, Some(Placement { times: 1, at: back.clone() }));
    let stale = table.set_position(&unit, &back, Some(fence)).await;
    assert!(matches!(stale, Err(LeaseError::Stale { fence, .. }) if fence == new), "{stale:?}");
    let end = table.set_position(&unit, &Checkpoint::End, None).await;
    assert!(matches!(end, Err(LeaseError::Finished { .. })), "{end:?}");
    handle.finish(&unit, new, Vec::new()).await.unwrap();
    let over = table.set_position(&unit, &back, None).await;
    assert!(matches!(over, Err(LeaseError::Finished { .. })), "{over:?}");
}

pub(crate) async fn a_lease_that_is_taken_away_goes_to_another_worker(fixture: Fixture) {
    let (table, all) = (fixture.table(), units(1));
    table.begin(SET, &all, InitialPosition::TrimHorizon).await.unwrap();
    let mut first = fixture.worker("a").await;
    let (unit, fence, _) = first.granted().await;
    let mut second = fixture.worker("b").await;
    let changed = table.release(&unit, Some(fence)).await.unwrap();
    assert_eq!(changed.before.owner.as_deref(), Some("a"));
    let (taken, new, _) = second.granted().await;
    assert_eq!((&taken, new), (&unit, fence + 2));
    assert!(matches!(first.next().await, LeaseEvent::Lost { .. }));
    let unknown = UnitId::new(SET, "shardId-9");
    let released = table.release(&unknown, None).await;
    assert!(matches!(released, Err(LeaseError::Unknown { .. })), "{released:?}");
}

pub(crate) async fn a_worker_that_is_alone_gets_back_what_is_taken_away(fixture: Fixture) {
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let (unit, fence, _) = worker.granted().await;
    fixture.table().release(&unit, None).await.unwrap();
    let again = fixture.table().release(&unit, None).await;
    assert!(matches!(again, Err(LeaseError::Free { .. })), "{again:?}");
    assert!(matches!(worker.next().await, LeaseEvent::Lost { .. }));
    assert_eq!(worker.granted().await.1, fence + 2);
}

pub(crate) async fn leases_are_listed_page_by_page_with_their_renewals(fixture: Fixture) {
    let (table, all) = (fixture.table(), units(5));
    table.begin(SET, &all, InitialPosition::Latest).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = table.page(after.as_ref(), 2).await.unwrap();
        seen.extend(page.units.into_iter().map(|(unit, record)| (unit.name, record.renewal)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = all.into_iter().map(|unit| (unit.name, None)).collect();
    assert_eq!(seen, expected);
    let mut worker = fixture.worker("a").await;
    let (unit, ..) = worker.granted().await;
    let record = table.record(&unit).await.unwrap().unwrap();
    let renewal = record.renewal.unwrap();
    assert_eq!(renewal.until_ms - renewal.at_ms, 1500);
}

pub(crate) async fn units_that_no_lease_has_are_found_and_read(fixture: Fixture) {
    let (table, all) = (fixture.table(), units(3));
    table.begin(SET, &all, InitialPosition::Latest).await.unwrap();
    let records = table.list().await.unwrap().units;
    let (lost, _, etag) = records.into_iter().next().unwrap();
    let key = format!("leases/kinesis/units/{SET}/{}", lost.name);
    let key = weir_store::Key::new(key).unwrap();
    fixture.store.delete(&key, weir_store::Condition::Etag(etag)).await.unwrap();
    let mut holes = Holes::default();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(table.repair(SET, &all, &mut holes).await.unwrap());
    }
    assert_eq!(made, [0, 0, 1]);
    let records = table.list().await.unwrap().units;
    let record = records.into_iter().find(|(unit, ..)| *unit == lost).unwrap().1;
    assert_eq!(record.checkpoint, Checkpoint::Initial(InitialPosition::TrimHorizon));
}
