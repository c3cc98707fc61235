//! A session beside a decoder, under a clock that only goes on by what is slept.

use std::time::Duration;

use weir_ipfix::decode::{Decoder, MessageSummary};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, FixedPart};

use super::*;
use crate::clock::Clock;
use crate::live::Live;
use crate::meter::Meter;
use crate::report::OutputKind;
use crate::stopper::Stopper;

const BOUNDS: ChunkBounds = ChunkBounds { octets: 0, message_length: None };

/// A session and its collector.
struct Sessions {
    session: Session,
    pace: Pace,
    clock: Clock,
    decoder: Decoder,
    /// How many messages can be sent.
    takes: usize,
    seen: Vec<MessageSummary>,
    /// When templates of each domain were sent.
    templates: Vec<(u32, Duration)>,
    _stopper: Stopper,
}

impl Sessions {
    fn new(records_per_second: u64) -> Self {
        let mut config = CollectorConfig::new("tcp://127.0.0.1:4739".parse().unwrap());
        config.records_per_second = records_per_second;
        config.template_interval = Duration::from_secs(10);
        let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
        let (clock, stopper) = Clock::slept();
        let meter = Arc::new(Meter::new(String::new(), OutputKind::Collector, 0));
        let live = Live::new(config.clone());
        Self {
            session: Session::new(&config, layouts, false).unwrap(),
            pace: Pace::new(live, clock.clone(), meter),
            clock,
            decoder: Decoder::new(DEFAULT_ENTERPRISE_NUMBER),
            takes: usize::MAX,
            seen: Vec::new(),
            templates: Vec::new(),
            _stopper: stopper,
        }
    }

    /// `records` records in each domain.
    fn groups(&self, domains: std::ops::Range<u32>, records: usize) -> Vec<RecordGroup> {
        let layout = &self.session.layouts.v4;
        let group = |domain| {
            let mut group = RecordGroup::new(layout.revision(), domain);
            for _ in 0..records {
                let mut record = group.start_record(&FixedPart::new(layout));
                (0..layout.string_count()).for_each(|_| record.push_string(b""));
                record.finish();
            }
            group
        };
        domains.map(group).collect()
    }

    fn write(&mut self, groups: &[RecordGroup]) -> Result<(), SessionError> {
        let Self { session, pace, clock, decoder, takes, seen, templates, .. } = self;
        session.write(groups, pace, BOUNDS, |chunk| {
            *takes = takes.checked_sub(1).ok_or(io::ErrorKind::Other)?;
            let summary = decoder.decode(0, chunk.octets, |_| ()).unwrap();
            if summary.templates == 2 {
                templates.push((summary.observation_domain_id, clock.elapsed()));
            }
            seen.push(summary);
            Ok(())
        })
    }

    /// The messages of one domain.
    fn seen_of(&self, domain: u32) -> Vec<&MessageSummary> {
        self.seen.iter().filter(|seen| seen.observation_domain_id == domain).collect()
    }

    fn assert_unbroken(&self) {
        for summary in &self.seen {
            assert_eq!(summary.without_template, 0, "{summary:?}");
            assert!(summary.sequence_gap.is_none_or(|gap| gap == 0), "{summary:?}");
        }
    }
}

#[test]
fn a_session_begins_anew_before_it_knows_too_many_domains() {
    let mut sessions = Sessions::new(0);
    let most = u32::try_from(MAX_DOMAINS).unwrap();
    for first in (0..most).step_by(1024) {
        sessions.write(&sessions.groups(first..first + 1024, 1)).unwrap();
    }
    sessions.seen.clear();
    sessions.write(&sessions.groups(0..1, 1)).unwrap();
    assert_eq!(sessions.seen.len(), 1);
    assert!(sessions.seen[0].sequence_number > 0, "{:?}", sessions.seen);

    sessions.write(&sessions.groups(most..most + 1, 1)).unwrap();
    assert_eq!(sessions.session.domains.len(), 1);
    sessions.seen.clear();
    sessions.write(&sessions.groups(0..1, 1)).unwrap();
    let first = &sessions.seen[0];
    assert_eq!((first.sequence_number, first.templates), (0, 2));
}

#[test]
fn templates_are_repeated_during_a_long_run() {
    let mut sessions = Sessions::new(100);
    // A minute's work, in one domain and then another.
    sessions.write(&sessions.groups(1..3, 3000)).unwrap();
    sessions.assert_unbroken();
    let seconds = sessions.clock.elapsed().as_secs();
    assert!((59..=60).contains(&seconds), "{seconds}");
    for domain in [1, 2] {
        let sent = sessions.templates.iter().filter(|(of, _)| *of == domain);
        let sent: Vec<_> = sent.map(|(_, at)| *at).collect();
        assert!(sent.len() >= if domain == 1 { 6 } else { 3 }, "{sent:?}");
        for pair in sent.windows(2) {
            let pause = (pair[1] - pair[0]).as_secs_f64();
            assert!((9.9..10.5).contains(&pause), "{sent:?}");
        }
    }
}

#[test]
fn templates_are_repeated_between_many_small_groups_too() {
    let mut sessions = Sessions::new(1);
    sessions.write(&sessions.groups(0..30, 1)).unwrap();
    sessions.assert_unbroken();
    let of_first = sessions.seen_of(0).iter().filter(|seen| seen.templates == 2).count();
    assert_eq!(of_first, 3, "{:?}", sessions.templates);
}

#[test]
fn groups_that_could_not_be_sent_go_on_where_they_ended() {
    for rate in [0, 2, 40] {
        for takes in 0..12 {
            let mut sessions = Sessions::new(rate);
            let groups = sessions.groups(1..4, 25);
            sessions.takes = takes;
            assert!(sessions.write(&groups).is_err());
            sessions.takes = usize::MAX;
            sessions.write(&groups).unwrap();
            sessions.assert_unbroken();
            sessions.write(&sessions.groups(1..4, 1)).unwrap();
            for domain in 1..4 {
                let numbers = sessions.seen_of(domain).last().unwrap().sequence_number;
                let described = sessions.seen_of(domain).len();
                assert!(numbers >= 25 && described > 0, "{numbers} at {rate} after {takes}");
            }
        }
    }
}
