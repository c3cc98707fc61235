//! Network interfaces and their lookup by id.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;

use crate::endpoint::Endpoint;
use crate::error::InventoryError;
use crate::exporters::VpcIndex;
use crate::histories::Moment;
use crate::model::Interface;
use crate::positions::PositionIndex;
use crate::routes::{RouteTableIndex, Routes};
use crate::strings::{Span, Strings, clean, hash_of, position};

/// Account and subnet, shared by all interfaces that have the same.
#[derive(Debug)]
struct Home {
    account_id: Box<[u8]>,
    subnet_id: Box<[u8]>,
    route_table: Option<RouteTableIndex>,
}

/// An id, next to the rest of its entry when it is as short as AWS's are.
#[derive(Clone, Copy, Debug)]
enum Id {
    Near { length: u8, bytes: [u8; Id::NEAR] },
    Far(Span),
}

impl Id {
    /// `eni-` and 17 hexadecimal digits are 21 bytes.
    const NEAR: usize = 22;

    fn new(id: &[u8], strings: &mut Strings) -> Result<Id, InventoryError> {
        let mut bytes = [0; Id::NEAR];
        match (bytes.get_mut(..id.len()), u8::try_from(id.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(id);
                Ok(Id::Near { length, bytes })
            }
            _ => strings.push(id).map(Id::Far),
        }
    }

    #[inline]
    fn of<'s>(&'s self, strings: &'s [u8]) -> Option<&'s [u8]> {
        match self {
            Id::Near { length, bytes } => bytes.get(..usize::from(*length)),
            Id::Far(span) => span.of(strings),
        }
    }
}

/// What a snapshot knows of one network interface.
///
/// All that the common case needs, the interface itself under its primary address, lies in one
/// cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct InterfaceEntry {
    id: Id,
    strings: Span,
    home: Arc<Home>,
    vpc: VpcIndex,
    /// 0.0.0.0 when there is none, as in the next field.
    primary: Ipv4Addr,
    primary_public: Ipv4Addr,
    ipv4: Run,
    ipv6: Run,
}

const _: () = assert!(size_of::<InterfaceEntry>() == 64);

impl InterfaceEntry {
    /// The VPC of its addresses; the fallback when the inventory does not list that VPC.
    pub fn vpc(&self) -> VpcIndex {
        self.vpc
    }

    /// The owner's account, which differs from the VPC's owner in a shared VPC.
    pub fn account_id(&self) -> &[u8] {
        &self.home.account_id
    }

    /// `subnet-…`; empty when unknown.
    pub fn subnet_id(&self) -> &[u8] {
        &self.home.subnet_id
    }

    /// The route table that is associated with its subnet; without one the VPC's main table
    /// counts.
    pub fn route_table(&self) -> Option<RouteTableIndex> {
        self.home.route_table
    }

    /// Whether `address` is its primary private IPv4 address, under which flow logs show it.
    #[inline]
    pub fn is_primary(&self, address: Ipv4Addr) -> bool {
        self.primary == address && !address.is_unspecified()
    }

    /// The interface under its primary IPv4 address, or what is known of it without one.
    #[inline]
    pub(crate) fn primary_endpoint<'s>(&self, moment: Moment<'s>) -> Endpoint<'s> {
        match self.strings.of(moment.strings) {
            Some(strings) => {
                let public = Some(self.primary_public).filter(|public| !public.is_unspecified());
                Endpoint { strings, public_address: public }
            }
            None => moment.held(self.strings).unwrap_or(Endpoint::UNKNOWN),
        }
    }

    /// Its strings, or its history.
    pub(crate) fn strings(&self) -> Span {
        self.strings
    }

    /// Its primary private address, and the public one that belongs to it; 0.0.0.0 for none.
    pub(crate) fn primary(&self) -> [Ipv4Addr; 2] {
        [self.primary, self.primary_public]
    }

    /// `eni-…`; `strings` are those of the entry's snapshot.
    pub(crate) fn id<'s>(&'s self, strings: &'s [u8]) -> &'s [u8] {
        self.id.of(strings).unwrap_or_default()
    }

    pub(crate) fn ipv4_rows(&self) -> Range<usize> {
        self.ipv4.range()
    }

    pub(crate) fn ipv6_rows(&self) -> Range<usize> {
        self.ipv6.range()
    }
}

/// The rows of one interface in an address table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    // In two halves, so that a run takes 6 bytes and not 8.
    first: [u16; 2],
    count: u16,
}

impl Run {
    /// The rows from `first` up to `end`.
    pub(crate) fn new(first: u32, end: u32) -> Result<Run, InventoryError> {
        let too_large = |_| InventoryError::TooLarge {
            what: "addresses on one interface",
            limit: u32::from(u16::MAX),
        };
        let count = u16::try_from(end.saturating_sub(first)).map_err(too_large)?;
        Ok(Run { first: [(first >> 16) as u16, first as u16], count })
    }

    fn range(self) -> Range<usize> {
        let [upper, lower] = self.first;
        let first = (usize::from(upper) << 16) | usize::from(lower);
        first..first + usize::from(self.count)
    }
}

/// What the builder knows of an interface once its addresses are stored.
pub(crate) struct NewInterface<'i> {
    pub(crate) interface: &'i Interface,
    pub(crate) strings: Span,
    pub(crate) vpc: VpcIndex,
    pub(crate) ipv4: Run,
    pub(crate) ipv6: Run,
}

/// Collects the interfaces of a snapshot.
pub(crate) struct InterfacesBuilder<'i> {
    interfaces: Interfaces,
    homes: HashMap<(&'i str, &'i str), Arc<Home>>,
}

/// All interfaces, found by id without a copy of the id in the index.
pub(crate) struct Interfaces {
    entries: Vec<InterfaceEntry>,
    by_id: PositionIndex,
    home_bytes: usize,
}

// === impl InterfacesBuilder ===

impl<'i> InterfacesBuilder<'i> {
    pub(crate) fn with_capacity(interfaces: usize) -> InterfacesBuilder<'i> {
        let interfaces = Interfaces {
            entries: Vec::with_capacity(interfaces),
            by_id: PositionIndex::with_capacity(interfaces),
            home_bytes: 0,
        };
        InterfacesBuilder { interfaces, homes: HashMap::new() }
    }

    pub(crate) fn contains(&self, id: &[u8], strings: &[u8]) -> bool {
        self.interfaces.find(id, strings).is_some()
    }

    /// What was added up to now.
    pub(crate) fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    pub(crate) fn set_history(&mut self, at: u32, history: Span) {
        if let Some(entry) = self.interfaces.entries.get_mut(at as usize) {
            entry.strings = history;
        }
    }

    /// Adds an interface whose id is not there yet.
    pub(crate) fn add(
        &mut self,
        new: NewInterface<'i>,
        routes: &Routes,
        strings: &mut Strings,
    ) -> Result<(), InventoryError> {
        let id = new.interface.id.as_bytes();
        let subnet_id = new.interface.subnet_id.as_deref().unwrap_or_default();
        let home = Arc::clone(self.home(&new.interface.account_id, subnet_id, routes));
        let primary = new.interface.addresses.first();
        let public = primary.and_then(|pair| pair.public);
        let entry = InterfaceEntry {
            id: Id::new(id, strings)?,
            strings: new.strings,
            home,
            vpc: new.vpc,
            primary: primary.map_or(Ipv4Addr::UNSPECIFIED, |pair| pair.private),
            primary_public: public.unwrap_or(Ipv4Addr::UNSPECIFIED),
            ipv4: new.ipv4,
            ipv6: new.ipv6,
        };
        self.interfaces.insert(id, entry)
    }

    fn home(&mut self, account_id: &'i str, subnet_id: &'i str, routes: &Routes) -> &Arc<Home> {
        self.homes.entry((account_id, subnet_id)).or_insert_with(|| {
            Arc::new(Home {
                account_id: clean(account_id).as_bytes().into(),
                subnet_id: clean(subnet_id).as_bytes().into(),
                route_table: routes.of_subnet(subnet_id.as_bytes()),
            })
        })
    }

    pub(crate) fn finish(mut self) -> Interfaces {
        let text = |home: &Arc<Home>| home.account_id.len() + home.subnet_id.len();
        let texts = self.homes.values().map(text).sum::<usize>();
        // Two reference counts precede what an Arc holds.
        let fixed = size_of::<Home>() + 2 * size_of::<usize>();
        self.interfaces.home_bytes = texts + self.homes.len() * fixed;
        self.interfaces
    }
}

// === impl Interfaces ===

impl Interfaces {
    fn insert(&mut self, id: &[u8], entry: InterfaceEntry) -> Result<(), InventoryError> {
        let at = position(self.entries.len(), "interfaces")?;
        self.entries.push(entry);
        self.by_id.insert(hash_of(id), at);
        Ok(())
    }

    #[inline]
    pub(crate) fn find(&self, id: &[u8], strings: &[u8]) -> Option<&InterfaceEntry> {
        self.entries.get(self.find_position(id, strings)? as usize)
    }

    /// The place of the interface with this id.
    #[inline]
    pub(crate) fn find_position(&self, id: &[u8], strings: &[u8]) -> Option<u32> {
        let has_id = |entry: &InterfaceEntry| entry.id.of(strings) == Some(id);
        let is_id = |at: u32| self.entries.get(at as usize).is_some_and(has_id);
        self.by_id.find(hash_of(id), is_id)
    }

    pub(crate) fn get(&self, at: u32) -> Option<&InterfaceEntry> {
        self.entries.get(at as usize)
    }

    /// The interface whose `rows` in an address table the row at `place` is one of.
    pub(crate) fn of_row(
        &self,
        place: usize,
        rows: impl Fn(&InterfaceEntry) -> Range<usize>,
    ) -> Option<&InterfaceEntry> {
        self.entries.get(self.position_of_row(place, rows)?)
    }

    /// The place of the same.
    pub(crate) fn position_of_row(
        &self,
        place: usize,
        rows: impl Fn(&InterfaceEntry) -> Range<usize>,
    ) -> Option<usize> {
        // Rows stand in the order of their interfaces, of which some have none.
        let after = self.entries.partition_point(|entry| rows(entry).start <= place);
        let at = after.checked_sub(1)?;
        self.entries.get(at).is_some_and(|entry| rows(entry).contains(&place)).then_some(at)
    }

    /// Brings the index's place for `id` into the cache.
    #[inline]
    pub(crate) fn touch(&self, id: &[u8]) -> u64 {
        self.by_id.touch(hash_of(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let entries = self.entries.capacity() * size_of::<InterfaceEntry>();
        entries + self.by_id.memory_bytes() + self.home_bytes
    }
}
