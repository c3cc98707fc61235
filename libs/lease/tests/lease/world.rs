//! A table in memory and workers whose calls are late, lost or answered twice as late.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use weir_lease::{
    Call, Checkpoint, Child, Event, HashRange, InitialPosition, Keeper, LeaseConfig, LeaseRecord,
    Listing, Position, Reply, SetRecord, Trouble, UnitId, UnitSpec,
};
use weir_store::{Condition, Etag};

pub(crate) const SET: &str = "stream";

/// The table.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) sets: Vec<(String, SetRecord)>,
    pub(crate) units: BTreeMap<UnitId, (LeaseRecord, Etag)>,
    writes: u64,
    /// The greatest fence that each unit had.
    fences: HashMap<UnitId, u64>,
    /// All that was ever finished.
    pub(crate) finished: BTreeSet<UnitId>,
}

impl Table {
    /// A set of so many units that begin at TRIM_HORIZON.
    pub(crate) fn of(units: u32) -> Self {
        let record = SetRecord { epoch: "1".to_owned(), initial: InitialPosition::TrimHorizon };
        let mut table = Self { sets: vec![(SET.to_owned(), record)], ..Self::default() };
        for unit in 0..units {
            let spec = UnitSpec {
                name: format!("{unit}"),
                parents: Vec::new(),
                range: Some(HashRange { first: u128::from(unit), last: u128::from(unit) }),
                is_open: true,
            };
            table.insert(self::unit(unit), LeaseRecord::new(&spec, InitialPosition::TrimHorizon));
        }
        table
    }

    fn insert(&mut self, unit: UnitId, record: LeaseRecord) -> Etag {
        self.writes += 1;
        let etag: Etag = format!("{:032x}", self.writes).parse().unwrap();
        let greatest = self.fences.entry(unit.clone()).or_default();
        assert!(record.fence >= *greatest, "a fence went back: {unit} {record:?}");
        *greatest = record.fence;
        if let Some((before, _)) = self.units.get(&unit) {
            let (now, later) = (&before.checkpoint, &record.checkpoint);
            assert!(now.allows(later), "a checkpoint went back: {unit} from {now} to {later}");
            let has_new_owner = before.owner != record.owner && record.owner.is_some();
            assert!(!has_new_owner || record.fence > before.fence, "{unit}: {record:?}");
        }
        if record.owner.is_some() {
            for parent in &record.parents {
                let parent = unit.sibling(parent);
                let is_done = self.finished.contains(&parent);
                assert!(is_done, "{unit} started before its parent {parent} was finished");
            }
        }
        if record.is_finished() {
            self.finished.insert(unit.clone());
        }
        self.units.insert(unit, (record, etag));
        etag
    }

    pub(crate) fn make(&mut self, call: Call) -> Reply {
        match call {
            Call::List => {
                let units = self.units.iter();
                let units = units.map(|(id, (record, etag))| (id.clone(), record.clone(), *etag));
                Reply::Listed(Ok(Listing { sets: self.sets.clone(), units: units.collect() }))
            }
            Call::Read(unit) => {
                let read = self.units.get(&unit).cloned();
                Reply::Read(unit, Ok(read))
            }
            Call::Write { unit, record, condition, .. } => {
                let current = self.units.get(&unit).map(|(_, etag)| *etag);
                let written = if condition.holds(current) {
                    Ok(self.insert(unit.clone(), record))
                } else {
                    Err(Trouble::Conflict)
                };
                Reply::Written(unit, written)
            }
            Call::Delete(unit, etag) => {
                let current = self.units.get(&unit).map(|(_, etag)| *etag);
                let deleted = if Condition::Etag(etag).holds(current) {
                    self.units.remove(&unit);
                    Ok(())
                } else {
                    Err(Trouble::Conflict)
                };
                Reply::Deleted(unit, deleted)
            }
        }
    }

    /// Units that are to be read and that nobody of these owns.
    pub(crate) fn without_owner(&self, alive: &[String]) -> Vec<UnitId> {
        let is_owned =
            |record: &LeaseRecord| record.owner.as_ref().is_some_and(|owner| alive.contains(owner));
        let open =
            self.units.iter().filter(|(_, (record, _))| !record.is_finished() && !is_owned(record));
        open.map(|(unit, _)| unit.clone()).collect()
    }
}

pub(crate) fn unit(number: u32) -> UnitId {
    UnitId::new(SET, number.to_string())
}

/// A worker with a reader that reads one record after the other and has them acknowledged.
pub(crate) struct Worker {
    pub(crate) keeper: Keeper,
    pub(crate) name: String,
    /// What it reads: the fence, what was read, and what was acknowledged of it.
    pub(crate) reading: BTreeMap<UnitId, Reading>,
    /// Calls that are under way.
    calls: Vec<OnItsWay>,
    pub(crate) is_lost: bool,
}

pub(crate) struct Reading {
    pub(crate) fence: u64,
    read: u64,
    acknowledged: u64,
    is_asked: bool,
}

enum OnItsWay {
    Call(Call),
    Reply(Reply),
    /// A call that nobody waits for any more, and that is made all the same.
    Straggler(Call),
}

/// A call under way that is lost: nobody knows whether it was made.
fn lost(call: Call) -> Reply {
    match call {
        Call::List => Reply::Listed(Err(Trouble::Unknown)),
        Call::Read(unit) => Reply::Read(unit, Err(Trouble::Unknown)),
        Call::Write { unit, .. } => Reply::Written(unit, Err(Trouble::Unknown)),
        Call::Delete(unit, _) => Reply::Deleted(unit, Err(Trouble::Unknown)),
    }
}

fn unknown(reply: Reply) -> Reply {
    match reply {
        Reply::Listed(_) => Reply::Listed(Err(Trouble::Unknown)),
        Reply::Read(unit, _) => Reply::Read(unit, Err(Trouble::Unknown)),
        Reply::Written(unit, _) => Reply::Written(unit, Err(Trouble::Unknown)),
        Reply::Deleted(unit, _) => Reply::Deleted(unit, Err(Trouble::Unknown)),
    }
}

impl Worker {
    pub(crate) fn new(name: &str) -> Self {
        let mut keeper = Keeper::new(LeaseConfig::new(name));
        keeper.want(HashSet::from([SET.to_owned()]));
        Self {
            keeper,
            name: name.to_owned(),
            reading: BTreeMap::new(),
            calls: Vec::new(),
            is_lost: false,
        }
    }

    /// Makes new calls, which are under way then.
    pub(crate) fn poll(&mut self, now: Duration) {
        self.calls.extend(self.keeper.poll(now).into_iter().map(OnItsWay::Call));
        self.take_events();
    }

    /// Takes one thing on its way a step further. `fate`: 0 loses a call that was not made, or
    /// the answer of one that was.
    pub(crate) fn step(&mut self, table: &mut Table, choice: usize, fate: u8, now: Duration) {
        if self.calls.is_empty() {
            return;
        }
        match self.calls.swap_remove(choice % self.calls.len()) {
            OnItsWay::Call(call) if fate == 0 => self.keeper.reply(lost(call), now),
            OnItsWay::Call(call) if fate == 1 => {
                self.keeper.reply(lost(call.clone()), now);
                self.calls.push(OnItsWay::Straggler(call));
            }
            OnItsWay::Straggler(call) => drop(table.make(call)),
            OnItsWay::Call(call) => {
                let reply = table.make(call);
                self.calls.push(OnItsWay::Reply(reply));
            }
            OnItsWay::Reply(reply) if fate == 0 => self.keeper.reply(unknown(reply), now),
            OnItsWay::Reply(reply) => self.keeper.reply(reply, now),
        }
        self.take_events();
    }

    /// All that is on its way arrives, until nothing new comes of it.
    pub(crate) fn settle(&mut self, table: &mut Table, now: Duration) {
        self.poll(now);
        while !self.calls.is_empty() {
            self.step(table, 0, 9, now);
            self.poll(now);
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.keeper.event() {
            match event {
                Event::Granted { unit, fence, checkpoint, .. } => {
                    let from = match checkpoint {
                        Checkpoint::At(position) => position.as_str().parse().unwrap(),
                        _ => 0,
                    };
                    let reading =
                        Reading { fence, read: from, acknowledged: from, is_asked: false };
                    let before = self.reading.insert(unit, reading);
                    assert!(before.is_none(), "granted twice");
                }
                Event::Asked { unit } => {
                    self.reading.get_mut(&unit).expect("it is read").is_asked = true;
                }
                Event::Lost { unit, .. } | Event::Released { unit } => {
                    self.reading.remove(&unit);
                }
                Event::Checkpointed { unit, checkpoint } => {
                    if let (Some(reading), Checkpoint::At(position)) =
                        (self.reading.get(&unit), checkpoint)
                    {
                        let position: u64 = position.as_str().parse().unwrap();
                        assert!(position <= reading.acknowledged, "passed what was not settled");
                    }
                }
                Event::StateLost { .. } => self.is_lost = true,
            }
        }
    }

    /// The reader does something: 0 reads, 1 has something acknowledged, 2 checkpoints, 3
    /// finishes with two children, 4 hands over what it was asked for.
    pub(crate) fn work(&mut self, choice: usize, action: u8, next: &mut u32) {
        let Some(unit) = self.reading.keys().nth(choice % self.reading.len().max(1)).cloned()
        else {
            return;
        };
        let Some(reading) = self.reading.get_mut(&unit) else { return };
        let fence = reading.fence;
        match action {
            0 if !reading.is_asked => reading.read += 1,
            1 => reading.acknowledged = reading.read,
            2 if reading.acknowledged > 0 => {
                let position = Position::new(reading.acknowledged.to_string()).unwrap();
                drop(self.keeper.checkpoint(&unit, fence, position));
            }
            3 if reading.acknowledged == reading.read && reading.read > 0 => {
                let names = [*next, *next + 1];
                *next += 2;
                let parents = vec![unit.name.clone()];
                let child = |name: u32| Child {
                    name: name.to_string(),
                    parents: parents.clone(),
                    range: None,
                };
                drop(self.keeper.finish(&unit, fence, names.map(child).into()));
            }
            4 if reading.is_asked && reading.acknowledged == reading.read => {
                drop(self.keeper.release(&unit, fence));
            }
            _ => {}
        }
    }

    /// What a reader does that is not slow: reads, commits, hands over.
    pub(crate) fn work_well(&mut self) {
        for index in 0..self.reading.len() {
            for action in [0, 1, 2, 4] {
                self.work(index, action, &mut 0);
            }
        }
    }
}
