//! Values in the file.

use std::ops::Bound;

use bytes::Bytes;
use redb::{ReadTransaction, ReadableTable, Table, WriteTransaction};

use super::calls::Outcome;
use super::tables::{ABOUT, ABOUT_REVISION, VALUES};
use crate::error::StoreError;
use crate::etag::Etag;
use crate::key::Key;
use crate::page::{Page, PageBuilder};
use crate::prefix::Prefix;
use crate::store::{Condition, Versioned};

/// What a write that compares came to: a conflict is an answer, the file is as it was.
type Compared<T> = Outcome<Result<T, StoreError>>;

type Values<'t> = Table<'t, &'static str, (u128, &'static [u8])>;

pub(super) fn get(
    transaction: &ReadTransaction,
    key: &Key,
) -> Result<Option<Versioned>, redb::Error> {
    let table = transaction.open_table(VALUES)?;
    let stored = table.get(key.as_str())?;
    Ok(stored.map(|stored| versioned(stored.value())))
}

pub(super) fn list(
    transaction: &ReadTransaction,
    prefix: &Prefix,
    after: Option<&Key>,
    limit: usize,
) -> Result<Page, redb::Error> {
    let table = transaction.open_table(VALUES)?;
    let start = prefix.start();
    let mut page = PageBuilder::new(limit);
    for entry in table.range::<&str>((Prefix::from(&start, after), Bound::Unbounded))? {
        let (key, value) = entry?;
        if !key.value().starts_with(&start) || page.is_full() {
            break;
        }
        page.push(key_of(key.value())?, versioned(value.value()));
    }
    Ok(page.finish())
}

pub(super) fn put(
    transaction: &WriteTransaction,
    key: Key,
    value: &Bytes,
    condition: Condition,
    epoch: u64,
) -> Result<Compared<Etag>, redb::Error> {
    let mut table = transaction.open_table(VALUES)?;
    if let Err(conflict) = condition.check(&key, etag_of(&table, &key)?) {
        return Ok(Outcome::Same(Err(conflict)));
    }
    let etag = Etag::new(next_revision(transaction)?, epoch);
    table.insert(key.as_str(), (etag.to_bits(), value.as_ref()))?;
    Ok(Outcome::Changed { answer: Ok(etag), key: Some(key) })
}

pub(super) fn delete(
    transaction: &WriteTransaction,
    key: Key,
    condition: Condition,
) -> Result<Compared<bool>, redb::Error> {
    let mut table = transaction.open_table(VALUES)?;
    if let Err(conflict) = condition.check(&key, etag_of(&table, &key)?) {
        return Ok(Outcome::Same(Err(conflict)));
    }
    let was_there = table.remove(key.as_str())?.is_some();
    if !was_there {
        return Ok(Outcome::Same(Ok(false)));
    }
    Ok(Outcome::Changed { answer: Ok(true), key: Some(key) })
}

fn etag_of(table: &Values<'_>, key: &Key) -> Result<Option<Etag>, redb::Error> {
    let stored = table.get(key.as_str())?;
    Ok(stored.map(|stored| Etag::from_bits(stored.value().0)))
}

fn next_revision(transaction: &WriteTransaction) -> Result<u64, redb::Error> {
    let mut about = transaction.open_table(ABOUT)?;
    let revision = about.get(ABOUT_REVISION)?.map_or(0, |stored| stored.value()).wrapping_add(1);
    about.insert(ABOUT_REVISION, revision)?;
    Ok(revision)
}

fn versioned((etag, value): (u128, &[u8])) -> Versioned {
    Versioned { value: Bytes::copy_from_slice(value), etag: Etag::from_bits(etag) }
}

/// Only keys were written, so anything else is damage.
fn key_of(text: &str) -> Result<Key, redb::Error> {
    Key::new(text).map_err(|error| redb::Error::Corrupted(error.to_string()))
}
