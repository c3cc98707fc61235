//! Parts that are to be read again.

use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;
use tracing::info;

use super::end::Phase;
use super::wait::Patience;
use super::{Driver, Errors};
use crate::dispatch::DeliveryEvent;
use crate::error::SourceError;
use crate::source::Source;

/// Parts that are to be read again. At most as many as there are parts.
pub(super) struct Rewinds<K> {
    parts: HashMap<K, Rewind>,
}

struct Rewind {
    /// When to do it.
    due: Instant,
    /// Since when the oldest of its lost runs waits.
    since: Instant,
    errors: Errors,
}

impl<K: Clone + Eq + Hash> Rewinds<K> {
    pub(super) fn new() -> Self {
        Self { parts: HashMap::new() }
    }

    /// A part that waits already keeps its time: more losses do not put it off.
    pub(super) fn add(&mut self, part: K, due: Instant, since: Instant) {
        let rewind = self.parts.entry(part).or_insert_with(|| Rewind {
            due,
            since,
            errors: Errors::default(),
        });
        rewind.since = rewind.since.min(since);
    }

    pub(super) fn forget(&mut self, part: &K) {
        self.parts.remove(part);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// When the first is to be done.
    pub(super) fn due(&self) -> Option<Instant> {
        self.parts.values().map(|rewind| rewind.due).min()
    }

    /// Since when the oldest lost run waits.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.parts.values().map(|rewind| rewind.since).min()
    }

    fn take_due(&mut self, now: Instant) -> Option<(K, Rewind)> {
        let part = self.parts.iter().find(|(_, rewind)| rewind.due <= now)?.0.clone();
        self.parts.remove_entry(&part)
    }
}

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    /// Has parts read again. Not while the loop comes to its end: nothing more is read then.
    pub(super) async fn rewind_what_is_due(&mut self) {
        let now = Instant::now();
        while !self.phase.is_stopping()
            && let Some((part, mut rewind)) = self.rewinds.take_due(now)
        {
            if let Err(error) = self.rewind(&part).await {
                self.show(&error, &mut rewind.errors, "rewind");
                rewind.due = rewind.errors.until.unwrap_or(now);
                self.rewinds.parts.insert(part, rewind);
                // Answers are waiting.
                return;
            }
        }
    }

    async fn rewind(&mut self, part: &S::Part) -> Result<(), SourceError> {
        if !self.ledger.contains(part) {
            return Ok(());
        }
        let to = self.ledger.checkpoint(part);
        let patience = Patience::of(&self.config);
        let call = self.source.rewind(part, to.as_ref());
        patience.limit(&self.shutdown, "a rewind", call).await?;
        self.ledger.rewind(part);
        self.faults.remove(part);
        self.phase.read_on();
        self.input.meter.rewound();
        let input = self.input.meter.name();
        info!(input, %part, ?to, "reading again what no exporter has any more");
        Ok(())
    }
}

impl Phase {
    /// A source that had come to its end has something to say again.
    fn read_on(&mut self) {
        if matches!(self, Self::Ended) {
            *self = Self::Reading;
        }
    }
}
