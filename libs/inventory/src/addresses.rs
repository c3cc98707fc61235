//! Tables from an address, inside one VPC or public, to an endpoint.

use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;
use std::ops::Range;

use crate::endpoint::Endpoint;
use crate::error::InventoryError;
use crate::exporters::VpcIndex;
use crate::histories::Moment;
use crate::holding::Ipv6Holding;
use crate::positions::PositionIndex;
use crate::strings::{Span, hash_of, position};

/// An IPv4 address inside one VPC; other VPCs may have the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VpcIpv4 {
    pub(crate) vpc: VpcIndex,
    pub(crate) address: Ipv4Addr,
}

impl Hash for VpcIpv4 {
    /// One word: the hasher takes as long for each write, whatever its width.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64((u64::from(self.vpc.position()) << 32) | u64::from(self.address.to_bits()));
    }
}

/// An IPv6 address, or a delegated prefix, inside one VPC.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VpcIpv6 {
    pub(crate) vpc: VpcIndex,
    pub(crate) holding: Ipv6Holding,
}

impl Hash for VpcIpv6 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.holding.hash(state);
        state.write_u32(self.vpc.position());
    }
}

/// A key by which an address is found, or else the prefix around it.
pub(crate) trait Ipv6Key: Copy + Eq + Hash {
    /// The key of the delegated prefix around the address.
    fn around(self) -> Self;
}

impl Ipv6Key for VpcIpv6 {
    fn around(self) -> VpcIpv6 {
        VpcIpv6 { holding: self.holding.around(), ..self }
    }
}

impl Ipv6Key for Ipv6Holding {
    fn around(self) -> Ipv6Holding {
        Ipv6Holding::around(self)
    }
}

/// What an address stands for.
#[derive(Clone, Copy)]
pub(crate) struct AddressRow<K> {
    pub(crate) key: K,
    strings: Span,
    /// 0.0.0.0 when there is none, which keeps a row of [`VpcIpv4`] at 20 bytes.
    public: Ipv4Addr,
}

impl<K> AddressRow<K> {
    pub(crate) fn new(key: K, strings: Span, public: Option<Ipv4Addr>) -> AddressRow<K> {
        AddressRow { key, strings, public: public.unwrap_or(Ipv4Addr::UNSPECIFIED) }
    }

    /// What the address stood for at that moment.
    #[inline]
    pub(crate) fn endpoint<'s>(&self, moment: Moment<'s>) -> Option<Endpoint<'s>> {
        match self.strings.of(moment.strings) {
            Some(strings) => Some(Endpoint { strings, public_address: self.public_address() }),
            None => moment.held(self.strings),
        }
    }

    /// Its strings, or its history.
    pub(crate) fn strings(&self) -> Span {
        self.strings
    }

    pub(crate) fn set_history(&mut self, history: Span) {
        self.strings = history;
    }

    /// The public address that belongs to the row's private one.
    #[inline]
    pub(crate) fn public_address(&self) -> Option<Ipv4Addr> {
        Some(self.public).filter(|public| !public.is_unspecified())
    }
}

/// Rows in the order of their interfaces, and a hash index over their keys.
pub(crate) struct AddressTable<K> {
    rows: Vec<AddressRow<K>>,
    index: PositionIndex,
}

impl<K: Copy + Eq + Hash> AddressTable<K> {
    pub(crate) fn with_capacity(rows: usize) -> AddressTable<K> {
        AddressTable { rows: Vec::with_capacity(rows), index: PositionIndex::with_capacity(rows) }
    }

    /// Adds a row that only its position leads to.
    pub(crate) fn push(&mut self, row: AddressRow<K>) -> Result<u32, InventoryError> {
        let at = self.next_position()?;
        self.rows.push(row);
        Ok(at)
    }

    /// Makes the key of the row at `at` findable; `false` when an earlier row has the same key.
    pub(crate) fn index(&mut self, at: u32) -> bool {
        let Some(key) = self.rows.get(at as usize).map(|row| row.key) else {
            return false;
        };
        let is_new = self.find(key).is_none();
        if is_new {
            self.index.insert(hash_of(&key), at);
        }
        is_new
    }

    /// Adds a row that has a history alone, and makes its key findable.
    pub(crate) fn push_indexed(&mut self, key: K) -> Result<usize, InventoryError> {
        let at = self.push(AddressRow::new(key, Span::of_history(0, 0), None))?;
        self.index(at);
        Ok(at as usize)
    }

    pub(crate) fn rows_len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn next_position(&self) -> Result<u32, InventoryError> {
        position(self.rows.len(), "addresses")
    }

    #[inline]
    pub(crate) fn find(&self, key: K) -> Option<&AddressRow<K>> {
        self.rows.get(self.find_position(key)?)
    }

    /// The place of `key` among the rows.
    #[inline]
    pub(crate) fn find_position(&self, key: K) -> Option<usize> {
        let is_key = |at: u32| self.rows.get(at as usize).is_some_and(|row| row.key == key);
        self.index.find(hash_of(&key), is_key).map(|at| at as usize)
    }

    /// The place of the first row that fits, found by reading them all.
    pub(crate) fn scan(&self, fits: impl FnMut(&AddressRow<K>) -> bool) -> Option<usize> {
        self.rows.iter().position(fits)
    }

    /// The place of the row with the address of `key`, or of one that stands around it.
    #[inline]
    pub(crate) fn find_around(&self, key: K) -> Option<usize>
    where
        K: Ipv6Key,
    {
        self.find_position(key).or_else(|| self.find_position(key.around()))
    }

    /// Brings the index's place for `key` into the cache.
    #[inline]
    pub(crate) fn touch(&self, key: K) -> u64 {
        self.index.touch(hash_of(&key))
    }

    pub(crate) fn row(&self, place: usize) -> Option<&AddressRow<K>> {
        self.rows.get(place)
    }

    pub(crate) fn row_mut(&mut self, place: usize) -> Option<&mut AddressRow<K>> {
        self.rows.get_mut(place)
    }

    pub(crate) fn rows(&self, run: Range<usize>) -> &[AddressRow<K>] {
        self.rows.get(run).unwrap_or_default()
    }

    /// How many keys can be found.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<AddressRow<K>>() + self.index.memory_bytes()
    }
}
