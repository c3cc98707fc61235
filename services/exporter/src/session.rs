//! One IPFIX transport session: templates, sequence numbers and packing.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_ipfix::{LayoutPair, PackError, Packer, RecordGroup};

use crate::collector_config::CollectorConfig;
use crate::pace::Pace;
use crate::rate_limiter::RateLimiter;
use crate::templates::packer;

/// Several messages that go out with one call, one after another in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) octets: &'a [u8],
    /// The length of each message but the last, which may be shorter.
    pub(crate) message_length: usize,
}

/// What may go out with one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkBounds {
    /// The most octets; a single message may always go.
    pub(crate) octets: usize,
    /// The length of every message but the last, which may be shorter; `None` when messages
    /// need no boundaries.
    pub(crate) message_length: Option<usize>,
}

/// The most observation domains that a session knows. Their ids come from other processes, and
/// each costs memory and a repetition of the templates.
const MAX_DOMAINS: usize = 16_384;

/// The state of a session, whatever carries its messages.
pub(crate) struct Session {
    layouts: Arc<LayoutPair>,
    packer: Packer,
    domains: HashSet<u32>,
    /// Records of the groups at hand that are packed.
    packed: usize,
    /// Records that were packed since something was sent.
    ahead: usize,
    /// Messages of the packer that are sent.
    sent: usize,
    /// What the packer had cut when that was last counted.
    strings_cut: u64,
}

/// Why a session does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error(transparent)]
    Pack(#[from] PackError),
    #[error(transparent)]
    Send(#[from] io::Error),
}

impl Session {
    /// A session without anything sent.
    pub(crate) fn new(
        config: &CollectorConfig,
        layouts: Arc<LayoutPair>,
        padded: bool,
    ) -> Result<Self, PackError> {
        let packer = packer(config, &layouts, padded)?;
        Ok(Self {
            layouts,
            packer,
            domains: HashSet::new(),
            packed: 0,
            ahead: 0,
            sent: 0,
            strings_cut: 0,
        })
    }

    /// Packs and sends all records of `groups`, at the configured rate, in chunks of `bounds`.
    /// Templates are repeated when they are due, however long that takes.
    ///
    /// After an error to send, the same groups may be written again: that goes on where it
    /// ended, unless [`Self::restart`] or [`Self::abandon`] is called.
    pub(crate) fn write(
        &mut self,
        groups: &[RecordGroup],
        pace: &mut Pace,
        bounds: ChunkBounds,
        mut send: impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> Result<(), SessionError> {
        if self.packed == 0 {
            self.note_domains(groups);
        }
        let mut before = 0;
        for group in groups {
            let packed = self.packed.saturating_sub(before).min(group.len());
            self.write_group(group, packed, pace, bounds, &mut send)?;
            before += group.len();
        }
        self.packer.flush();
        let sent = self.send(pace, bounds, &mut send);
        pace.publish();
        sent?;
        self.packed = 0;
        Ok(())
    }

    /// Packs a group behind its first `packed` records. What takes longer than a moment is sent
    /// in between.
    fn write_group(
        &mut self,
        group: &RecordGroup,
        packed: usize,
        pace: &mut Pace,
        bounds: ChunkBounds,
        send: &mut impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> Result<(), SessionError> {
        let (domain, revision) = (group.observation_domain_id, group.revision);
        let layouts = Arc::clone(&self.layouts);
        let layout = layouts.by_revision(revision).ok_or(PackError::UnknownLayout { revision })?;
        let most = pace.limiter().max_records_ahead();
        let mut records = group.checked_records(layout);
        if let Some(last) = packed.checked_sub(1) {
            records.nth(last);
        }
        let mut left = group.len() - packed;
        while left > 0 {
            let portion = left.min(most.saturating_sub(self.ahead));
            let now = pace.now();
            self.packer.pack_records(domain, revision, records.by_ref().take(portion), now)?;
            self.packed += portion;
            self.ahead += portion;
            left -= portion;
            if self.ahead >= most {
                self.packer.repeat_templates(now);
                self.send(pace, bounds, send)?;
            }
        }
        Ok(())
    }

    /// Begins anew rather than know too many domains: a jump of the sequence numbers is less
    /// bad than a loss.
    fn note_domains(&mut self, groups: &[RecordGroup]) {
        let domains = groups.iter().map(|group| group.observation_domain_id);
        self.domains.extend(domains.clone());
        if self.domains.len() > MAX_DOMAINS {
            tracing::warn!("more than {MAX_DOMAINS} observation domains, counting from 0");
            self.restart();
            self.domains.extend(domains);
        }
    }

    /// Sends the templates that are due. Tells whether there were any.
    pub(crate) fn repeat_templates(
        &mut self,
        pace: &mut Pace,
        bounds: ChunkBounds,
        mut send: impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> io::Result<bool> {
        self.packer.repeat_templates(pace.now());
        let is_due = !self.packer.messages().is_empty();
        if is_due {
            self.send(pace, bounds, &mut send)?;
            pace.publish();
        }
        Ok(is_due)
    }

    /// Begins anew, as on a new connection: templates first, sequence numbers from 0. What is
    /// packed and not sent is forgotten.
    pub(crate) fn restart(&mut self) {
        self.packer.restart();
        self.domains.clear();
        (self.packed, self.ahead, self.sent) = (0, 0, 0);
    }

    /// Forgets the groups that could not be sent. The gap in the sequence numbers tells the
    /// collector.
    pub(crate) fn abandon(&mut self) {
        self.packer.flush();
        self.packer.messages().clear();
        (self.packed, self.ahead, self.sent) = (0, 0, 0);
    }

    /// Sends all messages that are finished, in order.
    fn send(
        &mut self,
        pace: &mut Pace,
        bounds: ChunkBounds,
        send: &mut impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        pace.meter().strings_cut(self.packer.strings_cut() - self.strings_cut);
        self.strings_cut = self.packer.strings_cut();
        while self.sent < self.packer.messages().len() {
            let first = self.sent;
            let (end, records) = self.chunk_end(first, bounds, pace.limiter());
            pace.wait_for(records)?;
            let messages = self.packer.messages();
            messages.stamp(first..end, export_time());
            let octets = messages.octets_of(first..end);
            let message_length = messages.octets_of(first..first + 1).len();
            send(Chunk { octets, message_length })?;
            pace.sent(end - first, octets.len(), records);
            self.sent = end;
        }
        self.packer.messages().clear();
        (self.sent, self.ahead) = (0, 0);
        Ok(())
    }

    /// How far a chunk reaches that begins with message `first`, and its records.
    fn chunk_end(
        &mut self,
        first: usize,
        bounds: ChunkBounds,
        limiter: &RateLimiter,
    ) -> (usize, u32) {
        let most_records = limiter.max_records_in_a_chunk();
        let messages = self.packer.messages();
        let length = |index: usize| messages.octets_of(index..index + 1).len();
        let may_follow = |end: usize| match bounds.message_length {
            Some(equal) => length(end - 1) == equal && length(end) <= equal,
            None => true,
        };
        let (mut end, mut records) = (first + 1, messages.records(first));
        let mut octets = length(first);
        while end < messages.len() && may_follow(end) {
            let next = messages.records(end);
            octets += length(end);
            if octets > bounds.octets || records + next > most_records {
                break;
            }
            records += next;
            end += 1;
        }
        (end, records)
    }
}

/// The wall clock in seconds since the Unix epoch, as messages carry it (RFC 7011 section 3.1:
/// 32 bits).
fn export_time() -> u32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    (seconds & u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use weir_ipfix::decode::{Decoder, MessageSummary};
    use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, FixedPart};

    use super::*;
    use crate::clock::Clock;
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
            Self {
                session: Session::new(&config, layouts, false).unwrap(),
                pace: Pace::new(records_per_second, clock.clone(), meter),
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
}
