//! One IPFIX transport session: templates, sequence numbers and packing.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_ipfix::{LayoutPair, PackError, Packer, RecordGroup};

use crate::collector_config::CollectorConfig;
use crate::pace::Pace;
use crate::rate_limiter::RateLimiter;
use crate::templates::{packer, projection};

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

/// The most templates of a session: each change of the layouts brings two, and those before are
/// repeated with them. Behind that a session begins anew.
const MAX_TEMPLATES: usize = 16;

/// The state of a session, whatever carries its messages.
pub(crate) struct Session {
    /// Those that it has learned last.
    layouts: Arc<LayoutPair>,
    padded: bool,
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
    /// The collector goes by something else now: the same groups are to be written again once the
    /// session does too.
    #[error("the collector's settings have changed")]
    Changed,
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
            padded,
            packer,
            domains: HashSet::new(),
            packed: 0,
            ahead: 0,
            sent: 0,
            strings_cut: 0,
        })
    }

    /// Makes the session able to carry records of `layouts`, under templates that have the
    /// collector's elements. False when only a new session can: an id is never redefined, and
    /// records of a layout have one template.
    ///
    /// # Errors
    ///
    /// When a message cannot hold the templates.
    pub(crate) fn learn(
        &mut self,
        layouts: &Arc<LayoutPair>,
        config: &CollectorConfig,
    ) -> Result<bool, PackError> {
        let mut missing = Vec::new();
        for layout in [&layouts.v4, &layouts.v6] {
            let projection = projection(config, layout);
            let known = self.packer.templates().find(|known| known.1 == layout.revision());
            match known {
                None => missing.push((layout, projection)),
                Some((_, _, specifiers)) => {
                    let projection = if self.padded { projection.padded() } else { projection };
                    if projection.specifiers() != specifiers {
                        return Ok(false);
                    }
                }
            }
        }
        if self.packer.templates().count() + missing.len() > MAX_TEMPLATES {
            return Ok(false);
        }
        if !missing.is_empty() {
            self.packer.describe(layouts.v4.elements(), layouts.enterprise_number());
        }
        for (layout, projection) in missing {
            self.packer.add_template(layout, projection)?;
        }
        self.layouts = Arc::clone(layouts);
        Ok(true)
    }

    /// Whether these layouts were learned last.
    pub(crate) fn has_learned(&self, layouts: &Arc<LayoutPair>) -> bool {
        Arc::ptr_eq(&self.layouts, layouts)
    }

    /// Packs within the collector's limits from now on.
    ///
    /// # Errors
    ///
    /// When a message would have no room for the templates; the limits stay then.
    pub(crate) fn set_limits(&mut self, config: &CollectorConfig) -> Result<(), PackError> {
        let most = RateLimiter::new(config.records_per_second).max_records_at_once();
        self.packer.set_limits(config.max_packet_size, most)
    }

    /// Packs and sends all records of `groups`, at the configured rate, in chunks of `bounds`.
    /// Templates are repeated when they are due, however long that takes.
    ///
    /// After an error to send, and after [`SessionError::Changed`], the same groups may be written
    /// again: that goes on where it ended, unless [`Self::restart`] is called.
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
            if pace.is_changed() {
                self.packer.flush();
                self.send(pace, bounds, send)?;
                return Err(SessionError::Changed);
            }
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
