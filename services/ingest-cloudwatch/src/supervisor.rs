//! Has the groups that are to be read begin, and no others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use weir_ingest::{Backoff, Fault, SourceError};
use weir_lease::{InitialPosition, LeaseError, Listing};

use crate::desk::{BegunGroup, Desk, Event, now};
use crate::group::{floor_of, unit_of, units};
use crate::inputs::{GroupInput, Inputs};
use crate::pace::Quota;

/// Waits after errors.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) };

/// How often it is looked at how many workers call an API.
const SHARE: Duration = Duration::from_secs(10);

/// Follows `inputs` until `stop`. When nobody can change them any more they stay as they are.
pub(crate) async fn follow(
    desk: Arc<Desk>,
    mut inputs: watch::Receiver<Inputs>,
    stop: CancellationToken,
) {
    let followed = async {
        let mut failures = 0;
        loop {
            let groups = inputs.borrow_and_update().groups.clone();
            if let Err(error) = apply(&desk, groups).await {
                failures += 1;
                // A person has to say where to go on.
                let is_lost = matches!(error, LeaseError::NotBegun { .. });
                let error_of = if is_lost { SourceError::fatal } else { SourceError::transient };
                let what = "log groups cannot begin to be read";
                let error = error_of(Fault::State, what).because(error);
                let name = "leases".to_owned();
                if desk.events.send(Event::Delayed { name, error }).await.is_err() {
                    return;
                }
                sleep(BACKOFF.wait(failures)).await;
                continue;
            }
            failures = 0;
            loop {
                tokio::select! {
                    Ok(()) = inputs.changed() => break,
                    () = sleep(SHARE) => share(&desk).await,
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = followed => {}
    }
}

/// Has each group begin, unless it has, and takes leases of all of them and of no others.
async fn apply(desk: &Desk, groups: Vec<GroupInput>) -> Result<(), LeaseError> {
    let mut begun = HashMap::new();
    for input in groups {
        let unit = unit_of(&input.group);
        let floor = begin(desk, &unit.set, &input).await?;
        begun.insert(unit, BegunGroup { input, floor });
    }
    let sets: HashSet<_> = begun.keys().map(|unit| unit.set.clone()).collect();
    desk.begun.replace(begun);
    desk.leases.want(sets).await
}

/// When the group began: what was ingested before is not read.
async fn begin(desk: &Desk, set: &str, input: &GroupInput) -> Result<u64, LeaseError> {
    if let Some(begun) = desk.table.begun(set).await? {
        return Ok(floor_of(begun.initial));
    }
    if !input.begin {
        return Err(LeaseError::NotBegun { set: set.to_owned() });
    }
    // What LATEST means must not change until something is committed.
    let initial = match input.start {
        InitialPosition::Latest => InitialPosition::AtTimestamp(now()),
        start => start,
    };
    let begun = desk.table.begin(set, &units(), initial).await?;
    tracing::info!(group = %input.group, at = %begun.initial, "the log group begins to be read");
    Ok(floor_of(begun.initial))
}

/// Looks at how many workers read groups of each account and region: they share its rate.
async fn share(desk: &Desk) {
    let Ok(Listing { units, .. }) = desk.table.list().await else { return };
    let mut workers: HashMap<Quota, HashSet<String>> = HashMap::new();
    for (unit, record, _) in units {
        let mut parts = unit.set.splitn(3, '/').map(str::to_owned);
        if let (Some(account), Some(region), Some(owner)) =
            (parts.next(), parts.next(), record.owner)
        {
            workers.entry((account, region)).or_default().insert(owner);
        }
    }
    let counts = workers.into_iter().map(|(quota, workers)| (quota, workers.len()));
    desk.lanes.share(&counts.collect());
}
