//! Where leases are in the store: `leases/TABLE/sets/SET` and `leases/TABLE/units/SET/UNIT`.

use weir_store::{Key, Prefix};

use crate::error::LeaseError;
use crate::unit::UnitId;

/// What a key of a table names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Set(String),
    Unit(UnitId),
}

pub(crate) fn of_set(table: &str, set: &str) -> Result<Key, LeaseError> {
    let key = Key::of_parts(["leases", table, "sets", set]);
    key.map_err(|source| LeaseError::Name { name: set.to_owned(), source })
}

pub(crate) fn of_unit(table: &str, unit: &UnitId) -> Result<Key, LeaseError> {
    let key = Key::of_parts(["leases", table, "units", &unit.set, &unit.name]);
    key.map_err(|source| LeaseError::Name { name: unit.to_string(), source })
}

/// All keys of a table.
pub(crate) fn of_table(table: &str) -> Result<Prefix, LeaseError> {
    let key = Key::of_parts(["leases", table]);
    let key = key.map_err(|source| LeaseError::Name { name: table.to_owned(), source })?;
    Ok(Prefix::below(key))
}

/// The keys of a table's units.
pub(crate) fn of_units(table: &str) -> Result<Prefix, LeaseError> {
    let key = Key::of_parts(["leases", table, "units"]);
    let key = key.map_err(|source| LeaseError::Name { name: table.to_owned(), source })?;
    Ok(Prefix::below(key))
}

pub(crate) fn named(key: &Key) -> Option<Named> {
    let parts: Vec<_> = key.parts().collect();
    match parts.as_slice() {
        [_, _, kind, set] if kind == "sets" => Some(Named::Set(set.clone())),
        [_, _, kind, set, name] if kind == "units" => Some(Named::Unit(UnitId::new(set, name))),
        _ => None,
    }
}
