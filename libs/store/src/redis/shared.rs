//! What all parts of a store on a server share.

use redis::{Value, from_redis_value};

use super::life::{Life, Seen};
use super::link::Link;
use super::names::Names;
use super::script::{Call, Script};
use crate::error::StoreError;
use crate::etag::new_epoch;
use crate::options::StoreOptions;
use crate::watch::Hub;

/// What all parts of a store on a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) link: std::sync::Arc<Link>,
    pub(super) names: Names,
    pub(super) options: StoreOptions,
    pub(super) hub: Hub,
    pub(super) life: Life,
}

/// What a script that writes answers: whether it did, the epoch, the revision, and more.
type Written = (String, String, u64, Value);

/// What a write came to.
pub(super) enum Outcome {
    Done(Value),
    /// The condition does not hold; the current etag, if any.
    Conflict(Value),
    /// What was uploaded is not there any more.
    Gone,
}

impl Shared {
    /// A call of a script that writes: with what was seen of the state before.
    pub(super) fn writing<'a>(
        &self,
        script: &'static Script,
        keys: &[String],
        pin: Option<u64>,
    ) -> Result<(Seen, Call<'a>), StoreError> {
        self.check(pin)?;
        let seen = self.life.seen();
        let mut all = vec![self.names.about()];
        all.extend_from_slice(keys);
        let call = Call::of(script, all)
            .text(&seen.epoch)
            .text(seen.revision)
            .text(format_args!("{:016x}", new_epoch()))
            .text(u8::from(pin.is_some()));
        Ok((seen, call))
    }

    pub(super) async fn write(
        &self,
        (seen, call): (Seen, Call<'_>),
        octets: usize,
    ) -> Result<Outcome, StoreError> {
        let deadline = self.link.deadline(octets);
        let (outcome, epoch, revision, answer): Written = self.link.run(&call, deadline).await?;
        self.note(&seen, &epoch, revision);
        match outcome.as_str() {
            "done" => Ok(Outcome::Done(answer)),
            "conflict" => Ok(Outcome::Conflict(answer)),
            "gone" => Ok(Outcome::Gone),
            _ => Err(self.lost()),
        }
    }

    /// Takes note of what an answer says about the state.
    pub(super) fn note(&self, seen: &Seen, epoch: &str, revision: u64) {
        if self.life.note(seen, epoch, revision) {
            tracing::error!(
                server = self.link.connector().server(),
                "the data in the Redis server was lost or put back to an earlier state"
            );
            self.hub.tell_to_resync();
        }
    }

    /// An error when something was lost since then.
    pub(super) fn check(&self, pin: Option<u64>) -> Result<(), StoreError> {
        match pin {
            Some(losses) if losses != self.life.losses() => Err(self.lost()),
            _ => Ok(()),
        }
    }

    fn lost(&self) -> StoreError {
        StoreError::Lost { server: self.link.connector().server() }
    }
}

/// An answer as what it must be.
pub(super) fn read<T: redis::FromRedisValue>(answer: Value) -> Result<T, StoreError> {
    from_redis_value(answer).map_err(|source| StoreError::Failed { source: Box::new(source) })
}
