//! Reads one group again and again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use weir_aws::{AwsFault, FaultKind};
use weir_ingest::{Backoff, Fault, SourceError};
use weir_lease::Position;
use xxhash_rust::xxh3::xxh3_64;

use crate::desk::{self, Desk, Reading};
use crate::formats::{StreamFormats, formats_of};
use crate::group::Group;
use crate::inputs::{Covered, GroupInput, Inputs};
use crate::page::Page;
use crate::reader::{Cut, Reader, Request, Turn};

/// Waits after errors.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) };

/// Over how long the first looks at groups are spread.
const SPREAD: Duration = Duration::from_secs(10);

/// How much the high water of a group without events rises before it is written.
const IDLE_STEP: u64 = 60_000;

/// Reads one group again and again.
pub(crate) struct Poller {
    pub(crate) desk: Arc<Desk>,
    pub(crate) group: Arc<Group>,
    pub(crate) reading: Reading,
    pub(crate) reader: Reader,
    pub(crate) inputs: watch::Receiver<Inputs>,
    /// Something was lost: it comes first, also when the group is about to be handed over.
    pub(crate) is_again: bool,
    /// When the last pass began, in milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) begun: u64,
    /// When the last one began that came to its end.
    pub(crate) looked: u64,
    /// What better sources have of it, as it was said last.
    pub(crate) covered: Vec<Covered>,
    /// Nobody wants this reading any more.
    pub(crate) stop: CancellationToken,
}

/// The source is gone.
struct Gone;

/// Why a page is not read.
enum Halt {
    Gone,
    Error(SourceError),
}

impl From<Gone> for Halt {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl From<SourceError> for Halt {
    fn from(error: SourceError) -> Self {
        Self::Error(error)
    }
}

impl Poller {
    /// Reads until it is stopped, or the group is to be handed over.
    pub(crate) async fn run(self) {
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(mut self) {
        if self.is_again && self.one_pass().await.is_err() {
            return;
        }
        let closing = self.group.closing.clone();
        tokio::select! {
            biased;
            () = closing.cancelled() => {}
            Err(Gone) = self.read_on() => return,
        }
        let closed = desk::Event::Closed { reading: self.reading.clone() };
        drop(self.desk.events.send(closed).await);
    }

    async fn read_on(&mut self) -> Result<(), Gone> {
        let mut next = Instant::now();
        if !self.is_again {
            next += self.first_wait();
        }
        loop {
            let interval = self.wait(next).await;
            let start = Instant::now();
            self.one_pass().await?;
            next = start + interval;
        }
    }

    /// Groups that were all granted at the same moment are not all looked at then.
    fn first_wait(&self) -> Duration {
        let most = self.inputs.borrow().interval.min(SPREAD);
        let place = xxh3_64(self.reading.unit.set.as_bytes()) % 1024;
        most.mul_f64(place as f64 / 1024.0)
    }

    /// Waits for `next`, which comes sooner when the interval gets shorter. The interval.
    async fn wait(&mut self, mut next: Instant) -> Duration {
        let mut interval = self.inputs.borrow_and_update().interval;
        loop {
            tokio::select! {
                () = sleep_until(next) => return interval,
                Ok(()) = self.inputs.changed() => {
                    let before = interval;
                    interval = self.inputs.borrow_and_update().interval;
                    next = (next + interval).checked_sub(before).unwrap_or(next);
                }
            }
        }
    }

    /// A pass over the window, with as many attempts as it takes.
    async fn one_pass(&mut self) -> Result<(), Gone> {
        let (mut failures, mut formats) = (0, self.desk.formats.clone());
        loop {
            formats.mark_unchanged();
            let error = match self.pass().await {
                Ok(()) => break,
                Err(Halt::Gone) => return Err(Gone),
                Err(Halt::Error(error)) => error,
            };
            failures += 1;
            self.note(&error.describe());
            let name = self.group.log_group().to_string();
            self.tell(desk::Event::Delayed { name, error }).await?;
            tokio::select! {
                () = sleep_until(Instant::now() + BACKOFF.wait(failures)) => {}
                // They may be what it failed for.
                Ok(()) = formats.changed() => {}
            }
        }
        self.note("");
        self.write_idle().await;
        Ok(())
    }

    async fn pass(&mut self) -> Result<(), Halt> {
        let desk = Arc::clone(&self.desk);
        // Nothing is asked for that could not be read.
        formats_of(&desk.formats, &self.input(), "")?;
        if !self.begin(desk::now()) {
            return Ok(());
        }
        loop {
            // Who catches up with hours gives others their turn after each slice.
            let permit = desk.readings.acquire().await.map_err(|_| Gone)?;
            let turn = self.slice().await?;
            drop(permit);
            self.group.set_behind(self.reader.behind());
            if turn == Turn::Pass {
                self.looked = self.begun;
                return Ok(());
            }
        }
    }

    /// Begins a pass, or goes on with one. False when there is nothing to ask for.
    fn begin(&mut self, now: u64) -> bool {
        if self.reader.request().is_some() {
            return true;
        }
        self.begun = now;
        let Inputs { overlap, settle, .. } = *self.inputs.borrow();
        self.reader.reach(overlap, settle);
        let covered = self.input().covered;
        self.say_who_reads(&covered);
        for Covered { after, until } in &covered {
            if let Some(until) = until {
                self.reader.pass_over(*after, *until);
            }
        }
        let open = covered.iter().filter(|each| each.until.is_none());
        match open.map(|each| each.after).min() {
            None => self.reader.begin(now),
            Some(after) => {
                let [overlap, settle] = [overlap, settle].map(milliseconds);
                // Timestamps may be younger than the ends of their records.
                let last = after.saturating_add(overlap).saturating_add(settle);
                // What becomes visible within two overlaps was found by a pass that began later.
                let found = last.saturating_add(overlap.saturating_mul(2));
                self.looked <= found && self.reader.begin(now.min(last))
            }
        }
    }

    /// A line of the log for each time that a stream takes over, and one for when that ends.
    fn say_who_reads(&mut self, covered: &[Covered]) {
        for Covered { after, until } in covered.iter().filter(|each| !self.covered.contains(each)) {
            let (group, after, until) = (self.group.log_group(), text(*after), until.map(text));
            tracing::info!(%group, after, until, "a stream has the records that end in this time");
        }
        self.covered = covered.to_vec();
    }

    async fn slice(&mut self) -> Result<Turn, Halt> {
        let mut streams = HashMap::new();
        while let Some(request) = self.reader.request() {
            let answer = self.fetch(request).await?;
            let next = answer.next_token.clone();
            self.take(answer, &mut streams).await?;
            let (turn, cuts) = self.reader.turn(next);
            self.send(cuts).await?;
            match turn {
                Turn::Page => {}
                Turn::Slice | Turn::Pass => return Ok(turn),
                Turn::Stuck => {
                    let what = "FilterLogEvents gives a token that leads to itself";
                    return Err(SourceError::transient(Fault::Read, what).into());
                }
            }
        }
        Ok(Turn::Pass)
    }

    /// Asks for a page, at the pace of the account and region.
    async fn fetch(&mut self, mut request: Request) -> Result<FilterLogEventsOutput, SourceError> {
        let input = self.input();
        let (group, region) = (&input.group, input.group.region());
        let client = self.desk.clients.of(&input.access, region).await?;
        let lane = self.desk.lanes.of((group.account_id().to_owned(), region.to_owned()));
        loop {
            lane.take().await;
            let call = || {
                let call = client.sdk.filter_log_events().log_group_name(group.name());
                let call = call.start_time(signed(request.start)).end_time(signed(request.end));
                call.set_next_token(request.token.clone()).send()
            };
            match client.account.with_fresh_credentials(call).await {
                Ok(answer) => {
                    lane.answered();
                    self.desk.metrics.page(group, answer.events().len());
                    self.desk.reads.note(&self.reading.unit.set);
                    return Ok(answer);
                }
                Err(fault) if fault.kind == FaultKind::Throttled => {
                    lane.refuse();
                    self.desk.metrics.throttled(group);
                    tracing::debug!(%group, "CloudWatch Logs asks for fewer calls");
                }
                // Tokens end after a day.
                Err(fault) if is_of_token(&fault) && request.token.is_some() => {
                    self.reader.restart_slice();
                    request.token = None;
                }
                Err(fault) => return Err(SourceError::of_aws("FilterLogEvents", fault)),
            }
        }
    }

    /// Takes the events of a page.
    async fn take(
        &mut self,
        answer: FilterLogEventsOutput,
        streams: &mut HashMap<String, StreamFormats>,
    ) -> Result<(), Halt> {
        let page = Page::of(answer.events.unwrap_or_default());
        let unsure = page.unsure(&self.reader);
        if !unsure.is_empty() {
            let known = self.desk.memory.known(&self.group, &unsure).await?;
            known.into_iter().for_each(|id| self.reader.know(id));
        }
        for event in page.events() {
            if !streams.contains_key(event.stream) {
                let formats = formats_of(&self.desk.formats, &self.input(), event.stream)?;
                streams.insert(event.stream.to_owned(), formats);
            }
        }
        let (overlap, covered) = (self.inputs.borrow().overlap, self.input().covered);
        let whose = (&*self.desk, &*self.group);
        let cuts = page.read(whose, (overlap, &covered), &mut self.reader, streams);
        self.send(cuts).await.map_err(Halt::from)
    }

    /// What is asked for now: it may change while the lease is held.
    fn input(&self) -> GroupInput {
        let begun = self.desk.begun.get(&self.group.unit);
        begun.map_or_else(|| self.group.input.clone(), |begun| begun.input)
    }

    async fn send(&self, cuts: impl IntoIterator<Item = Cut>) -> Result<(), Gone> {
        for cut in cuts {
            let age = Duration::from_millis(desk::now().saturating_sub(cut.lines.oldest));
            let (run, place) = self.group.run(cut);
            let reading = self.reading.clone();
            self.tell(desk::Event::Run { reading, run, place, age }).await?;
        }
        Ok(())
    }

    async fn tell(&self, event: desk::Event) -> Result<(), Gone> {
        self.desk.events.send(event).await.map_err(|_| Gone)
    }

    /// What is shown of the group beside its lease.
    fn note(&self, error: &str) {
        let lag = self.reader.behind().map_or(0, |since| desk::now().saturating_sub(since));
        self.desk.leases.note(&self.group.unit, Some(lag), error);
    }

    /// Writes how far a group without events is read: no run will. Everything that was sent of it
    /// is committed then.
    async fn write_idle(&mut self) {
        let high_water = self.reader.high_water();
        if !self.group.is_idle() || !self.group.rises_to(high_water, IDLE_STEP) {
            return;
        }
        let Ok(position) = Position::new(high_water.to_string()) else { return };
        let (unit, fence) = (&self.group.unit, self.group.fence);
        match self.desk.leases.checkpoint(unit, fence, position).await {
            Ok(()) => self.group.has_written(high_water),
            Err(_) => self.desk.metrics.fenced(),
        }
    }
}

fn is_of_token(fault: &AwsFault) -> bool {
    fault.kind == FaultKind::Invalid
}

/// A time as people read it.
fn text(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().map(jiff::Timestamp::from_millisecond);
    time.and_then(Result::ok).unwrap_or(jiff::Timestamp::MAX).to_string()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
