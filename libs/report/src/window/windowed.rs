//! A window: records in, and rows out when it is closed.

use std::hint::black_box;
use std::sync::Arc;

use weir_ipfix::{LayoutPair, RecordView};

use super::contents::Contents;
use super::entry::{Entry, EntryTexts, Session};
use super::flow::{Flow, Reading, RecordPlan};
use super::index::Index;
use super::options::WindowOptions;
use super::others::Others;
use super::texts::Sought;

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
    /// Where that does not do, the texts of its entry.
    texts: Option<SoughtTexts<'r>>,
}

/// The own and the far text of a record.
struct SoughtTexts<'r> {
    own: Sought<'r>,
    far: Sought<'r>,
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
        let mut waiting = Vec::with_capacity(BATCH);
        loop {
            if self.octets() > self.options.max_octets {
                self.shrink();
            }
            let batch = records.by_ref().take(BATCH);
            waiting.extend(batch.filter_map(|record| self.read(observation_domain_id, record)));
            if waiting.is_empty() {
                return;
            }
            self.count(&mut waiting);
        }
    }

    #[inline]
    fn read<'r>(
        &mut self,
        observation_domain_id: u32,
        record: RecordView<'r>,
    ) -> Option<Waiting<'r>> {
        let revision = record.layout().revision();
        let plan = self.plans.iter().position(|plan| plan.revision == revision);
        debug_assert!(plan.is_some(), "a record of another layout");
        let plan = plan?;
        let addresses = &mut self.contents.addresses;
        let flow = self.plans[plan].read(observation_domain_id, &record, self.reading, addresses);
        let hash = self.index.hash(&flow.key);
        Some(Waiting { plan, record, flow, hash, guessed: None, texts: None })
    }

    /// Looks all flows up step by step, so that they wait for memory together.
    fn count(&mut self, waiting: &mut Vec<Waiting<'_>>) {
        for each in &mut *waiting {
            each.guessed = self.index.guess(each.hash);
        }
        let guessed = waiting.iter().filter_map(|each| each.guessed);
        black_box(guessed.fold(0, |all, place| all ^ self.contents.get(place).touch()));
        for each in &mut *waiting {
            each.texts = self.needs_texts(each).then(|| self.seek_texts(each));
        }
        let texts = waiting.iter().filter_map(|each| each.texts.as_ref());
        black_box(texts.fold(0, |all, texts| all ^ self.touch(texts)));
        for each in &*waiting {
            match self.find(each) {
                Some(place) => self.add_to(place, each),
                None => self.insert(each),
            }
        }
        waiting.clear();
    }

    /// Whether it has no entry yet, or one that lacks its texts.
    #[inline]
    fn needs_texts(&self, each: &Waiting<'_>) -> bool {
        let entry = each.guessed.map(|place| self.contents.get(place));
        entry.is_none_or(|entry| entry.lacks_texts_of(&each.flow))
    }

    /// The place of a flow's entry, looked for at its guessed place first.
    #[inline]
    fn find(&self, each: &Waiting<'_>) -> Option<u32> {
        let is_it = |place: u32| self.contents.get(place).key == each.flow.key;
        let guessed = each.guessed.filter(|place| is_it(*place));
        guessed.or_else(|| self.index.find(each.hash, is_it))
    }

    #[inline]
    fn add_to(&mut self, place: u32, each: &Waiting<'_>) {
        let (entry, wide) = self.contents.get_mut(place);
        entry.add(&each.flow, wide);
        if entry.lacks_texts_of(&each.flow) {
            let texts = self.keep_texts(each);
            self.contents.get_mut(place).0.put_texts(texts, &each.flow);
        }
    }

    fn insert(&mut self, each: &Waiting<'_>) {
        let texts = self.keep_texts(each);
        let domain = each.flow.key.observation_domain_id;
        self.others.know(domain, self.contents.texts.get(texts.own));
        let mut entry = Entry::new(each.flow.key);
        entry.put_texts(texts, &each.flow);
        entry.add(&each.flow, &mut self.contents.wide);
        let place = self.contents.push(entry);
        self.index.insert(each.hash, place);
    }

    #[inline]
    fn keep_texts(&mut self, each: &Waiting<'_>) -> EntryTexts {
        let sought_now;
        let sought = match &each.texts {
            Some(sought) => sought,
            // What was guessed about its entry was wrong.
            None => {
                sought_now = self.seek_texts(each);
                &sought_now
            }
        };
        let texts = &mut self.contents.texts;
        EntryTexts { own: texts.keep(&sought.own), far: texts.keep(&sought.far) }
    }

    #[inline]
    fn seek_texts<'r>(&self, each: &Waiting<'r>) -> SoughtTexts<'r> {
        let (own, far) = self.plans[each.plan].texts.split(&each.record);
        SoughtTexts { own: self.contents.texts.seek(own), far: self.contents.texts.seek(far) }
    }

    #[inline]
    fn touch(&self, texts: &SoughtTexts<'_>) -> u8 {
        self.contents.texts.touch(&texts.own) ^ self.contents.texts.touch(&texts.far)
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
        self.index.insert(self.index.hash(&entry.key), place);
    }

    /// What is in it, and nothing in it any more.
    pub(crate) fn take_contents(&mut self) -> Contents {
        self.index = Index::default();
        std::mem::take(&mut self.contents)
    }
}
