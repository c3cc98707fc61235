//! Attempts to sign in, held to a pace.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 3;

/// The wait after the first failure that costs something; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How long failures are remembered.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// The most addresses that are remembered.
const MAX_ADDRESSES: usize = 4096;

/// Who failed to sign in, and how often. Time comes in.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    by_address: HashMap<IpAddr, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn wait(&self) -> Duration {
        match self.count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(doublings) => (FIRST_WAIT * 2_u32.pow(doublings.min(10))).min(MAX_WAIT),
        }
    }
}

impl Attempts {
    /// How long the next attempt from there has to wait; `None` when it may be made.
    pub(super) fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.by_address.get(&key(from))?;
        let waited = now.saturating_duration_since(failures.last);
        failures.wait().checked_sub(waited).filter(|wait| !wait.is_zero())
    }

    /// An attempt failed.
    pub(super) fn failed(&mut self, from: IpAddr, now: Instant) {
        self.make_room(now);
        let failures = self.by_address.entry(key(from));
        let failures = failures.or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// An attempt succeeded: the address starts anew.
    pub(super) fn succeeded(&mut self, from: IpAddr) {
        self.by_address.remove(&key(from));
    }

    fn make_room(&mut self, now: Instant) {
        if self.by_address.len() < MAX_ADDRESSES {
            return;
        }
        self.by_address.retain(|_, each| now.saturating_duration_since(each.last) < MEMORY);
        while self.by_address.len() >= MAX_ADDRESSES {
            // Who has failed the least has the least to lose.
            let least = self.by_address.iter().min_by_key(|(_, each)| (each.count, each.last));
            let Some(address) = least.map(|(address, _)| *address) else { return };
            self.by_address.remove(&address);
        }
    }
}

/// Whoever has one IPv6 address has its whole /64.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn some_mistakes_are_free_and_more_of_them_take_longer_and_longer() {
        let (mut attempts, mut now) = (Attempts::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = attempts.wait(HERE, now).unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
            attempts.failed(HERE, now);
            assert_eq!(attempts.wait(THERE, now), None);
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        attempts.succeeded(HERE);
        assert_eq!(attempts.wait(HERE, now), None);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for host in 0..4_u16 {
            attempts.failed(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host).into(), now);
        }
        assert!(attempts.wait("2001:db8:0:1::9".parse().unwrap(), now).is_some());
        assert!(attempts.wait("2001:db8:0:2::9".parse().unwrap(), now).is_none());
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_and_frees_nobody_who_failed_often() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..5 {
            attempts.failed(HERE, now);
        }
        for number in 0..10_000_u32 {
            attempts.failed(std::net::Ipv4Addr::from(number).into(), now);
        }
        assert!(attempts.by_address.len() <= MAX_ADDRESSES);
        assert!(attempts.wait(HERE, now).is_some());
    }
}
