//! What workers tell of their leases.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use weir_lease::{
    CallOutcome, InitialPosition, LeaseCall, LeaseEvent, LeaseObserver, Round, UnitId,
};
use weir_testkit::wait_for_async;

use crate::fixture::{Fixture, SET, Worker, units};
use crate::model::Model;
use crate::world::unit;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_round_tells_who_shares_the_units_and_what_a_worker_lacks() {
    let mut model = Model::new(1, 4);
    model.workers[0].settle(&mut model.table, model.now);
    let first = model.workers[0].keeper.round().unwrap();
    let alone = Round { units: 4, free: 4, workers: 1, needed: 4, chosen: 4, ..Round::default() };
    assert_eq!(first, alone);
    assert_eq!(model.workers[0].keeper.round(), None);
    model.now = 6 * SECOND;
    model.workers[0].settle(&mut model.table, model.now);
    let second = model.workers[0].keeper.round().unwrap();
    assert_eq!(second, Round { units: 4, workers: 1, taken: 4, held: 4, ..Round::default() });

    // Another one lacks two, and may ask for one at a time.
    model.workers.push(crate::world::Worker::new("late"));
    model.workers[1].settle(&mut model.table, model.now);
    let late = model.workers[1].keeper.round().unwrap();
    let asking = Round { units: 4, workers: 2, needed: 2, chosen: 1, ..Round::default() };
    assert_eq!(late, asking);
}

#[test]
fn a_round_tells_what_was_lost_and_what_nobody_has() {
    let mut model = Model::new(2, 1);
    let [first, second] = &mut model.workers[..] else { unreachable!() };
    first.settle(&mut model.table, model.now);
    first.settle(&mut model.table, model.now);
    second.settle(&mut model.table, model.now);
    assert_eq!(second.keeper.round().unwrap().free, 0);
    // The first one stands still for longer than its lease lasts.
    for now in 1..12 {
        second.settle(&mut model.table, now * SECOND);
    }
    let taking = second.keeper.round().unwrap();
    assert_eq!((taking.free, taking.chosen), (1, 1));
    assert_eq!(second.keeper.holds(&unit(0), 12 * SECOND), Some(2));
    first.settle(&mut model.table, 12 * SECOND);
    let lost = first.keeper.round().unwrap();
    assert_eq!((lost.units, lost.held, lost.lost), (1, 0, 1));
}

/// All that was told.
#[derive(Debug, Default)]
struct Told {
    calls: Mutex<HashMap<(LeaseCall, CallOutcome), usize>>,
    rounds: Mutex<Vec<Round>>,
}

impl Told {
    fn calls(&self, call: LeaseCall, outcome: CallOutcome) -> usize {
        self.calls.lock().unwrap().get(&(call, outcome)).copied().unwrap_or_default()
    }
}

impl LeaseObserver for Told {
    fn called(&self, call: LeaseCall, outcome: CallOutcome, took: Duration) {
        assert!(took < Duration::from_secs(60), "{took:?}");
        *self.calls.lock().unwrap().entry((call, outcome)).or_default() += 1;
    }

    fn round(&self, round: &Round) {
        self.rounds.lock().unwrap().push(round.clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_hears_of_each_call_by_what_it_is_for_and_what_came_of_it() {
    let fixture = Fixture::memory().await;
    let told = Arc::new(Told::default());
    let table = fixture.table().observed_by(Arc::clone(&told) as Arc<dyn LeaseObserver>);
    table.begin(SET, &units(2), InitialPosition::TrimHorizon).await.unwrap();
    let done = |call| told.calls(call, CallOutcome::Done);
    assert_eq!(done(LeaseCall::Create), 2);
    // What is there already is made by nobody.
    fixture.table().begin("other", &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = Worker::start(table.clone(), "a").await;
    for _ in 0..2 {
        worker.granted().await;
    }
    assert_eq!(done(LeaseCall::Take), 2);
    wait_for_async("renewals", async || (done(LeaseCall::Renew) >= 2).then_some(())).await;
    wait_for_async("a round of all that", async || {
        let rounds = told.rounds.lock().unwrap();
        rounds.iter().any(|round| (round.units, round.held) == (2, 2)).then_some(())
    })
    .await;
    let taken: usize = told.rounds.lock().unwrap().iter().map(|round| round.taken).sum();
    assert_eq!(taken, 2);
    assert_eq!(done(LeaseCall::List), told.rounds.lock().unwrap().len());

    // Somebody takes a lease away: the owner's next write comes too late.
    let unit = UnitId::new(SET, "shardId-000000000000");
    table.release(&unit, None).await.unwrap();
    let LeaseEvent::Lost { .. } = worker.next().await else { panic!("not lost") };
    wait_for_async("the loss in a round", async || {
        let rounds = told.rounds.lock().unwrap();
        rounds.iter().any(|round| round.lost == 1).then_some(())
    })
    .await;
}
