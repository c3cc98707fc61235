//! A window: records in, and rows out when it is closed.

use std::hash::BuildHasher as _;
use std::hint::black_box;
use std::sync::Arc;

use foldhash::fast::RandomState;
use weir_ipfix::{LayoutPair, RecordView};

use super::contents::Contents;
use super::entry::{Entry, EntryTexts, Session};
use super::flow::{Flow, Reading, RecordPlan};
use super::index::Index;
use super::key::Key;
use super::options::WindowOptions;
use super::others::Others;
use super::record_texts::{FarParts, OwnParts};
use super::texts::{Sought, Texts};

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
    pub(crate) options: Arc<WindowOptions>,
    pub(crate) rows: Arc<LayoutPair>,
    reading: Reading,
    plans: [RecordPlan; 2],
    index: Index,
    hasher: RandomState,
    pub(crate) contents: Contents,
    pub(crate) others: Others,
}

/// A record that is looked up with others.
struct Waiting<'r> {
    /// Which of the plans it is read by.
    plan: usize,
    record: RecordView<'r>,
    flow: Flow,
    hash: u32,
    /// Where its entry may be.
    guessed: Option<u32>,
    /// There is no entry, or one that lacks its texts.
    seeks_texts: bool,
}

/// The own and the far text of a record.
struct SoughtTexts<'r> {
    own: Sought<OwnParts<'r>>,
    far: Sought<FarParts<'r>>,
}

impl SoughtTexts<'_> {
    #[inline]
    fn touch_index(&self, texts: &Texts) -> u32 {
        texts.touch_index(&self.own) ^ texts.touch_index(&self.far)
    }

    #[inline]
    fn guess(&mut self, texts: &Texts) {
        texts.guess(&mut self.own);
        texts.guess(&mut self.far);
    }

    #[inline]
    fn touch(&self, texts: &Texts) -> u8 {
        texts.touch(&self.own) ^ texts.touch(&self.far)
    }

    #[inline]
    fn keep(&self, texts: &mut Texts) -> EntryTexts {
        EntryTexts { own: texts.keep(&self.own), far: texts.keep(&self.far) }
    }
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
            index: Index::default(),
            hasher: RandomState::default(),
            contents: Contents::default(),
            others: Others::default(),
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
        mut records: impl Iterator<Item = RecordView<'r>>,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut texts = Vec::with_capacity(BATCH);
        loop {
            if self.octets() > self.options.max_octets {
                self.shrink();
            }
            for record in records.by_ref().take(BATCH) {
                self.read(observation_domain_id, record, &mut batch);
            }
            if batch.is_empty() {
                return;
            }
            self.look_up(&mut batch, &mut texts);
            self.count(&batch, &texts);
            batch.clear();
            texts.clear();
        }
    }

    #[inline]
    fn read<'r>(
        &mut self,
        observation_domain_id: u32,
        record: RecordView<'r>,
        batch: &mut Vec<Waiting<'r>>,
    ) {
        let revision = record.layout().revision();
        let plan = self.plans.iter().position(|plan| plan.revision == revision);
        debug_assert!(plan.is_some(), "a record of another layout");
        let Some(plan) = plan else { return };
        let addresses = &mut self.contents.addresses;
        let flow = self.plans[plan].read(observation_domain_id, &record, self.reading, addresses);
        let hash = self.hash(&flow.key);
        batch.push(Waiting { plan, record, flow, hash, guessed: None, seeks_texts: false });
    }

    #[inline]
    fn hash(&self, key: &Key) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// Looks all flows up step by step, so that they wait for memory together: their entries, and
    /// then the texts of those that have none.
    fn look_up<'r>(&self, batch: &mut [Waiting<'r>], texts: &mut Vec<SoughtTexts<'r>>) {
        let Self { index, contents, .. } = self;
        black_box(batch.iter().fold(0, |all, each| all ^ index.touch(each.hash)));
        batch.iter_mut().for_each(|each| each.guessed = index.guess(each.hash));
        let guessed = batch.iter().filter_map(|each| each.guessed);
        black_box(guessed.fold(0, |all, place| all ^ contents.get(place).touch()));
        for each in &mut *batch {
            each.seeks_texts = self.needs_texts(each);
            if each.seeks_texts {
                texts.push(self.seek_texts(each));
            }
        }
        black_box(texts.iter().fold(0, |all, each| all ^ each.touch_index(&contents.texts)));
        texts.iter_mut().for_each(|each| each.guess(&contents.texts));
        black_box(texts.iter().fold(0, |all, each| all ^ each.touch(&contents.texts)));
    }

    /// Whether it has no entry yet, or one that lacks its texts.
    #[inline]
    fn needs_texts(&self, each: &Waiting<'_>) -> bool {
        let entry = each.guessed.map(|place| self.contents.get(place));
        entry.is_none_or(|entry| entry.lacks_texts_of(&each.flow))
    }

    fn count(&mut self, batch: &[Waiting<'_>], texts: &[SoughtTexts<'_>]) {
        let mut texts = texts.iter();
        for each in batch {
            let texts = if each.seeks_texts { texts.next() } else { None };
            match self.find(each) {
                Some(place) => self.add_to(place, each, texts),
                None => self.insert(each, texts),
            }
        }
    }

    /// The place of a flow's entry, looked for at its guessed place first.
    #[inline]
    fn find(&self, each: &Waiting<'_>) -> Option<u32> {
        let is_it = |place: u32| self.contents.get(place).key == each.flow.key;
        let guessed = each.guessed.filter(|place| is_it(*place));
        guessed.or_else(|| self.index.find(each.hash, is_it))
    }

    #[inline]
    fn add_to(&mut self, place: u32, each: &Waiting<'_>, texts: Option<&SoughtTexts<'_>>) {
        let (entry, wide) = self.contents.get_mut(place);
        entry.add(&each.flow, wide);
        if entry.lacks_texts_of(&each.flow) {
            let texts = self.keep_texts(each, texts);
            self.contents.get_mut(place).0.put_texts(texts, &each.flow);
        }
    }

    #[inline]
    fn insert(&mut self, each: &Waiting<'_>, texts: Option<&SoughtTexts<'_>>) {
        let texts = self.keep_texts(each, texts);
        let domain = each.flow.key.observation_domain_id;
        self.others.know(domain, self.contents.texts.get(texts.own));
        let place = self.contents.push(Entry::new(each.flow.key));
        self.index.insert(each.hash, place);
        let (entry, wide) = self.contents.get_mut(place);
        entry.put_texts(texts, &each.flow);
        entry.add(&each.flow, wide);
    }

    #[inline]
    fn keep_texts(&mut self, each: &Waiting<'_>, texts: Option<&SoughtTexts<'_>>) -> EntryTexts {
        match texts {
            Some(texts) => texts.keep(&mut self.contents.texts),
            // What was guessed about its entry was wrong.
            None => self.seek_texts(each).keep(&mut self.contents.texts),
        }
    }

    #[inline]
    fn seek_texts<'r>(&self, each: &Waiting<'r>) -> SoughtTexts<'r> {
        let (own, far) = self.plans[each.plan].texts.split(&each.record);
        let texts = &self.contents.texts;
        SoughtTexts { own: texts.seek(own), far: texts.seek(far) }
    }

    /// Whether it must be closed before the next record: there are too many VPCs.
    pub fn is_full(&self) -> bool {
        self.others.len() >= MAX_DOMAINS
    }

    /// Whether nothing is in it, sessions without flows counted in.
    pub fn is_empty(&self) -> bool {
        self.contents.len() == 0 && self.others.len() == 0
    }

    /// Flows or conversations in it.
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// About what it takes in memory.
    pub fn octets(&self) -> usize {
        self.contents.octets() + self.index.octets()
    }

    /// Takes an entry over from `old`, its session with it.
    pub(crate) fn adopt(&mut self, entry: Entry, old: &Contents, session: Option<Session>) {
        let place = self.contents.adopt(entry, old);
        if let Some(session) = session {
            self.contents.put_session(place, session);
        }
        let entry = self.contents.get(place);
        let own_text = self.contents.texts.get(entry.texts.own);
        self.others.know(entry.key.observation_domain_id, own_text);
        self.index.insert(self.hash(&entry.key), place);
    }

    /// What is in it, and nothing in it any more.
    pub(crate) fn take_contents(&mut self) -> Contents {
        self.index = Index::default();
        let successor = self.contents.successor();
        std::mem::replace(&mut self.contents, successor)
    }
}
