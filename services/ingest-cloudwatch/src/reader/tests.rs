//! Readings of a log group whose events come late, out of order and more than once, against what
//! is simply true: which event became visible when.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;
use weir_flowlog::LogFormat;

use super::*;

const OVERLAP: u64 = 900_000;
const SETTLE: u64 = 30_000;
const INTERVAL: u64 = 60_000;
/// When the group begins to be read.
const START: u64 = 1_000_000_000_000;

/// An event as CloudWatch Logs has it.
#[derive(Clone, Debug)]
struct Stored {
    id: EventId,
    ingestion: u64,
    /// From when on it is in answers.
    visible: u64,
}

/// What happens between two pages.
#[derive(Clone, Copy, Debug)]
enum Chance {
    Nothing,
    /// A call failed: the same page is asked for again.
    Throttled,
    /// The process ends, and another goes on from what was committed.
    Killed,
    /// Everything behind the committed place is read again.
    Rewound,
    /// A page is answered twice with the same events.
    Repeated,
    /// A page has nothing in it.
    Empty,
    /// The token is refused.
    Expired,
    /// What was cut so far is committed.
    Committed,
}

fn chance(with_failures: bool) -> BoxedStrategy<Chance> {
    let usual = prop_oneof![
        6 => Just(Chance::Nothing),
        1 => Just(Chance::Throttled),
        1 => Just(Chance::Repeated),
        1 => Just(Chance::Empty),
        1 => Just(Chance::Expired),
        3 => Just(Chance::Committed),
    ];
    if !with_failures {
        return usual.boxed();
    }
    prop_oneof![8 => usual, 1 => Just(Chance::Killed), 1 => Just(Chance::Rewound)].boxed()
}

/// Events of half an hour, with delays of up to `most` milliseconds; timestamps are whole
/// seconds of few values, so that many are equal.
fn events(most: u64) -> impl Strategy<Value = Vec<Stored>> {
    let event = (0..1800_u64, 0..=most, 0..=60_000_u64);
    prop::collection::vec(event, 1..120).prop_map(move |events| {
        let stored = |(at, (second, delay, hidden)): (usize, (u64, u64, u64))| {
            let timestamp = START + second / 7 * 7000;
            let ingestion = timestamp + delay.saturating_sub(hidden);
            let id = EventId { timestamp, hash: at as u128 };
            Stored { id, ingestion, visible: timestamp + delay }
        };
        events.into_iter().enumerate().map(stored).collect()
    })
}

struct World {
    stored: Vec<Stored>,
    now: u64,
    log: Arc<FlowLogFormat>,
    reader: Reader,
    /// What the loop was given and has not committed: the high water of each, and its events.
    in_flight: Vec<(u64, Vec<EventId>)>,
    committed: u64,
    /// The memory that survives.
    store: HashSet<EventId>,
    /// How often each event was exported.
    exported: HashMap<EventId, u32>,
    late: u32,
    page: usize,
    /// Pages so far: no token comes twice.
    pages: u64,
}

impl World {
    fn new(stored: Vec<Stored>, page: usize) -> Self {
        let format = Arc::new(LogFormat::vpc_default());
        let beginning = Beginning { high_water: START, ..Beginning::default() };
        Self {
            stored,
            now: START,
            log: Arc::new(FlowLogFormat::new(format, None)),
            reader: reader(beginning),
            in_flight: Vec::new(),
            committed: START,
            store: HashSet::new(),
            exported: HashMap::new(),
            late: 0,
            page,
            pages: 0,
        }
    }

    /// What FilterLogEvents answers, sorted by time; the token is the place in the visible ones.
    fn answer(&mut self, request: &Request) -> (Vec<Stored>, Option<String>) {
        self.pages += 1;
        let first = first_of(request);
        let is_asked = |event: &&Stored| {
            let times = request.start..=request.end;
            event.visible <= self.now && times.contains(&event.id.timestamp)
        };
        let mut found: Vec<_> = self.stored.iter().filter(is_asked).cloned().collect();
        found.sort_by_key(|event| event.id);
        let next = first + self.page;
        let token = (next < found.len()).then(|| self.token(next));
        (found.into_iter().skip(first).take(self.page).collect(), token)
    }

    fn token(&self, place: usize) -> String {
        format!("{place} {}", self.pages)
    }

    fn take(&mut self, events: &[Stored]) {
        let unsure = |event: &&Stored| self.reader.is_unsure(event.id, event.ingestion);
        let unsure: Vec<_> = events.iter().filter(unsure).map(|event| event.id).collect();
        unsure.iter().filter(|id| self.store.contains(id)).for_each(|id| self.reader.know(*id));
        for event in events {
            let message = "a line";
            let (id, ingestion, log) = (event.id, event.ingestion, Some(&self.log));
            let (outcome, cut) =
                self.reader.take(&Event { id, ingestion, message, log, is_covered: false });
            self.late += u32::from(outcome == Outcome::Late);
            self.send(cut);
        }
    }

    fn send(&mut self, cuts: impl IntoIterator<Item = Cut>) {
        for cut in cuts {
            assert_eq!(cut.lines.text.len(), "a line\n".len() * cut.lines.ids.len());
            let before = self.in_flight.last().map_or(self.committed, |(at, _)| *at);
            assert!(before <= cut.high_water, "a place goes back");
            self.in_flight.push((cut.high_water, cut.lines.ids));
        }
    }

    /// One pass of the window, with what chance brings.
    fn pass(&mut self, chances: &mut impl Iterator<Item = Chance>) {
        while !self.reader.begin(self.now) {
            self.now += INTERVAL;
        }
        loop {
            let request = self.reader.request().unwrap();
            let (events, next) = self.answer(&request);
            match chances.next().unwrap_or(Chance::Nothing) {
                Chance::Nothing => {}
                Chance::Throttled => {
                    self.now += 1000;
                    continue;
                }
                Chance::Killed => return self.kill(),
                Chance::Rewound => return self.rewind(),
                Chance::Repeated => self.take(&events),
                Chance::Empty => {
                    let here = self.token(first_of(&request));
                    assert_eq!(self.reader.turn(Some(here)).0, Turn::Page);
                    continue;
                }
                Chance::Expired => {
                    self.reader.restart_slice();
                    continue;
                }
                Chance::Committed => self.commit(),
            }
            self.take(&events);
            let (turn, cuts) = self.reader.turn(next);
            self.send(cuts);
            // Time goes by while pages are read.
            self.now += 500;
            if turn == Turn::Pass {
                return;
            }
        }
    }

    /// All that is in flight is committed.
    fn commit(&mut self) {
        for (high_water, ids) in self.in_flight.drain(..) {
            for id in ids {
                self.store.insert(id);
                *self.exported.entry(id).or_default() += 1;
            }
            self.committed = high_water;
        }
    }

    /// What was in flight was exported or not; nobody knows.
    fn kill(&mut self) {
        for (_, ids) in self.in_flight.drain(..) {
            ids.into_iter().for_each(|id| *self.exported.entry(id).or_default() += 1);
        }
        self.reader = reader(Beginning { high_water: self.committed, ..Beginning::default() });
    }

    fn rewind(&mut self) {
        let log = &self.log;
        let sent = |ids: Vec<EventId>| SentRun { ids: ids.into(), log: Arc::clone(log) };
        let again = self.in_flight.drain(..).map(|(_, ids)| sent(ids)).collect();
        let high_water = self.committed;
        self.reader = reader(Beginning { high_water, again, ..Beginning::default() });
    }

    /// Reads until all that becomes visible was long visible.
    fn read_all(&mut self, chances: Vec<Chance>) {
        let mut chances = chances.into_iter();
        let last = self.stored.iter().map(|event| event.visible).max().unwrap_or(START);
        while self.now < last + 2 * INTERVAL + SETTLE {
            self.pass(&mut chances);
            self.now += INTERVAL;
        }
        // Without anything that comes between.
        for _ in 0..3 {
            self.pass(&mut std::iter::empty());
            self.now += INTERVAL;
        }
        self.commit();
    }

    fn missing(&self) -> BTreeMap<EventId, u64> {
        let is_missing = |event: &&Stored| !self.exported.contains_key(&event.id);
        let delay = |event: &Stored| (event.id, event.visible - event.id.timestamp);
        self.stored.iter().filter(is_missing).map(delay).collect()
    }

    fn most_times(&self) -> u32 {
        self.exported.values().copied().max().unwrap_or_default()
    }
}

/// The place that a token stands for.
fn first_of(request: &Request) -> usize {
    let place = request.token.as_ref().and_then(|token| token.split(' ').next());
    place.map_or(0, |place| place.parse().unwrap())
}

fn reader(beginning: Beginning) -> Reader {
    let config = ReaderConfig {
        overlap: Duration::from_millis(OVERLAP),
        settle: Duration::from_millis(SETTLE),
        most_seen: 1_000_000,
    };
    Reader::new(config, beginning)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_that_comes_within_the_overlap_is_missing_and_nothing_comes_twice(
        stored in events(OVERLAP),
        page in 1..20_usize,
        chances in prop::collection::vec(chance(false), 0..300),
    ) {
        let mut world = World::new(stored, page);
        world.read_all(chances);
        prop_assert_eq!(world.missing(), BTreeMap::new());
        prop_assert_eq!(world.most_times(), 1);
        prop_assert_eq!(world.late, 0);
    }

    #[test]
    fn kills_and_rewinds_lose_nothing(
        stored in events(OVERLAP),
        page in 1..20_usize,
        chances in prop::collection::vec(chance(true), 0..300),
    ) {
        let kills = chances.iter().filter(|chance| matches!(chance, Chance::Killed)).count();
        let mut world = World::new(stored, page);
        world.read_all(chances);
        prop_assert_eq!(world.missing(), BTreeMap::new());
        prop_assert!(world.most_times() as usize <= kills + 1);
    }

    #[test]
    fn only_what_comes_after_the_overlap_may_be_missing_and_what_is_found_is_counted(
        stored in events(2 * OVERLAP),
        page in 1..20_usize,
        chances in prop::collection::vec(chance(false), 0..300),
    ) {
        let mut world = World::new(stored, page);
        world.read_all(chances);
        prop_assert!(world.missing().values().all(|delay| *delay > OVERLAP));
        prop_assert_eq!(world.most_times(), 1);
    }

    #[test]
    fn a_pause_of_hours_loses_nothing(
        stored in events(OVERLAP),
        pause in 0..48_u64,
        page in 1..20_usize,
    ) {
        let mut world = World::new(stored, page);
        world.now += pause * 3_600_000;
        world.read_all(Vec::new());
        prop_assert_eq!(world.missing(), BTreeMap::new());
        prop_assert_eq!(world.most_times(), 1);
    }
}

fn at(second: u64, hash: u128, delay: u64) -> Stored {
    let timestamp = START + second * 1000;
    let id = EventId { timestamp, hash };
    Stored { id, ingestion: timestamp + delay, visible: timestamp + delay }
}

#[test]
fn an_event_that_comes_after_the_overlap_is_found_by_looking_back_and_counted() {
    // Enough others that the high water rises with the time.
    let mut stored: Vec<_> = (0..4000).map(|second| at(second, second.into(), 1000)).collect();
    stored.push(at(60, 1_000_000, OVERLAP + 600_000));
    let mut world = World::new(stored, 1000);
    world.read_all(Vec::new());
    assert_eq!(world.missing(), BTreeMap::new());
    assert_eq!(world.late, 1);
    assert_eq!(world.most_times(), 1);
}

#[test]
fn an_event_that_comes_after_two_overlaps_is_missing() {
    let mut stored: Vec<_> = (0..4000).map(|second| at(second, second.into(), 1000)).collect();
    stored.push(at(60, 1_000_000, 3 * OVERLAP));
    let mut world = World::new(stored, 1000);
    world.read_all(Vec::new());
    assert_eq!(world.missing().len(), 1);
}

#[test]
fn what_was_ingested_before_the_group_was_to_be_read_is_left_out() {
    let mut world = World::new(vec![at(0, 1, 0), at(0, 2, 60_000)], 10);
    let floor = START + 30_000;
    let beginning = Beginning { high_water: floor, floor, ..Beginning::default() };
    (world.reader, world.committed) = (reader(beginning), floor);
    world.read_all(Vec::new());
    let exported: Vec<_> = world.exported.keys().map(|id| id.hash).collect();
    assert_eq!(exported, [2]);
}

#[test]
fn a_rewind_cuts_the_same_runs_although_others_have_come_since() {
    let mut world = World::new(vec![at(0, 1, 0), at(2, 2, 0), at(1, 3, 200_000)], 10);
    world.now += 120_000;
    world.pass(&mut std::iter::empty());
    let before: Vec<_> = world.in_flight.iter().map(|(_, ids)| ids.clone()).collect();
    world.now += 120_000;
    world.rewind();
    world.pass(&mut std::iter::empty());
    let after: Vec<_> = world.in_flight.iter().map(|(_, ids)| ids.clone()).collect();
    assert_eq!(before.len(), 1);
    assert!(after.contains(&before[0]), "{after:?} has not {before:?}");
    assert_eq!(after.len(), 2, "and what is new has a run of its own");
}

#[test]
fn a_rewind_gives_what_is_left_of_a_run_whose_other_events_are_gone() {
    let mut world = World::new(vec![at(0, 1, 0), at(2, 2, 0)], 10);
    world.now += 120_000;
    world.pass(&mut std::iter::empty());
    world.stored.remove(0);
    world.rewind();
    world.pass(&mut std::iter::empty());
    let ids: Vec<_> = world.in_flight.iter().flat_map(|(_, ids)| ids).map(|id| id.hash).collect();
    assert_eq!(ids, [2]);
}
