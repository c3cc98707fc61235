//! Which records a listing of units calls for.

use std::collections::{HashMap, HashSet};

use crate::error::SyncError;
use crate::position::InitialPosition;
use crate::range::HashRange;
use crate::record::LeaseRecord;
use crate::unit::UnitSpec;

/// How often a hole is seen in a row before it is believed. As in the Kinesis Client Library.
const TIMES: u32 = 3;

/// The most ancestors that are looked at from one unit.
const MAX_ANCESTORS: usize = 10_000;

/// The records with which a set begins, parents before children.
///
/// With LATEST these are the open units; otherwise all, so that what is older than a split is read
/// before what is younger.
///
/// # Errors
///
/// When the listing has no units, or its open ones do not have all keys.
pub fn plan_begin(
    set: &str,
    units: &[UnitSpec],
    initial: InitialPosition,
) -> Result<Vec<(String, LeaseRecord)>, SyncError> {
    if units.is_empty() {
        return Err(SyncError::Empty { set: set.to_owned() });
    }
    let open = || units.iter().filter(|unit| unit.is_open);
    let ranges: Vec<_> = open().filter_map(|unit| unit.range).collect();
    if let Some(hole) = HashRange::holes(ranges.iter().copied()).first()
        && units.iter().any(|unit| unit.range.is_some())
    {
        return Err(SyncError::Incomplete { set: set.to_owned(), hole: hole.to_string() });
    }
    let is_read = |unit: &&UnitSpec| initial != InitialPosition::Latest || unit.is_open;
    let mut records: Vec<_> = units.iter().filter(is_read).collect();
    let depths = Depths::of(units);
    records.sort_by_key(|unit| depths.of_unit(&unit.name));
    let record = |unit: &UnitSpec| (unit.name.clone(), LeaseRecord::new(unit, initial));
    Ok(records.into_iter().map(record).collect())
}

/// How far each unit is from one without listed parents.
struct Depths<'a>(HashMap<&'a str, &'a UnitSpec>);

impl<'a> Depths<'a> {
    fn of(units: &'a [UnitSpec]) -> Self {
        Self(units.iter().map(|unit| (unit.name.as_str(), unit)).collect())
    }

    fn of_unit(&self, name: &str) -> usize {
        let (mut layer, mut depth) = (vec![name], 0);
        while depth < MAX_ANCESTORS {
            let known = layer.iter().filter_map(|name| self.0.get(name));
            let parents: HashSet<_> = known
                .flat_map(|unit| unit.parents.iter().map(String::as_str))
                .filter(|parent| self.0.contains_key(parent))
                .collect();
            if parents.is_empty() {
                break;
            }
            (layer, depth) = (parents.into_iter().collect(), depth + 1);
        }
        depth
    }
}

/// Holes in the keys that leases have, and how often each was seen in a row.
#[derive(Debug, Default)]
pub struct Holes {
    first: Option<HashRange>,
    times: u32,
}

impl Holes {
    /// Takes what a look at the leases found. Whether it is to be mended.
    fn see(&mut self, hole: Option<HashRange>) -> bool {
        self.times = if hole.is_some() && hole == self.first { self.times + 1 } else { 1 };
        self.first = hole;
        hole.is_some() && self.times >= TIMES
    }
}

/// The records that are missing in a set that has begun: units whose keys no lease has, and their
/// oldest ancestors that were not read. All of them are read from their start, so that nothing is
/// lost. Only when the same hole is seen for the third time: between the end of a unit and the
/// start of those that follow there may be one.
pub fn plan_repair(
    units: &[UnitSpec],
    records: &HashMap<String, LeaseRecord>,
    holes: &mut Holes,
) -> Vec<(String, LeaseRecord)> {
    let open = records.values().filter(|record| !record.is_finished());
    // The keys of units that are about to be made count as theirs.
    let coming = records.values().flat_map(|record| &record.children);
    let coming = coming.filter(|child| !records.contains_key(&child.name));
    let ranges = open.filter_map(|record| record.range).chain(coming.filter_map(|c| c.range));
    let found = HashRange::holes(ranges);
    if !holes.see(found.first().copied()) {
        return Vec::new();
    }
    let is_in_hole = |unit: &&UnitSpec| {
        unit.range.is_some_and(|range| found.iter().any(|hole| hole.overlaps(range)))
    };
    let leaves = units.iter().filter(|unit| unit.is_open).filter(is_in_hole);
    let listed: HashMap<_, _> = units.iter().map(|unit| (unit.name.as_str(), unit)).collect();
    let mut missing: HashMap<&str, &UnitSpec> = HashMap::new();
    for leaf in leaves.filter(|leaf| !records.contains_key(&leaf.name)) {
        let mut next = vec![leaf];
        while let Some(unit) = next.pop() {
            if missing.insert(&unit.name, unit).is_some() || missing.len() > MAX_ANCESTORS {
                continue;
            }
            let unread = unit.parents.iter().filter_map(|parent| listed.get(parent.as_str()));
            next.extend(unread.filter(|parent| !was_read(parent, units, records)));
        }
    }
    let depths = Depths::of(units);
    let mut missing: Vec<_> = missing.into_values().collect();
    missing.sort_by_key(|unit| depths.of_unit(&unit.name));
    let record =
        |unit: &UnitSpec| (unit.name.clone(), LeaseRecord::new(unit, InitialPosition::TrimHorizon));
    missing.into_iter().map(record).collect()
}

/// Whether the unit has a record, or one of those that followed it has: it was finished then.
fn was_read(unit: &UnitSpec, units: &[UnitSpec], records: &HashMap<String, LeaseRecord>) -> bool {
    let follows = |child: &UnitSpec| child.parents.contains(&unit.name);
    records.contains_key(&unit.name)
        || units.iter().any(|child| follows(child) && records.contains_key(&child.name))
}
