//! The task of a worker.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use weir_store::StoreError;

use super::LeaseEvent;
use super::waiters::Waiters;
use crate::config::LeaseConfig;
use crate::error::LeaseError;
use crate::keeper::{Call, Event, Keeper, Purpose, Reply, Trouble};
use crate::observer::{CallOutcome, LeaseCall};
use crate::position::Checkpoint;
use crate::record::{Child, Renewal};
use crate::table::Table;
use crate::unit::UnitId;

/// Calls of the store at once.
const CALLS: usize = 64;

/// The longest wait without a look at what is due.
const LONGEST: Duration = Duration::from_secs(60);

/// What is asked of the worker.
pub(super) enum Request {
    Want(HashSet<String>),
    Checkpoint {
        unit: UnitId,
        fence: u64,
        checkpoint: Checkpoint,
        children: Vec<Child>,
        done: oneshot::Sender<bool>,
    },
    Release {
        unit: UnitId,
        fence: u64,
        done: oneshot::Sender<bool>,
    },
    Note {
        unit: UnitId,
        lag_ms: Option<u64>,
        last_error: String,
    },
    Close,
}

type Calling = Pin<Box<dyn Future<Output = Reply> + Send>>;

pub(super) struct Task {
    table: Table,
    failover: Duration,
    keeper: Keeper,
    start: Instant,
    waiters: Waiters,
    /// Events that nobody has taken yet: some for each unit at most.
    untold: VecDeque<LeaseEvent>,
    told: mpsc::Sender<LeaseEvent>,
    calls: FuturesUnordered<Calling>,
    permits: Arc<Semaphore>,
}

impl Task {
    pub(super) fn new(table: Table, config: LeaseConfig, told: mpsc::Sender<LeaseEvent>) -> Self {
        Self {
            table,
            failover: config.failover,
            keeper: Keeper::new(config),
            start: Instant::now(),
            waiters: Waiters::default(),
            untold: VecDeque::new(),
            told,
            calls: FuturesUnordered::new(),
            permits: Arc::new(Semaphore::new(CALLS)),
        }
    }

    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let told = self.told.clone();
        loop {
            for call in self.keeper.poll(self.now()) {
                let call = stamped(call, self.failover);
                self.calls.push(Box::pin(make(
                    self.table.clone(),
                    call,
                    Arc::clone(&self.permits),
                )));
            }
            if let Some(round) = self.keeper.round() {
                self.table.tell_round(&round);
            }
            self.take_events();
            let wake = self.start + self.keeper.wake().min(self.now() + LONGEST);
            tokio::select! {
                Some(reply) = self.calls.next(), if !self.calls.is_empty() => {
                    self.keeper.reply(reply, self.now());
                }
                request = requests.recv() => match request {
                    Some(request) => self.take_request(request),
                    None => return,
                },
                permit = told.reserve(), if !self.untold.is_empty() => {
                    let Ok(permit) = permit else { return };
                    let Some(event) = self.untold.pop_front() else { continue };
                    let is_last = matches!(event, LeaseEvent::Failed(_));
                    permit.send(event);
                    if is_last {
                        return;
                    }
                }
                () = sleep_until(wake) => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn take_request(&mut self, request: Request) {
        match request {
            Request::Want(sets) => self.keeper.want(sets),
            Request::Close => self.keeper.close(),
            Request::Note { unit, lag_ms, last_error } => {
                self.keeper.note(&unit, lag_ms, &last_error);
            }
            Request::Release { unit, fence, done } => match self.keeper.release(&unit, fence) {
                Ok(()) => self.waiters.add(unit, None, done),
                Err(_) => done.send(false).unwrap_or_default(),
            },
            Request::Checkpoint { unit, fence, checkpoint, children, done } => {
                let written = match &checkpoint {
                    Checkpoint::At(position) => {
                        self.keeper.checkpoint(&unit, fence, position.clone())
                    }
                    _ => self.keeper.finish(&unit, fence, children),
                };
                match written {
                    Ok(()) => self.waiters.add(unit, Some(checkpoint), done),
                    Err(_) => done.send(false).unwrap_or_default(),
                }
            }
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.keeper.event() {
            let event = match event {
                Event::Checkpointed { unit, checkpoint } => {
                    self.waiters.checkpointed(&unit, &checkpoint);
                    continue;
                }
                Event::Released { unit } => {
                    self.waiters.released(&unit);
                    continue;
                }
                Event::Granted { unit, fence, checkpoint, placement } => {
                    LeaseEvent::Granted { unit, fence, checkpoint, placement }
                }
                Event::Asked { unit } => LeaseEvent::Asked { unit },
                Event::Lost { unit, fence, reason } => {
                    self.waiters.lost(&unit);
                    LeaseEvent::Lost { unit, fence, reason }
                }
                Event::StateLost { set } => LeaseEvent::Failed(LeaseError::StateLost { set }),
            };
            self.untold.push_back(event);
        }
    }
}

/// Notes in a record that is ours when that is written. The keeper knows no such time.
fn stamped(mut call: Call, failover: Duration) -> Call {
    if let Call::Write {
        record, purpose: Purpose::Take | Purpose::Renew | Purpose::Release, ..
    } = &mut call
    {
        let at_ms = milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        let until_ms = at_ms.saturating_add(milliseconds(failover));
        record.renewal = record.owner.as_ref().map(|_| Renewal { at_ms, until_ms });
    }
    call
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Makes a call. It waits for its turn, and that counts as its own time.
async fn make(table: Table, call: Call, permits: Arc<Semaphore>) -> Reply {
    let call_made = Made { table: &table, call: LeaseCall::from(&call), began: Instant::now() };
    let _permit = permits.acquire().await;
    match call {
        Call::List => Reply::Listed(call_made.with(table.list().await)),
        Call::Read(unit) => {
            let read = call_made.with(table.get(&unit).await);
            Reply::Read(unit, read)
        }
        Call::Write { unit, record, condition, .. } => {
            let written = call_made.with(table.put(&unit, &record, condition).await);
            Reply::Written(unit, written)
        }
        Call::Delete(unit, etag) => {
            let deleted = call_made.with(table.delete(&unit, etag).await);
            Reply::Deleted(unit, deleted)
        }
    }
}

/// A call that is being made.
struct Made<'a> {
    table: &'a Table,
    call: LeaseCall,
    began: Instant,
}

impl Made<'_> {
    /// Tells what came of it, and hands that on as the keeper knows it.
    fn with<T>(self, result: Result<T, LeaseError>) -> Result<T, Trouble> {
        self.table.tell_call(self.call, CallOutcome::of(&result), self.began.elapsed());
        result.map_err(trouble)
    }
}

fn trouble(error: LeaseError) -> Trouble {
    match error {
        LeaseError::StateLost { .. } => Trouble::Lost,
        LeaseError::Store(StoreError::Conflict { .. }) => Trouble::Conflict,
        error => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "a lease cannot be read or written");
            Trouble::Unknown
        }
    }
}
