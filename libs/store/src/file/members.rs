//! Sets in the file.

use bytes::Bytes;
use redb::{ReadTransaction, ReadableTable, Table, WriteTransaction};

use super::tables::{ENDS, MEMBERS, SIZES};
use crate::clock::Life;
use crate::key::Key;

/// How many expired members an addition removes beside twice as many as it adds: more than come
/// are removed, and no addition takes long.
const EXTRA_REMOVALS: u64 = 1000;

/// A set and the tables that it is in.
struct MemberSet<'t> {
    name: &'t str,
    members: Table<'t, (&'static str, &'static [u8]), u64>,
    ends: Table<'t, (&'static str, u64, &'static [u8]), ()>,
    size: u64,
}

pub(super) fn add(
    transaction: &WriteTransaction,
    set: &Key,
    members: &[Bytes],
    life: Life,
    max: usize,
) -> Result<Vec<bool>, redb::Error> {
    let mut sizes = transaction.open_table(SIZES)?;
    let mut set = MemberSet {
        name: set.as_str(),
        members: transaction.open_table(MEMBERS)?,
        ends: transaction.open_table(ENDS)?,
        size: sizes.get(set.as_str())?.map_or(0, |stored| stored.value()),
    };
    set.remove_expired(life.now, members.len() as u64 * 2 + EXTRA_REMOVALS)?;
    let added = members.iter().map(|member| set.add(member, life, max as u64));
    let added = added.collect::<Result<Vec<_>, _>>()?;
    sizes.insert(set.name, set.size)?;
    Ok(added)
}

pub(super) fn contains(
    transaction: &ReadTransaction,
    set: &Key,
    members: &[Bytes],
    now: u64,
) -> Result<Vec<bool>, redb::Error> {
    let table = transaction.open_table(MEMBERS)?;
    let is_in = |member: &Bytes| {
        let end = table.get((set.as_str(), member.as_ref()))?;
        Ok(end.is_some_and(|end| end.value() > now))
    };
    members.iter().map(is_in).collect()
}

/// Removes the expired members of all sets: nobody may add to a set any more.
pub(super) fn remove_expired(transaction: &WriteTransaction, now: u64) -> Result<(), redb::Error> {
    let mut sizes = transaction.open_table(SIZES)?;
    let names = sizes.iter()?.map(|entry| Ok(entry?.0.value().to_owned()));
    let names = names.collect::<Result<Vec<_>, redb::Error>>()?;
    for name in names {
        let size = sizes.get(name.as_str())?.map_or(0, |stored| stored.value());
        let members = transaction.open_table(MEMBERS)?;
        let ends = transaction.open_table(ENDS)?;
        let mut set = MemberSet { name: &name, members, ends, size };
        set.remove_expired(now, u64::MAX)?;
        let size = set.size;
        drop(set);
        if size == 0 {
            sizes.remove(name.as_str())?;
        } else {
            sizes.insert(name.as_str(), size)?;
        }
    }
    Ok(())
}

impl MemberSet<'_> {
    /// Whether the member is new.
    fn add(&mut self, member: &[u8], life: Life, max: u64) -> Result<bool, redb::Error> {
        let end = self.members.get((self.name, member))?.map(|end| end.value());
        if let Some(end) = end.filter(|&end| end > life.now) {
            if life.end > end {
                self.ends.remove((self.name, end, member))?;
                self.insert(member, life.end)?;
            }
            return Ok(false);
        }
        if let Some(end) = end {
            self.remove(end, member)?;
        }
        while self.size >= max && self.remove_first(u64::MAX)? {}
        self.insert(member, life.end)?;
        self.size += 1;
        Ok(true)
    }

    /// Removes up to `limit` members that have expired.
    fn remove_expired(&mut self, now: u64, limit: u64) -> Result<(), redb::Error> {
        for _ in 0..limit {
            if !self.remove_first(now)? {
                break;
            }
        }
        Ok(())
    }

    /// Removes the member whose end comes first, if it comes by `latest`.
    fn remove_first(&mut self, latest: u64) -> Result<bool, redb::Error> {
        let from = (self.name, 0, [].as_slice());
        let first = match self.ends.range(from..)?.next().transpose()? {
            None => return Ok(false),
            Some((key, _)) => {
                let (name, end, member) = key.value();
                (name == self.name && end <= latest).then(|| (end, member.to_vec()))
            }
        };
        let Some((end, member)) = first else { return Ok(false) };
        self.remove(end, &member)?;
        Ok(true)
    }

    fn insert(&mut self, member: &[u8], end: u64) -> Result<(), redb::Error> {
        self.members.insert((self.name, member), end)?;
        self.ends.insert((self.name, end, member), ())?;
        Ok(())
    }

    fn remove(&mut self, end: u64, member: &[u8]) -> Result<(), redb::Error> {
        self.members.remove((self.name, member))?;
        self.ends.remove((self.name, end, member))?;
        self.size = self.size.saturating_sub(1);
        Ok(())
    }
}
