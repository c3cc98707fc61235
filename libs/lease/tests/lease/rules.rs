//! Single rules of the algorithm.

use std::time::Duration;

use weir_lease::{Checkpoint, InitialPosition, LeaseRecord, SetRecord, UnitSpec, plan_begin};
use weir_lease::{HashRange, Holes, SyncError, plan_repair};

use crate::model::Model;
use crate::world::{SET, unit};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_worker_stops_before_others_may_take_its_leases() {
    let mut model = Model::new(2, 1);
    let [first, second] = &mut model.workers[..] else { unreachable!() };
    first.settle(&mut model.table, model.now);
    first.settle(&mut model.table, model.now);
    second.settle(&mut model.table, model.now);
    assert_eq!(first.keeper.holds(&unit(0), 8 * SECOND), Some(1));
    assert_eq!(first.keeper.holds(&unit(0), 9 * SECOND), None);
    for second_ in 1..10 {
        second.settle(&mut model.table, second_ * SECOND);
        assert_eq!(second.keeper.holds(&unit(0), second_ * SECOND), None);
    }
    second.settle(&mut model.table, 11 * SECOND);
    assert_eq!(second.keeper.holds(&unit(0), 11 * SECOND), Some(2));
}

#[test]
fn a_worker_that_stood_still_reads_no_more_when_it_goes_on() {
    let mut model = Model::new(1, 3);
    let worker = &mut model.workers[0];
    worker.settle(&mut model.table, Duration::ZERO);
    assert_eq!(worker.reading.len(), 3);
    worker.poll(60 * SECOND);
    assert_eq!(worker.reading.len(), 0);
}

#[test]
fn an_owner_that_does_not_hand_over_loses_the_lease() {
    let mut model = Model::new(1, 2);
    model.calm(2 * SECOND);
    model.workers.push(crate::world::Worker::new("late"));
    let mut now = model.now;
    let [hanging, late] = &mut model.workers[..] else { unreachable!() };
    // The first one renews, and its reader never gives anything back.
    while now < 60 * SECOND && late.reading.is_empty() {
        hanging.settle(&mut model.table, now);
        late.settle(&mut model.table, now);
        now += SECOND;
    }
    assert_eq!(late.reading.len(), 1);
    assert!(now > 30 * SECOND, "taken after {now:?}");
    hanging.settle(&mut model.table, now);
    hanging.settle(&mut model.table, now + 4 * SECOND);
    assert_eq!(hanging.reading.len(), 1);
}

#[test]
fn nothing_is_read_of_a_set_that_has_not_begun() {
    let mut model = Model::new(1, 2);
    model.table.sets.clear();
    model.calm(20 * SECOND);
    assert_eq!(model.workers[0].keeper.held(), 0);
}

#[test]
fn a_set_that_began_anew_is_noticed() {
    let mut model = Model::new(1, 2);
    model.calm(2 * SECOND);
    assert_eq!(model.workers[0].reading.len(), 2);
    let (epoch, initial) = ("2".to_owned(), InitialPosition::Latest);
    model.table.sets = vec![(SET.to_owned(), SetRecord { epoch, initial })];
    let now = 20 * SECOND;
    model.workers[0].settle(&mut model.table, now);
    model.workers[0].settle(&mut model.table, now + 6 * SECOND);
    assert!(model.workers[0].is_lost);
    assert_eq!(model.workers[0].reading.len(), 0);
}

#[test]
fn a_table_that_is_empty_suddenly_is_noticed() {
    let mut model = Model::new(1, 2);
    model.calm(2 * SECOND);
    model.table.sets.clear();
    model.table.units.clear();
    model.workers[0].settle(&mut model.table, 8 * SECOND);
    assert!(model.workers[0].is_lost);
    // Nothing is made anew.
    model.workers[0].settle(&mut model.table, 80 * SECOND);
    assert!(model.table.units.is_empty());
}

fn spec(name: &str, parents: &[&str], range: (u128, u128), is_open: bool) -> UnitSpec {
    let parents = parents.iter().map(|&parent| parent.to_owned()).collect();
    let range = Some(HashRange { first: range.0, last: range.1 });
    UnitSpec { name: name.to_owned(), parents, range, is_open }
}

const HALF: u128 = 1 << 127;

/// A shard that was split, and the lower half again.
fn split_of_a_split() -> Vec<UnitSpec> {
    let all = (0, u128::MAX);
    vec![
        spec("d", &["b"], (1000, HALF - 1), true),
        spec("c", &["a"], (HALF, u128::MAX), true),
        spec("e", &["b"], (0, 999), true),
        spec("b", &["a"], (0, HALF - 1), false),
        spec("a", &[], all, false),
    ]
}

fn names(planned: &[(String, LeaseRecord)]) -> Vec<&str> {
    planned.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_set_begins_with_open_units_or_with_all_parents_first() {
    let units = split_of_a_split();
    let latest = plan_begin(SET, &units, InitialPosition::Latest).unwrap();
    let mut open = names(&latest);
    open.sort_unstable();
    assert_eq!(open, ["c", "d", "e"]);
    let all = plan_begin(SET, &units, InitialPosition::TrimHorizon).unwrap();
    assert_eq!(names(&all)[0], "a");
    assert_eq!(all.len(), 5);
    let place = |name| names(&all).iter().position(|each| *each == name).unwrap();
    assert!(place("b") < place("d") && place("b") < place("e") && place("a") < place("c"));
    let at = InitialPosition::AtTimestamp(5);
    let at = plan_begin(SET, &units, at).unwrap();
    assert_eq!(at[0].1.checkpoint, Checkpoint::Initial(InitialPosition::AtTimestamp(5)));
}

#[test]
fn a_listing_that_lacks_keys_is_not_believed() {
    let mut units = split_of_a_split();
    units.retain(|unit| unit.name != "e");
    let refused = plan_begin(SET, &units, InitialPosition::Latest);
    assert!(matches!(refused, Err(SyncError::Incomplete { .. })), "{refused:?}");
    assert!(matches!(plan_begin(SET, &[], InitialPosition::Latest), Err(SyncError::Empty { .. })));
}

#[test]
fn a_hole_is_mended_when_it_is_seen_for_the_third_time() {
    let units = split_of_a_split();
    let mut records: std::collections::HashMap<_, _> =
        plan_begin(SET, &units, InitialPosition::Latest).unwrap().into_iter().collect();
    let mut holes = Holes::default();
    assert!(plan_repair(&units, &records, &mut holes).is_empty());
    records.remove("e");
    for _ in 0..2 {
        assert!(plan_repair(&units, &records, &mut holes).is_empty());
    }
    let missing = plan_repair(&units, &records, &mut holes);
    // Its parent was read: another child of it has a lease.
    assert_eq!(names(&missing), ["e"]);
    let checkpoint = &missing[0].1.checkpoint;
    assert_eq!(*checkpoint, Checkpoint::Initial(InitialPosition::TrimHorizon));
}

#[test]
fn ancestors_that_nobody_read_are_mended_too() {
    let units = split_of_a_split();
    let record = |name: &str| {
        let unit = units.iter().find(|unit| unit.name == name).unwrap();
        (name.to_owned(), LeaseRecord::new(unit, InitialPosition::Latest))
    };
    let records = [record("c")].into_iter().collect();
    let mut holes = Holes::default();
    for _ in 0..2 {
        assert!(plan_repair(&units, &records, &mut holes).is_empty());
    }
    let missing = plan_repair(&units, &records, &mut holes);
    assert_eq!(names(&missing)[0], "b");
    assert_eq!(missing.len(), 3);
}
