//! Who held addresses before, while a snapshot is built.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr};

use super::{Builder, Texts, is_public};
use crate::addresses::{AddressRow, AddressTable, VpcIpv4, VpcIpv6};
use crate::error::InventoryError;
use crate::exporters::{ExporterKind, VpcIndex};
use crate::histories::{Histories, Holding, NOW};
use crate::holding::Ipv6Holding;
use crate::interfaces::{InterfaceEntry, NewInterface, Run};
use crate::model::Inventory;
use crate::region::Former;
use crate::service;
use crate::strings::Span;

/// The histories in the making.
struct Past {
    ipv4: Holdings<VpcIpv4>,
    ipv6: Holdings<VpcIpv6>,
    public_ipv4: Holdings<Ipv4Addr>,
    public_ipv6: Holdings<Ipv6Holding>,
    /// Of interfaces under their primary addresses, by place.
    interfaces: Holdings<u32>,
}

impl<'i> Builder<'i> {
    /// Adds what the inventory tells of the past, after all that is there now.
    pub(super) fn add_former(&mut self, inventory: &'i Inventory) -> Result<(), InventoryError> {
        if inventory.former.is_empty() {
            return Ok(());
        }
        let mut past = Past {
            ipv4: Holdings::behind(self.ipv4.rows_len()),
            ipv6: Holdings::behind(self.ipv6.rows_len()),
            public_ipv4: Holdings::behind(self.public_ipv4.rows_len()),
            public_ipv6: Holdings::behind(self.public_ipv6.rows_len()),
            interfaces: Holdings::behind(self.interfaces.interfaces().len()),
        };
        let mut latest_first: Vec<_> = inventory.former.iter().collect();
        latest_first.sort_by_key(|former| Reverse(former.until));
        for former in latest_first {
            self.add_former_interface(former, &mut past)?;
        }
        for held in &inventory.held_since {
            self.note_since(held.interface_id.as_bytes(), held.address, held.since, &mut past);
        }
        self.store(past)
    }

    fn add_former_interface(
        &mut self,
        former: &'i Former,
        past: &mut Past,
    ) -> Result<(), InventoryError> {
        let interface = &former.interface;
        let vpc = self.exporters.find_kind(interface.vpc_id.as_bytes(), ExporterKind::Vpc);
        let vpc = vpc.unwrap_or(VpcIndex::FALLBACK);
        let region = self.exporters.get(vpc).region.clone();
        let texts = Texts {
            instance_id: interface.instance_id.as_deref().unwrap_or_default(),
            instance_name: former.instance_name.as_deref().unwrap_or_default(),
            region: &region,
            service: service::of_interface(interface),
        };
        let strings = self.intern(texts)?;
        let place = self.place_of(former, vpc, strings)?;
        let Former { from, until, .. } = *former;
        let public = Ipv4Addr::UNSPECIFIED;
        let holding = Holding { from, until, strings, public, interface: place };
        for pair in &interface.addresses {
            let public = pair.public.unwrap_or(Ipv4Addr::UNSPECIFIED);
            past.ipv4.add(VpcIpv4 { vpc, address: pair.private }, Holding { public, ..holding });
            if let Some(public) = pair.public {
                let strings = self.public_strings(IpAddr::V4(public), texts)?;
                past.public_ipv4.add(public, Holding { public, strings, ..holding });
            }
        }
        for held in interface.ipv6_holdings() {
            past.ipv6.add(VpcIpv6 { vpc, holding: held }, holding);
            if is_public(held) {
                let strings = self.public_strings(IpAddr::V6(held.first()), texts)?;
                past.public_ipv6.add(held, Holding { strings, ..holding });
            }
        }
        self.add_former_instance(former, holding, past);
        Ok(())
    }

    /// The place of the interface, which is added when it is gone. Ids do not come again, so that
    /// lines may still name it.
    fn place_of(
        &mut self,
        former: &'i Former,
        vpc: VpcIndex,
        strings: Span,
    ) -> Result<u32, InventoryError> {
        let interface = &former.interface;
        let find = |builder: &Self| {
            let id = interface.id.as_bytes();
            builder.interfaces.interfaces().find_position(id, builder.strings.bytes())
        };
        if let Some(place) = find(self) {
            return Ok(place);
        }
        let first = self.ipv4.next_position()?;
        for pair in &interface.addresses {
            let key = VpcIpv4 { vpc, address: pair.private };
            self.ipv4.push(AddressRow::new(key, strings, pair.public))?;
        }
        let ipv4 = Run::new(first, self.ipv4.next_position()?)?;
        let first = self.ipv6.next_position()?;
        for holding in interface.ipv6_holdings() {
            self.ipv6.push(AddressRow::new(VpcIpv6 { vpc, holding }, strings, None))?;
        }
        let ipv6 = Run::new(first, self.ipv6.next_position()?)?;
        let new = NewInterface { interface, strings, vpc, ipv4, ipv6 };
        self.interfaces.add(new, &self.routes, &mut self.strings)?;
        Ok(find(self).unwrap_or(u32::MAX))
    }

    /// An interface that is still there served another instance, or had another public address.
    fn add_former_instance(&self, former: &Former, holding: Holding, past: &mut Past) {
        let place = holding.interface;
        let entry = self.interfaces.interfaces().get(place);
        let Some(entry) = entry.filter(|_| (place as usize) < past.interfaces.first) else {
            return;
        };
        let [primary, _] = entry.primary();
        let pair = former.interface.addresses.iter().find(|pair| pair.private == primary);
        if let Some(pair) = pair {
            let public = pair.public.unwrap_or(Ipv4Addr::UNSPECIFIED);
            past.interfaces.add(place, Holding { public, ..holding });
        }
    }

    fn note_since(&self, interface_id: &[u8], address: IpAddr, since: u64, past: &mut Past) {
        let interfaces = self.interfaces.interfaces();
        let strings = self.strings.bytes();
        let Some(place) = interfaces.find_position(interface_id, strings) else { return };
        let Some(entry) = interfaces.get(place) else { return };
        match address {
            IpAddr::V4(address) => {
                past.ipv4.note_since(VpcIpv4 { vpc: entry.vpc(), address }, since);
                let mut rows = self.ipv4.rows(entry.ipv4_rows()).iter();
                let row = rows.find(|row| row.key.address == address);
                if let Some(public) = row.and_then(AddressRow::public_address) {
                    past.public_ipv4.note_since(public, since);
                }
                if entry.is_primary(address) {
                    past.interfaces.note_since(place, since);
                }
            }
            IpAddr::V6(address) => {
                // A prefix stands there by its first address.
                for holding in [Ipv6Holding::Address(address), Ipv6Holding::Prefix(address)] {
                    past.ipv6.note_since(VpcIpv6 { vpc: entry.vpc(), holding }, since);
                    past.public_ipv6.note_since(holding, since);
                }
            }
        }
    }

    /// Puts histories where the addresses' strings are.
    fn store(&mut self, past: Past) -> Result<(), InventoryError> {
        let Past { mut ipv4, mut ipv6, public_ipv4, public_ipv6, interfaces } = past;
        // These may be of several VPCs that are not listed.
        ipv4.of.retain(|key, _| key.vpc != VpcIndex::FALLBACK);
        ipv6.of.retain(|key, _| key.vpc != VpcIndex::FALLBACK);
        for key in ipv4.of.keys() {
            self.routes.note_address(key.vpc, IpAddr::V4(key.address));
        }
        for key in ipv6.of.keys() {
            self.routes.note_address(key.vpc, IpAddr::V6(key.holding.first()));
        }
        let entries = self.interfaces.interfaces();
        let of_row = |place| entries.position_of_row(place, InterfaceEntry::ipv4_rows);
        let gone = ipv4.store(&mut self.ipv4, &mut self.histories, of_row)?;
        let of_row = |place| entries.position_of_row(place, InterfaceEntry::ipv6_rows);
        let gone = gone + ipv6.store(&mut self.ipv6, &mut self.histories, of_row)?;
        let public = public_ipv4.store(&mut self.public_ipv4, &mut self.histories, |_| None)?;
        let public =
            public + public_ipv6.store(&mut self.public_ipv6, &mut self.histories, |_| None)?;
        self.gone = Gone {
            interfaces: entries.len() - interfaces.first,
            addresses: gone,
            public_addresses: public,
        };
        self.store_interfaces(interfaces)
    }

    fn store_interfaces(&mut self, interfaces: Holdings<u32>) -> Result<(), InventoryError> {
        for (place, (mut holdings, since)) in interfaces.of {
            let Some(entry) = self.interfaces.interfaces().get(place) else { continue };
            let (strings, [_, public]) = (entry.strings(), entry.primary());
            let current = Holding { from: since, until: NOW, strings, public, interface: place };
            holdings.push(current);
            let history = self.histories.add(holdings)?;
            self.interfaces.set_history(place, history);
        }
        Ok(())
    }
}

/// How much of a snapshot is only found by time.
#[derive(Clone, Copy, Default)]
pub(super) struct Gone {
    pub(super) interfaces: usize,
    pub(super) addresses: usize,
    pub(super) public_addresses: usize,
}

/// The former holdings of one kind of key, and since when each is held now.
struct Holdings<K> {
    of: HashMap<K, (Vec<Holding>, u64)>,
    /// The first place of the table where things stand that are gone.
    first: usize,
}

impl<K: Copy + Eq + Hash> Holdings<K> {
    fn behind(first: usize) -> Holdings<K> {
        Holdings { of: HashMap::new(), first }
    }

    fn add(&mut self, key: K, holding: Holding) {
        self.of.entry(key).or_default().0.push(holding);
    }

    fn note_since(&mut self, key: K, since: u64) {
        if let Some((_, noted)) = self.of.get_mut(&key) {
            *noted = since;
        }
    }

    /// Puts the histories into `table`, and tells how many of its keys nobody holds now.
    fn store(
        self,
        table: &mut AddressTable<K>,
        histories: &mut Histories,
        holder: impl Fn(usize) -> Option<usize>,
    ) -> Result<usize, InventoryError> {
        let mut gone = 0;
        for (key, (mut holdings, since)) in self.of {
            let current = table.find_position(key).filter(|place| *place < self.first);
            let place = match current {
                Some(place) => place,
                None => table.push_indexed(key)?,
            };
            let Some(row) = table.row_mut(place) else { continue };
            if current.is_some() {
                let public = row.public_address().unwrap_or(Ipv4Addr::UNSPECIFIED);
                let interface = holder(place).map_or(u32::MAX, |place| place as u32);
                let (from, strings) = (since, row.strings());
                holdings.push(Holding { from, until: NOW, strings, public, interface });
            }
            gone += usize::from(current.is_none());
            row.set_history(histories.add(holdings)?);
        }
        Ok(gone)
    }
}
