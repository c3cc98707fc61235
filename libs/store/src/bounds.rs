//! The bounds of what a store takes and gives.

use std::time::Duration;

use bytes::Bytes;

use crate::error::StoreError;
use crate::key::Key;
use crate::options::StoreOptions;

/// The length of the longest member of a set, in octets.
pub const MAX_MEMBER_LENGTH: usize = 512;

/// How many members of a set one call has at most: CloudWatch Logs returns as many events at once.
pub const MAX_MEMBERS_PER_CALL: usize = 10_000;

/// The longest life of a member of a set: 366 days.
pub const MAX_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How many entries a page has at most.
pub const MAX_PAGE_ENTRIES: usize = 1000;

/// Octets of values after which a page ends: it is longer by one value at most.
pub const MAX_PAGE_LENGTH: usize = 8 << 20;

pub(crate) fn check_value(
    key: &Key,
    value: &Bytes,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let (length, limit) = (value.len(), options.max_value_length);
    if length > limit {
        return Err(StoreError::ValueTooLong { key: key.clone(), length, limit });
    }
    Ok(())
}

pub(crate) fn check_members(set: &Key, members: &[Bytes]) -> Result<(), StoreError> {
    if members.len() > MAX_MEMBERS_PER_CALL {
        return Err(StoreError::TooManyMembers { set: set.clone(), count: members.len() });
    }
    match members.iter().map(Bytes::len).find(|&length| length > MAX_MEMBER_LENGTH) {
        Some(length) => Err(StoreError::MemberTooLong { set: set.clone(), length }),
        None => Ok(()),
    }
}

pub(crate) fn check_ttl(set: &Key, ttl: Duration) -> Result<(), StoreError> {
    if ttl.is_zero() || ttl > MAX_TTL {
        return Err(StoreError::Ttl { set: set.clone(), ttl });
    }
    Ok(())
}
