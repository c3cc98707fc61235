//! A window: records in, and rows out when it is closed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{LayoutPair, RecordView, standard as slot};

use super::authority::part_by_authority;
use super::closed::{Closed, Remains};
use super::entry::{Entry, EntryTexts, View, bit};
use super::flow::{Flow, Reading, RecordPlan, RecordTexts};
use super::key::Key;
use super::options::WindowOptions;
use super::others::Others;
use super::table::Table;
use super::texts::Texts;
use super::top::keep_top;

/// How many records are looked up together.
///
/// A window is larger than the processor's caches. Lookups side by side wait for memory together,
/// one after another each would wait by itself.
const BATCH: usize = 32;

/// The most observation domains of a window: their ids come from other processes.
const MAX_DOMAINS: usize = 16_384;

/// Counts the records of a collection interval together.
///
/// Whatever comes, the rows that a window is closed with, the rest of each VPC and what was left
/// out as counted twice add up to the records. The counters do not depend on the records' order as
/// long as the memory holds all flows; which of several texts of a flow its row has does.
#[derive(Debug)]
pub struct Window {
    options: Arc<WindowOptions>,
    rows: Arc<LayoutPair>,
    reading: Reading,
    plans: [RecordPlan; 2],
    table: Table,
    texts: Texts,
    others: Others,
    scratch: Vec<u8>,
}

/// A record that is looked up with others.
struct Waiting<'r> {
    plan: RecordPlan,
    record: RecordView<'r>,
    flow: Flow,
    hash: u32,
    /// Where its entry may be.
    guessed: Option<u32>,
}

/// How much of a window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Halves that have not waited wait for the next window, and TCP sessions go on.
    Interval,
    /// All of it: there is no next window.
    All,
}

impl Window {
    /// An empty window for records of `records`, whose rows follow `rows`
    /// ([`WindowOptions::row_layouts`]).
    pub fn new(options: WindowOptions, records: &LayoutPair, rows: Arc<LayoutPair>) -> Self {
        let reading =
            Reading { stitches: options.stitches, reads_packet: options.tracks_sessions() };
        Self {
            options: Arc::new(options),
            rows,
            reading,
            plans: [&records.v4, &records.v6].map(RecordPlan::new),
            table: Table::default(),
            texts: Texts::default(),
            others: Others::default(),
            scratch: Vec::new(),
        }
    }

    /// The records that come now follow `records`. What is counted stays.
    pub fn read_under(&mut self, records: &LayoutPair) {
        self.plans = [&records.v4, &records.v6].map(RecordPlan::new);
    }

    /// Counts records of one observation domain. They must follow one of the window's layouts.
    pub fn add<'r>(
        &mut self,
        observation_domain_id: u32,
        records: impl Iterator<Item = RecordView<'r>>,
    ) {
        let mut waiting = Vec::with_capacity(BATCH);
        for record in records {
            let revision = record.layout().revision();
            let Some(plan) = self.plans.iter().find(|plan| plan.revision == revision) else {
                debug_assert!(false, "a record of another layout");
                continue;
            };
            let flow = plan.read(observation_domain_id, &record, self.reading);
            let hash = self.table.hash(&flow.key);
            waiting.push(Waiting { plan: *plan, record, flow, hash, guessed: None });
            if waiting.len() == BATCH {
                self.count(&mut waiting);
            }
        }
        self.count(&mut waiting);
    }

    /// Looks all flows up step by step, so that they wait for memory together.
    fn count(&mut self, waiting: &mut Vec<Waiting<'_>>) {
        for each in &mut *waiting {
            each.guessed = self.table.guess(each.hash);
        }
        let guessed = waiting.iter().filter_map(|each| each.guessed);
        black_box(guessed.fold(0, |all, place| all ^ self.table.touch(place)));
        for each in waiting.drain(..) {
            let Some(place) = self.table.find(&each.flow.key, each.hash, each.guessed) else {
                self.insert(&each);
                continue;
            };
            let entry = self.table.get_mut(place);
            entry.add(&each.flow);
            if each.flow.view == View::Source && !entry.is(Entry::IS_SEEN_BY_SOURCE) {
                entry.marks |= Entry::IS_SEEN_BY_SOURCE;
                let texts = each.plan.texts(&each.record);
                let interface = self.keep_interface(&each, &texts);
                self.table.get_mut(place).texts.interface = interface;
            }
        }
    }

    /// Whether it must be closed before the next record: there are too many VPCs.
    pub fn is_full(&self) -> bool {
        self.others.len() >= MAX_DOMAINS
    }

    /// Whether nothing is in it, sessions without flows counted in.
    pub fn is_empty(&self) -> bool {
        self.table.len() == 0 && self.others.len() == 0
    }

    /// Flows or conversations in it.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// About what it takes in memory.
    pub fn octets(&self) -> usize {
        self.table.octets() + self.texts.octets()
    }

    fn insert(&mut self, each: &Waiting<'_>) {
        let Waiting { plan, record, flow, .. } = each;
        if self.octets() > self.options.max_octets {
            self.shrink();
        }
        let texts = plan.texts(record);
        // Addresses of IPv6 are not translated: the place is another's there.
        let is_v6 = flow.key.is(Key::IPV6);
        let public = [slot::SOURCE_PUBLIC_V4, slot::DESTINATION_PUBLIC_V4]
            .map(|place| if is_v6 { None } else { record.unsigned(place) });
        let mut sides = [0, 1].map(|side| {
            self.scratch.clear();
            self.scratch.push(u8::from(public[side].is_some()));
            self.scratch.extend_from_slice(&(public[side].unwrap_or(0) as u32).to_be_bytes());
            self.scratch.extend_from_slice(texts.sides[side]);
            self.scratch.extend_from_slice(texts.geo[side]);
            self.texts.keep(&self.scratch)
        });
        if flow.is_back {
            sides.swap(0, 1);
        }
        let interface = self.keep_interface(each, &texts);
        self.others.know(flow.key.observation_domain_id, self.texts.get(interface));
        let mut entry = Entry::new(flow.key, EntryTexts { ends: sides, interface });
        entry.add(flow);
        let is_by_source = flow.view == View::Source;
        entry.marks |= bit(is_by_source, Entry::IS_SEEN_BY_SOURCE);
        self.table.insert(entry);
    }

    /// What the interface that wrote the record is, and its exporter.
    fn keep_interface(&mut self, each: &Waiting<'_>, texts: &RecordTexts<'_>) -> u32 {
        let record = &each.record;
        let mut indexes = [slot::INGRESS_INTERFACE, slot::EGRESS_INTERFACE]
            .map(|place| record.unsigned(place).unwrap_or(0) as u32);
        if each.flow.is_back {
            indexes.swap(0, 1);
        }
        let exporter = record.unsigned(slot::EXPORTER_ADDRESS);
        self.scratch.clear();
        indexes.iter().for_each(|index| self.scratch.extend_from_slice(&index.to_be_bytes()));
        self.scratch.push(u8::from(exporter.is_some()));
        self.scratch.extend_from_slice(&(exporter.unwrap_or(0) as u32).to_be_bytes());
        self.scratch.extend_from_slice(texts.exporter_name);
        self.scratch.extend_from_slice(texts.interface);
        self.texts.keep(&self.scratch)
    }

    /// Counts the smaller half of all flows as the rest of their VPCs.
    #[cold]
    fn shrink(&mut self) {
        let counts_once = self.options.counts_once;
        let mut octets: Vec<u64> =
            self.table.iter().map(|entry| entry.count(counts_once).octets).collect();
        let kept = octets.len() / 2;
        let left = octets.len() - kept;
        let limit = match left.checked_sub(1) {
            Some(last) => *octets.select_nth_unstable(last).1,
            None => return,
        };
        let ties = octets.iter().take(left).filter(|octets| **octets == limit).count();
        drop(octets);
        self.rebuild(ties, limit);
    }

    /// Keeps what has more octets than `limit`, and those of as many that come after `ties`.
    fn rebuild(&mut self, mut ties: usize, limit: u64) {
        let counts_once = self.options.counts_once;
        let old_texts = std::mem::take(&mut self.texts);
        for entry in self.table.take().drain() {
            let octets = entry.count(counts_once).octets;
            let is_tie = octets == limit && ties > 0;
            if octets < limit || is_tie {
                ties -= usize::from(is_tie);
                self.others.add(&entry, counts_once);
                self.others.leave_out(&entry, counts_once);
            } else {
                self.keep(entry, &old_texts);
            }
        }
    }

    /// Takes an entry over whose texts are in `old`.
    fn keep(&mut self, mut entry: Entry, old: &Texts) {
        entry.texts.ends = entry.texts.ends.map(|text| self.texts.keep(old.get(text)));
        let interface = old.get(entry.texts.interface);
        entry.texts.interface = self.texts.keep(interface);
        self.others.know(entry.key.observation_domain_id, interface);
        self.table.insert(entry);
    }

    /// Closes the window at monotonic time `now`: what is returned has its rows. What goes on is
    /// in the next one, which has begun.
    pub fn close(&mut self, now: Duration, extent: Extent) -> Closed {
        let options = Arc::clone(&self.options);
        let counts_once = options.counts_once;
        let now = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let (entries, texts) = (self.table.take(), std::mem::take(&mut self.texts));
        let mut others = std::mem::take(&mut self.others);
        let mut deduplicated = others.take_left_out();
        let (mut places, mut carried) = (Vec::new(), 0);
        for (place, entry) in entries.iter() {
            match fate_of(entry, now, extent, &options) {
                Fate::Waits => {
                    carried += 1;
                    let marks = entry.marks | Entry::HAS_WAITED;
                    self.keep(Entry { marks, ..*entry }, &texts);
                }
                Fate::Sleeps => self.keep(*entry, &texts),
                Fate::GoesOn => {
                    places.push(place);
                    self.keep(entry.next(now), &texts);
                }
                Fate::Ends => places.push(place),
                Fate::IsForgotten => {}
            }
        }
        if options.authoritative_only {
            let (stay, leave) = part_by_authority(&entries, places, counts_once);
            places = stay;
            for entry in leave.iter().map(|place| entries.get(*place)) {
                deduplicated += entry.count(counts_once);
                deduplicated += entry.seen_twice(counts_once);
            }
        }
        let seen_twice = |place: &u32| entries.get(*place).seen_twice(counts_once);
        deduplicated += places.iter().map(seen_twice).sum();
        // Rows of one VPC and family follow each other, so that they share messages.
        places.sort_unstable_by_key(|place| {
            let key = &entries.get(*place).key;
            (key.observation_domain_id, key.shape & Key::IPV6, *place)
        });
        if let Some(top) = options.top {
            keep_top(&entries, &mut places, &mut others, top, counts_once);
        }
        let others = others.take();
        let remains = Remains { entries, texts, places, others, carried, deduplicated };
        Closed::new(&options, &self.rows, remains)
    }
}

/// What becomes of an entry when its window is closed.
enum Fate {
    /// It waits for its other half, its flows with it.
    Waits,
    /// It is a session without flows.
    Sleeps,
    /// It gets a row and is a session in the next window.
    GoesOn,
    /// It gets a row.
    Ends,
    /// It is a session without flows, and there is no next window.
    IsForgotten,
}

fn fate_of(entry: &Entry, now: u32, extent: Extent, options: &WindowOptions) -> Fate {
    let is_session = options.tracks_sessions() && entry.key.is_session();
    if !entry.has_flows() {
        let idle = now.saturating_sub(entry.session.last_seen);
        let is_over = u64::from(idle) >= options.session_timeout.as_secs();
        return match extent {
            _ if is_over => Fate::Ends,
            Extent::All => Fate::IsForgotten,
            Extent::Interval => Fate::Sleeps,
        };
    }
    if extent == Extent::All {
        return Fate::Ends;
    }
    if options.stitches && entry.lacks_half() && !entry.is(Entry::HAS_WAITED) {
        return Fate::Waits;
    }
    if is_session && !entry.has_ended() { Fate::GoesOn } else { Fate::Ends }
}
