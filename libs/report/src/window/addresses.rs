//! Addresses in 32 bits.

use std::hash::BuildHasher as _;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use super::index::Index;
use super::key::Key;

/// The IPv6 addresses of a window by number. IPv4 addresses are numbers already.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    addresses: Vec<u128>,
    numbers: Index,
    hasher: RandomState,
}

impl Addresses {
    /// The number of `address`, which is kept from now on.
    #[inline]
    pub(crate) fn keep(&mut self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => address.to_bits(),
            IpAddr::V6(address) => self.keep_v6(address.to_bits()),
        }
    }

    fn keep_v6(&mut self, address: u128) -> u32 {
        let Self { addresses, numbers, hasher } = self;
        let hash = hasher.hash_one(address) as u32;
        let is_it = |number: u32| addresses[number as usize] == address;
        if let Some(number) = numbers.find(hash, is_it) {
            return number;
        }
        // 2^32 addresses are out of reach: memory is bounded long before.
        let number = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        addresses.push(address);
        numbers.insert(hash, number);
        number
    }

    /// The address of an end of `key`, if it has one.
    pub(crate) fn get(&self, key: &Key, end: usize) -> Option<IpAddr> {
        let number = key.addresses[end];
        let address = match key.has(Key::IPV6) {
            false => IpAddr::from(number.to_be_bytes()),
            true => IpAddr::from(self.addresses.get(number as usize)?.to_be_bytes()),
        };
        key.has(Key::ADDRESSES[end]).then_some(address)
    }

    /// About what the addresses take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.addresses.len() * size_of::<u128>() + self.numbers.octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_number_and_is_found_by_it() {
        let mut addresses = Addresses::default();
        let key = |numbers: [u32; 2], family: u8| Key {
            addresses: numbers,
            ports: [0; 2],
            observation_domain_id: 0,
            protocol: 0,
            status: 0,
            shape: family | Key::ADDRESSES[0],
        };
        for text in ["2001:db8::1", "2001:db8::2", "10.0.0.1", "2001:db8::1"] {
            let address: IpAddr = text.parse().unwrap();
            let family = if address.is_ipv6() { Key::IPV6 } else { 0 };
            let key = key([addresses.keep(address), addresses.keep(address)], family);
            assert_eq!(key.addresses[0], key.addresses[1]);
            assert_eq!((addresses.get(&key, 0), addresses.get(&key, 1)), (Some(address), None));
        }
        assert_eq!(addresses.addresses.len(), 2);
    }
}
