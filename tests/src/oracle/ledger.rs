//! What came, record by record.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;
use weir_ipfix::decode::{Decoder, Record, Value};
use weir_testkit::wait_long_for;

use super::corpus::{Corpus, Flow};
use super::sessions::Sessions;
use super::verdict::{FAULTS, Verdict};
use crate::collectors::{Arrival, Arrivals};

/// How long records are waited for.
const PATIENCE: Duration = Duration::from_secs(80);

/// Follows one collector, or several that share what is sent.
#[derive(Debug)]
pub struct Oracle<'c> {
    corpus: &'c Corpus,
    collectors: Vec<Followed>,
    decoder: Decoder,
    sessions: Sessions,
    ledger: Ledger,
}

/// A collector.
#[derive(Debug)]
struct Followed {
    arrivals: Arrivals,
    /// Messages that were looked at.
    looked: usize,
    /// The observation domains of the data that came.
    domains: BTreeSet<u32>,
}

/// How often each record has come.
#[derive(Debug)]
struct Ledger {
    sent: Range<u64>,
    times: Vec<u32>,
    unknown: u64,
    corrupted: u64,
    faults: Vec<String>,
}

impl<'c> Oracle<'c> {
    /// Follows a collector to which the lines with the numbers `sent` are sent, each once.
    pub fn new(corpus: &'c Corpus, sent: Range<u64>, arrivals: Arrivals) -> Self {
        Self::of_all(corpus, sent, vec![arrivals])
    }

    /// The same for collectors of which each line is sent to one.
    pub fn of_all(corpus: &'c Corpus, sent: Range<u64>, collectors: Vec<Arrivals>) -> Self {
        let count = usize::try_from(sent.end - sent.start).expect("a corpus fits into memory");
        let times = vec![0; count];
        let followed = |arrivals| Followed { arrivals, looked: 0, domains: BTreeSet::new() };
        Self {
            corpus,
            collectors: collectors.into_iter().map(followed).collect(),
            decoder: Decoder::new(DEFAULT_ENTERPRISE_NUMBER),
            sessions: Sessions::default(),
            ledger: Ledger { sent, times, unknown: 0, corrupted: 0, faults: Vec::new() },
        }
    }

    /// Looks at all that has come since, and judges.
    pub fn verdict(&mut self) -> Verdict {
        for place in 0..self.collectors.len() {
            let collector = &mut self.collectors[place];
            let new = collector.arrivals.since(collector.looked);
            collector.looked += new.len();
            new.iter().for_each(|arrival| self.take(place, arrival));
        }
        self.ledger.verdict(&self.sessions)
    }

    /// The observation domains whose records each collector has.
    pub fn domains(&self) -> Vec<BTreeSet<u32>> {
        self.collectors.iter().map(|collector| collector.domains.clone()).collect()
    }

    /// The numbers of the records that have come more than once.
    pub fn repeated(&self) -> Vec<u64> {
        let times = self.ledger.sent.clone().zip(&self.ledger.times);
        times.filter(|(_, times)| **times > 1).map(|(number, _)| number).collect()
    }

    /// Waits until so many different records have come.
    ///
    /// # Panics
    /// When they do not in time.
    #[track_caller]
    pub fn wait_for(&mut self, records: u64) -> Verdict {
        let mut last = self.verdict();
        let what = format!("{records} records at a collector");
        let mut look = || {
            last = self.verdict();
            (last.delivered >= records).then(|| last.clone())
        };
        wait_long_for(PATIENCE, &what, &mut look)
    }

    /// Waits until every record has come.
    ///
    /// # Panics
    /// When they do not in time.
    #[track_caller]
    pub fn wait_for_all(&mut self) -> Verdict {
        self.wait_for(self.ledger.sent.end - self.ledger.sent.start)
    }

    fn take(&mut self, collector: usize, arrival: &Arrival) {
        let Self { corpus, collectors, decoder, ledger, sessions } = self;
        // Each collector numbers its sessions from 0 on.
        let session = (collector as u64) << 32 | arrival.session;
        let mut has_data = false;
        let outcome = decoder.decode(session, &arrival.message, |record| {
            if !record.is_options() {
                has_data = true;
                ledger.take(corpus, record);
            }
        });
        match outcome {
            Ok(summary) => {
                let domain = has_data.then_some(summary.observation_domain_id);
                collectors[collector].domains.extend(domain);
                sessions.take(session, &summary, &mut ledger.faults);
            }
            Err(error) => ledger.fault(format!("a malformed message: {error}")),
        }
    }
}

impl Ledger {
    fn take(&mut self, corpus: &Corpus, record: &Record<'_>) {
        let found = read(record);
        let number = found.bytes;
        if !self.sent.contains(&number) {
            self.unknown += 1;
            return self.fault(format!("an unknown record: {found:?}"));
        }
        let place = usize::try_from(number - self.sent.start).expect("below the length of a list");
        self.times[place] += 1;
        let expected = corpus.flow(number);
        if found != expected {
            self.corrupted += 1;
            self.fault(format!("a corrupted record: {found:?} instead of {expected:?}"));
        }
    }

    fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS {
            self.faults.push(fault);
        }
    }

    fn verdict(&self, sessions: &Sessions) -> Verdict {
        let delivered = self.times.iter().filter(|times| **times > 0).count() as u64;
        let copies: u64 = self.times.iter().map(|times| u64::from(*times)).sum();
        Verdict {
            sent: self.times.len() as u64,
            delivered,
            missing: self.times.len() as u64 - delivered,
            unknown: self.unknown,
            corrupted: self.corrupted,
            repeated: copies - delivered,
            sessions: sessions.count(),
            faults: self.faults.clone(),
        }
    }
}

/// The values of a record that the oracle knows.
fn read(record: &Record<'_>) -> Flow {
    let mut flow = Flow::default();
    for field in record.fields() {
        let is_ours = field.element.enterprise_number == Some(DEFAULT_ENTERPRISE_NUMBER);
        match (is_ours, field.element.id, field.value()) {
            (false, 1, Value::Unsigned(number)) => flow.bytes = number,
            (false, 2, Value::Unsigned(number)) => flow.packets = number,
            (false, 4, Value::Unsigned(number)) => flow.protocol = number,
            (false, 7, Value::Unsigned(number)) => flow.source_port = number,
            (false, 8, Value::Ipv4(address)) => flow.source = address.to_bits(),
            (false, 11, Value::Unsigned(number)) => flow.destination_port = number,
            (false, 12, Value::Ipv4(address)) => flow.destination = address.to_bits(),
            (false, 152, Value::Milliseconds(time)) => flow.start = time,
            (false, 153, Value::Milliseconds(time)) => flow.end = time,
            (true, 2, Value::Text(text)) => flow.vpc_id = string(text),
            (true, 4, Value::Text(text)) => flow.interface_id = string(text),
            _ => {}
        }
    }
    flow
}

fn string(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
