//! Values in the server.

use bytes::Bytes;
use tokio::time::Instant;

use super::etags::{conflict, etag_in, etag_of, foreign, wanted};
use super::shared::{Outcome, Shared};
use super::{script, upload};
use crate::error::StoreError;
use crate::etag::{Etag, new_epoch};
use crate::key::Key;
use crate::store::{Condition, Versioned};

/// Octets of an etag, which stands before each value.
pub(super) const HEAD: usize = 32;

/// Octets of a value that go with one call: others that share the connection do not wait long.
pub(super) const PART: usize = 1 << 20;

/// How often a value is read again that changes while its parts are read.
pub(super) const READINGS: usize = 3;

/// The first octets of what stands in the server for a value.
pub(super) struct Start {
    pub(super) length: usize,
    pub(super) octets: Vec<u8>,
}

/// The epoch and the revision of the state; the etag, the length and a part of a value.
type Part = (String, u64, Vec<u8>, usize, Vec<u8>);

impl Shared {
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let deadline = self.link.deadline(self.options.max_value_length);
        for _ in 0..READINGS {
            let (_, length, octets) = self.part(key, 0, deadline).await?;
            if length == 0 {
                return Ok(None);
            }
            if let Some(value) = self.complete(key, Start { length, octets }, deadline).await? {
                return Ok(Some(value));
            }
        }
        Err(changing(key))
    }

    /// The whole of a value, none when it changes meanwhile.
    pub(super) async fn complete(
        &self,
        key: &Key,
        start: Start,
        deadline: Instant,
    ) -> Result<Option<Versioned>, StoreError> {
        let Start { length, mut octets } = start;
        let etag = etag_of(octets.get(..HEAD).unwrap_or(&octets))?.ok_or_else(foreign)?;
        octets.reserve_exact(length.saturating_sub(octets.len()));
        while octets.len() < length {
            let (current, _, part) = self.part(key, octets.len(), deadline).await?;
            if current != Some(etag) || part.is_empty() {
                return Ok(None);
            }
            octets.extend_from_slice(&part);
        }
        Ok(Some(Versioned { value: Bytes::from(octets).slice(HEAD..), etag }))
    }

    async fn part(
        &self,
        key: &Key,
        from: usize,
        deadline: Instant,
    ) -> Result<(Option<Etag>, usize, Vec<u8>), StoreError> {
        let seen = self.life.seen();
        let call = script::Call::of(&script::GET, [self.names.about(), self.names.value(key)])
            .text(from)
            .text(from + PART - 1);
        let (epoch, revision, etag, length, part): Part = self.link.run(&call, deadline).await?;
        self.note(&seen, &epoch, revision);
        Ok((etag_of(&etag)?, length, part))
    }

    pub(super) async fn put(
        &self,
        key: &Key,
        value: &[u8],
        condition: Condition,
        pin: Option<u64>,
    ) -> Result<Etag, StoreError> {
        for _ in 0..upload::ATTEMPTS {
            let mut keys = vec![self.names.index(), self.names.value(key)];
            let octets = if value.len() <= PART {
                None
            } else {
                keys.push(self.upload(value).await?);
                Some((value.len() + HEAD).to_string())
            };
            let octets = octets.as_ref().map_or(value, |length| length.as_bytes());
            let (seen, call) = self.writing(&script::PUT, &keys, pin)?;
            let call = call
                .text(wanted(condition))
                .text(format_args!("{:016x}", new_epoch()))
                .octets(key.as_str().as_bytes())
                .text(self.names.channel())
                .octets(octets);
            match self.write((seen, call), 0).await? {
                Outcome::Done(etag) => return etag_in(etag)?.ok_or_else(foreign),
                Outcome::Conflict(current) => return Err(conflict(key, current)?),
                Outcome::Gone => {}
            }
        }
        Err(upload::gone(key))
    }

    pub(super) async fn delete(
        &self,
        key: &Key,
        condition: Condition,
        pin: Option<u64>,
    ) -> Result<bool, StoreError> {
        let keys = [self.names.index(), self.names.value(key)];
        let (seen, call) = self.writing(&script::DELETE, &keys, pin)?;
        let call = call
            .text(wanted(condition))
            .text("")
            .octets(key.as_str().as_bytes())
            .text(self.names.channel());
        match self.write((seen, call), 0).await? {
            Outcome::Done(before) => Ok(etag_in(before)?.is_some()),
            Outcome::Conflict(current) => Err(conflict(key, current)?),
            Outcome::Gone => Err(upload::gone(key)),
        }
    }
}

pub(super) fn changing(key: &Key) -> StoreError {
    StoreError::Failed { source: format!("`{key}` changes faster than it can be read").into() }
}
