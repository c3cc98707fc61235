//! The end of a window.

use std::sync::Arc;
use std::time::Duration;

use super::authority::part_by_authority;
use super::closed::{Closed, Remains};
use super::contents::Contents;
use super::entry::Entry;
use super::key::Key;
use super::options::WindowOptions;
use super::peers::Peers;
use super::top::keep_top;
use super::windowed::Window;

/// How much of a window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What lacks its other half, or what its other end saw, and has not waited, waits for the next
    /// window, and TCP sessions go on.
    Interval,
    /// All of it: there is no next window.
    All,
}

impl Window {
    /// Closes the window at monotonic time `now`: what is returned has its rows. What goes on is
    /// in the next one, which has begun.
    pub fn close(&mut self, now: Duration, extent: Extent) -> Closed {
        let options = Arc::clone(&self.options);
        let counts_once = options.counts_once;
        let mut contents = self.take_contents();
        if options.stitches {
            contents.peers = Peers::of(&contents);
        }
        let mut others = std::mem::take(&mut self.others);
        let mut deduplicated = others.take_left_out();
        let now = u32::try_from(now.as_secs()).unwrap_or(u32::MAX);
        let Ended { mut places, carried } = self.carry_on(&contents, now, extent);
        if options.authoritative_only {
            let (stay, leave) = part_by_authority(&contents, places, counts_once);
            places = stay;
            for entry in leave.iter().map(|place| contents.get(*place)) {
                deduplicated += contents.count(entry, counts_once);
                deduplicated += contents.seen_twice(entry, counts_once);
            }
        }
        let seen_twice = |place: &u32| contents.seen_twice(contents.get(*place), counts_once);
        deduplicated += places.iter().map(seen_twice).sum();
        sort_by_domain(&contents, &mut places);
        if let Some(top) = options.top {
            keep_top(&contents, &mut places, &mut others, top, counts_once);
        }
        let others = others.take();
        let remains = Remains { contents, places, others, carried, deduplicated };
        Closed::new(&options, &self.rows, remains)
    }

    /// Takes what goes on into the next window, which is this one.
    fn carry_on(&mut self, old: &Contents, now: u32, extent: Extent) -> Ended {
        let options = Arc::clone(&self.options);
        let mut ended = Ended { places: Vec::with_capacity(old.len()), carried: 0 };
        for (place, entry) in (0u32..).zip(old.iter()) {
            match fate_of(entry, old, now, extent, &options) {
                Fate::Waits => {
                    ended.carried += 1;
                    let marks = entry.marks | Entry::HAS_WAITED;
                    self.adopt(Entry { marks, ..*entry }, old, old.session_of(entry));
                }
                Fate::Sleeps => self.adopt(*entry, old, old.session_of(entry)),
                Fate::GoesOn => {
                    ended.places.push(place);
                    self.adopt(entry.next(&old.peers), old, Some(old.next_session(entry, now)));
                }
                Fate::Ends => ended.places.push(place),
                Fate::IsForgotten => {}
            }
        }
        ended
    }
}

/// What does not go on as it is.
struct Ended {
    /// The entries that get a row.
    places: Vec<u32>,
    /// How many wait instead.
    carried: usize,
}

/// Rows of one VPC and family follow each other, so that they share messages.
fn sort_by_domain(contents: &Contents, places: &mut Vec<u32>) {
    let domain = |place: &u32| {
        let key = &contents.get(*place).key;
        (key.observation_domain_id, key.has(Key::IPV6))
    };
    // Most come in long stretches of one domain already, a run's records at a time.
    let stretches = places.chunk_by(|one, other| domain(one) == domain(other));
    let mut stretches: Vec<&[u32]> = stretches.collect();
    stretches.sort_by_key(|stretch| stretch.first().map(domain));
    *places = stretches.concat();
}

/// What becomes of an entry when its window is closed.
enum Fate {
    /// It waits for its other half or for what its other end saw, its flows with it.
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

fn fate_of(
    entry: &Entry,
    contents: &Contents,
    now: u32,
    extent: Extent,
    options: &WindowOptions,
) -> Fate {
    if !entry.has_flows() {
        let last_seen = contents.session_of(entry).map_or(0, |session| session.last_seen);
        let idle = now.saturating_sub(last_seen);
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
    let lacks_half = options.stitches && entry.lacks_half();
    let lacks_view = options.counts_once && entry.lacks_view();
    if (lacks_half || lacks_view) && !entry.is(Entry::HAS_WAITED) {
        return Fate::Waits;
    }
    let is_session = options.tracks_sessions() && entry.key.is_session();
    if is_session && !entry.has_ended() { Fate::GoesOn } else { Fate::Ends }
}
