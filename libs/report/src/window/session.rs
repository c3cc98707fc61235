//! Clients, servers and TCP sessions.

use super::contents::Contents;
use super::entry::{Entry, Half, Session, bit};
use super::peers::Peers;

/// Bits of `tcp-flags`. AWS reports ACK with SYN alone.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// Where a TCP session stands in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Begins,
    Continues,
    Ends,
}

impl State {
    /// How reports write it.
    pub(crate) fn letter(self) -> &'static [u8] {
        match self {
            Self::Begins => b"B",
            Self::Continues => b"C",
            Self::Ends => b"E",
        }
    }
}

/// Which end is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) is_first: bool,
    /// A SYN has told it.
    pub(crate) is_certain: bool,
}

impl Entry {
    /// The client: who sent a SYN without ACK, or is not the one who answered with both; else who
    /// it was before in this session; else who began earlier; else who has the ephemeral port;
    /// else who fewer talk to; else the sender of the only half; else who has the higher port.
    pub(crate) fn client(&self, peers: &Peers) -> Client {
        if let Some(is_first) = self.client_by_flags() {
            return Client { is_first, is_certain: true };
        }
        let known = self.is(Self::CLIENT_IS_KNOWN).then(|| self.is(Self::FIRST_IS_CLIENT));
        let is_first = known
            .or_else(|| self.client_by_start())
            .or_else(|| self.key.has_clear_ports().then(|| self.key.are_ephemeral()[0]))
            .or_else(|| peers.first_is_client(&self.key))
            .or_else(|| self.client_by_half())
            .unwrap_or_else(|| self.key.ports[0] >= self.key.ports[1]);
        Client { is_first, is_certain: false }
    }

    fn client_by_flags(&self) -> Option<bool> {
        let asks = self.flags.map(|flags| flags & (SYN | ACK) == SYN);
        let answers = self.flags.map(|flags| flags & (SYN | ACK) == SYN | ACK);
        match (asks, answers) {
            ([true, false], _) | ([false, false], [false, true]) => Some(true),
            ([false, true], _) | ([false, false], [true, false]) => Some(false),
            _ => None,
        }
    }

    /// Of two halves the earlier. TCP without a SYN goes on from before, and which way its first
    /// packet of an interval goes tells nothing.
    fn client_by_start(&self) -> Option<bool> {
        let [there, back] = &self.halves;
        let are_two = there.has_flows() && back.has_flows();
        let goes_on = self.key.is_session() && self.is(Self::HAS_FLAGS);
        let tells = are_two && !goes_on && there.start != back.start;
        tells.then_some(there.start < back.start)
    }

    /// Of one half its sender.
    fn client_by_half(&self) -> Option<bool> {
        let [there, back] = self.halves.each_ref().map(Half::has_flows);
        (there != back).then_some(there)
    }

    /// Where the session stands; `None` where it is no TCP session.
    pub(crate) fn state(&self) -> Option<State> {
        if !self.key.is_session() {
            return None;
        }
        Some(match self.is(Self::WAS_REPORTED) {
            _ if self.has_ended() => State::Ends,
            true => State::Continues,
            false => State::Begins,
        })
    }

    /// A flow has closed or reset the session, or there were none for too long.
    pub(crate) fn has_ended(&self) -> bool {
        !self.has_flows() || (self.flags[0] | self.flags[1]) & (FIN | RST) != 0
    }

    /// Whether the other half may still come: of what AWS rejected none does.
    pub(crate) fn lacks_half(&self) -> bool {
        let [there, back] = self.halves.each_ref().map(Half::has_flows);
        there != back && !self.key.is_rejected()
    }

    /// The entry of the session in the next window, without flows.
    pub(crate) fn next(&self, peers: &Peers) -> Self {
        let mut next = Self { texts: self.texts, ..Self::new(self.key) };
        let is_first = self.client(peers).is_first;
        next.marks = Self::CLIENT_IS_KNOWN
            | Self::WAS_REPORTED
            | bit(is_first, Self::FIRST_IS_CLIENT)
            | (self.marks & (Self::HAS_FLAGS | Self::IS_SEEN_BY_SOURCE | Self::SECOND_IS_OWN));
        next.places = self.places;
        next
    }
}

impl Contents {
    /// The earliest start and the latest end of an entry's flows, Unix seconds; of a session
    /// without flows its own.
    pub(crate) fn times(&self, entry: &Entry) -> (u32, u32) {
        let halves = entry.halves.iter().filter(|half| half.has_flows());
        let start = halves.clone().map(|half| half.start).min();
        let end = halves.map(|half| half.end).max();
        start.zip(end).unwrap_or_else(|| {
            self.session_of(entry).map_or((0, 0), |session| (session.start, session.end))
        })
    }

    /// What the next window has to know of the session of an entry with flows, `now` being
    /// monotonic seconds.
    pub(crate) fn next_session(&self, entry: &Entry, now: u32) -> Session {
        let (start, end) = self.times(entry);
        let start = self.session_of(entry).map_or(start, |session| session.start);
        Session { start, end, last_seen: now }
    }
}
