//! Sets in the server.

use bytes::Bytes;
use redis::cmd;

use super::script::ADD;
use super::shared::{Outcome, Shared, read};
use crate::clock::Life;
use crate::error::StoreError;
use crate::key::Key;

/// How many members go with one call: others that share the server do not wait long.
const BATCH: usize = 1000;

/// How many expired members an addition removes beside twice as many as it adds: more than come
/// are removed, and no addition takes long.
const EXTRA_REMOVALS: usize = 1000;

/// For how long a set is kept whose members have all expired: clocks may differ.
const KEPT_MILLISECONDS: u64 = 60 * 60 * 1000;

impl Shared {
    /// In batches: one that fails leaves those before it.
    pub(super) async fn add(
        &self,
        set: &Key,
        members: &[Bytes],
        life: Life,
        pin: Option<u64>,
    ) -> Result<Vec<bool>, StoreError> {
        let mut added = Vec::with_capacity(members.len());
        for batch in members.chunks(BATCH) {
            let (seen, call) = self.writing(&ADD, &[self.names.set(set)], pin)?;
            let call = call
                .text(life.now)
                .text(life.end)
                .text(self.options.max_set_members.max(1))
                .text(batch.len() * 2 + EXTRA_REMOVALS)
                .text(KEPT_MILLISECONDS);
            let call = batch.iter().fold(call, |call, member| call.octets(member));
            if let Outcome::Done(new) = self.write((seen, call), 0).await? {
                added.extend(read::<Vec<i64>>(new)?.into_iter().map(|is_new| is_new == 1));
            }
        }
        Ok(added)
    }

    pub(super) async fn contains(
        &self,
        set: &Key,
        members: &[Bytes],
        now: u64,
    ) -> Result<Vec<bool>, StoreError> {
        let mut known = Vec::with_capacity(members.len());
        for batch in members.chunks(BATCH) {
            let mut ends = cmd("ZMSCORE");
            ends.arg(self.names.set(set));
            for member in batch {
                ends.arg(member.as_ref());
            }
            let ends: Vec<Option<f64>> = self.link.read(&ends, self.link.deadline(0)).await?;
            known.extend(ends.into_iter().map(|end| end.is_some_and(|end| end > now as f64)));
        }
        Ok(known)
    }
}
