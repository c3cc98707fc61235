//! One IPFIX transport session: templates, sequence numbers, packing and rate.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_delivery::EnrichedRun;
use weir_ipfix::{Layout, LayoutPair, PackError, Packer, PackerOptions, Projection};

use crate::clock::Clock;
use crate::config::CollectorConfig;
use crate::rate_limiter::RateLimiter;
use crate::report::PeerReport;

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
    limiter: RateLimiter,
    clock: Clock,
    report: PeerReport,
}

impl Session {
    /// A session without anything sent.
    pub(crate) fn new(
        config: &CollectorConfig,
        layouts: Arc<LayoutPair>,
        clock: Clock,
        padded: bool,
    ) -> Result<Self, PackError> {
        let enterprise_number = layouts.enterprise_number();
        let limiter = RateLimiter::new(config.records_per_second);
        let mut packer = Packer::new(PackerOptions {
            max_message_length: config.max_packet_size,
            max_records_per_message: limiter.max_records_at_once(),
            template_interval: config.template_interval,
            padded,
        });
        for layout in [&layouts.v4, &layouts.v6] {
            packer.add_template(layout, projection(config, layout))?;
        }
        // The layout of IPv4 has all of weir's own elements; that of IPv6 has no others.
        packer.describe(layouts.v4.elements(), enterprise_number);
        let report = PeerReport { peer: config.address.to_string(), ..PeerReport::default() };
        Ok(Self { layouts, packer, domains: HashSet::new(), limiter, clock, report })
    }

    /// The collector's address, for messages.
    pub(crate) fn peer(&self) -> &str {
        &self.report.peer
    }

    /// Packs all records of a run.
    pub(crate) fn pack(&mut self, run: &EnrichedRun) -> Result<(), PackError> {
        self.note_domains(run);
        for group in &run.groups {
            let revision = group.revision;
            let layout = self.layouts.by_revision(revision);
            let layout = layout.ok_or(PackError::UnknownLayout { revision })?;
            self.packer.pack(group, layout, self.clock.elapsed())?;
        }
        self.packer.flush();
        Ok(())
    }

    /// Begins anew rather than know too many domains: a jump of the sequence numbers is less
    /// bad than a loss.
    fn note_domains(&mut self, run: &EnrichedRun) {
        let domains = run.groups.iter().map(|group| group.observation_domain_id);
        self.domains.extend(domains.clone());
        if self.domains.len() > MAX_DOMAINS {
            let peer = self.peer();
            tracing::warn!(peer, "more than {MAX_DOMAINS} observation domains, counting from 0");
            self.restart();
            self.domains.extend(domains);
        }
    }

    /// Packs the templates that are due.
    pub(crate) fn repeat_templates(&mut self, now: Duration) {
        self.packer.repeat_templates(now);
    }

    /// Begins anew, as on a new connection: templates first, sequence numbers from 0. What is
    /// packed and not sent is forgotten.
    pub(crate) fn restart(&mut self) {
        self.packer.restart();
        self.domains.clear();
    }

    /// Counts a refusal by the collector's host.
    pub(crate) fn count_refused(&mut self, refused: u64) {
        self.report.refused += refused;
    }

    /// What the session has done.
    pub(crate) fn report(&self) -> PeerReport {
        PeerReport { strings_cut: self.packer.strings_cut(), ..self.report.clone() }
    }

    /// Sends all that is packed, in order, at the configured rate, in chunks of `bounds`.
    pub(crate) fn send(
        &mut self,
        bounds: ChunkBounds,
        mut send: impl FnMut(Chunk<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut first = 0;
        while first < self.packer.messages().len() {
            let (end, records) = self.chunk_end(first, bounds);
            let delay = self.limiter.take(self.clock.elapsed(), records);
            self.clock.sleep(delay)?;
            let messages = self.packer.messages();
            messages.stamp(first..end, export_time());
            let octets = messages.octets_of(first..end);
            let message_length = messages.octets_of(first..first + 1).len();
            send(Chunk { octets, message_length })?;
            self.report.messages += (end - first) as u64;
            self.report.octets += octets.len() as u64;
            self.report.records += u64::from(records);
            first = end;
        }
        self.packer.messages().clear();
        Ok(())
    }

    /// How far a chunk reaches that begins with message `first`, and its records.
    fn chunk_end(&mut self, first: usize, bounds: ChunkBounds) -> (usize, u32) {
        let most_records = self.limiter.max_records_in_a_chunk();
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

fn projection(config: &CollectorConfig, layout: &Layout) -> Projection {
    match &config.elements {
        Some(elements) => Projection::of_elements(layout, |element| elements.contains(element)),
        None => Projection::whole(layout),
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
    use weir_delivery::{Origin, RunId};
    use weir_ipfix::decode::{Decoder, MessageSummary};
    use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, FixedPart, RecordGroup};

    use super::*;

    /// Sends one record in each domain; the summaries of the last domain's messages.
    fn export(session: &mut Session, domains: std::ops::Range<u32>) -> Vec<MessageSummary> {
        let last = domains.end - 1;
        let layouts = Arc::clone(&session.layouts);
        let mut run = EnrichedRun::new(RunId(1), Arc::new(Origin::default()));
        for domain in domains {
            let mut group = RecordGroup::new(layouts.v4.revision(), domain);
            let mut record = group.start_record(&FixedPart::new(&layouts.v4));
            (0..layouts.v4.string_count()).for_each(|_| record.push_string(b""));
            record.finish();
            run.groups.push(group);
        }
        session.pack(&run).unwrap();
        let (mut summaries, mut decoder) = (Vec::new(), Decoder::new(DEFAULT_ENTERPRISE_NUMBER));
        let bounds = ChunkBounds { octets: 0, message_length: None };
        let take = |chunk: Chunk<'_>| {
            let summary = decoder.decode(0, chunk.octets, |_| ()).unwrap();
            summaries.extend((summary.observation_domain_id == last).then_some(summary));
            Ok(())
        };
        session.send(bounds, take).unwrap();
        summaries
    }

    #[test]
    fn a_session_begins_anew_before_it_knows_too_many_domains() {
        let config = CollectorConfig::new("tcp://127.0.0.1:4739".parse().unwrap());
        let layouts = Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER));
        let (clock, _stop) = Clock::start();
        let mut session = Session::new(&config, layouts, clock, false).unwrap();
        let most = u32::try_from(MAX_DOMAINS).unwrap();
        for first in (0..most).step_by(1024) {
            export(&mut session, first..first + 1024);
        }
        let known = export(&mut session, 0..1);
        assert!(known.len() == 1 && known[0].sequence_number > 0, "{known:?}");

        export(&mut session, most..most + 1);
        assert_eq!(session.domains.len(), 1);
        let anew = export(&mut session, 0..1);
        assert_eq!((anew[0].sequence_number, anew[0].templates), (0, 2));
        assert_eq!(session.report().records, u64::from(most) + 3);
    }
}
