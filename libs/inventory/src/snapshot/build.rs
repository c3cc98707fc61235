//! From the inventory to a snapshot.

mod former;
mod instances;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::{Snapshot, Tables};
use crate::addresses::{AddressRow, AddressTable, VpcIpv4, VpcIpv6};
use crate::counts::SnapshotCounts;
use crate::error::InventoryError;
use crate::exporters::{ExporterKind, ExporterTable, FallbackExporter, VpcIndex};
use crate::histories::Histories;
use crate::holding::Ipv6Holding;
use crate::instances::InstanceNames;
use crate::interfaces::{InterfacesBuilder, NewInterface, Run};
use crate::model::{Interface, Inventory};
use crate::ranges::Ranges;
use crate::routes::Routes;
use crate::service;
use crate::strings::{Span, Strings};
use former::Gone;
use instances::Instances;

pub(super) fn build(
    inventory: &Inventory,
    fallback: &FallbackExporter,
) -> Result<Snapshot, InventoryError> {
    let mut builder = Builder::new(inventory, fallback)?;
    for interface in &inventory.interfaces {
        builder.add(interface)?;
    }
    builder.add_former(inventory)?;
    Ok(builder.finish())
}

struct Builder<'i> {
    strings: Strings,
    exporters: ExporterTable,
    instances: Instances<'i>,
    interfaces: InterfacesBuilder<'i>,
    ipv4: AddressTable<VpcIpv4>,
    ipv6: AddressTable<VpcIpv6>,
    public_ipv4: AddressTable<Ipv4Addr>,
    public_ipv6: AddressTable<Ipv6Holding>,
    ranges: Ranges,
    routes: Routes,
    histories: Histories,
    names: InstanceNames,
    gone: Gone,
    counts: SnapshotCounts,
}

/// The four texts of an endpoint, before they are encoded.
#[derive(Clone, Copy)]
struct Texts<'t> {
    instance_id: &'t str,
    instance_name: &'t str,
    region: &'t str,
    service: &'t str,
}

impl<'i> Builder<'i> {
    fn new(
        inventory: &'i Inventory,
        fallback: &FallbackExporter,
    ) -> Result<Builder<'i>, InventoryError> {
        let mut counts = SnapshotCounts {
            accounts: inventory.accounts.len() as u64,
            prefixes: prefix_count(inventory),
            ..SnapshotCounts::default()
        };
        let mut strings = Strings::default();
        let sizes = Sizes::of(inventory);
        let exporters =
            ExporterTable::build(&inventory.vpcs, &inventory.transit_gateways, fallback)?;
        exporters.count(&mut counts);
        Ok(Builder {
            routes: Routes::build(inventory, &exporters, &mut counts)?,
            exporters,
            instances: Instances::index(&inventory.instances, &mut counts)?,
            ranges: Ranges::build(&inventory.ip_ranges, &mut strings)?,
            interfaces: InterfacesBuilder::with_capacity(sizes.interfaces),
            ipv4: AddressTable::with_capacity(sizes.ipv4),
            ipv6: AddressTable::with_capacity(sizes.ipv6),
            public_ipv4: AddressTable::with_capacity(sizes.public_ipv4),
            public_ipv6: AddressTable::with_capacity(sizes.public_ipv6),
            histories: Histories::default(),
            names: InstanceNames::with_capacity(sizes.interfaces),
            gone: Gone::default(),
            strings,
            counts,
        })
    }

    fn add(&mut self, interface: &'i Interface) -> Result<(), InventoryError> {
        if self.interfaces.contains(interface.id.as_bytes(), self.strings.bytes()) {
            self.counts.duplicate_ids += 1;
            return Ok(());
        }
        let vpc = self.vpc_of(interface);
        let region = self.exporters.get(vpc).region.clone();
        let texts = Texts {
            instance_id: interface.instance_id.as_deref().unwrap_or_default(),
            instance_name: self.instance_name(interface),
            region: &region,
            service: service::of_interface(interface),
        };
        let strings = self.intern(texts)?;
        let ipv4 = self.add_ipv4(interface, vpc, strings, texts)?;
        let ipv6 = self.add_ipv6(interface, vpc, strings, texts)?;
        let new = NewInterface { interface, strings, vpc, ipv4, ipv6 };
        self.interfaces.add(new, &self.routes, &mut self.strings)
    }

    /// The texts of an interface, by whose instance they are found too.
    fn intern(&mut self, texts: Texts<'_>) -> Result<Span, InventoryError> {
        let strings = texts.intern(&mut self.strings)?;
        if !texts.instance_id.is_empty() {
            self.names.add(strings, texts.instance_id.as_bytes(), self.strings.bytes());
        }
        Ok(strings)
    }

    fn vpc_of(&mut self, interface: &Interface) -> VpcIndex {
        let vpc = self.exporters.find_kind(interface.vpc_id.as_bytes(), ExporterKind::Vpc);
        self.counts.dangling_references += u64::from(vpc.is_none());
        vpc.unwrap_or(VpcIndex::FALLBACK)
    }

    fn instance_name(&mut self, interface: &Interface) -> &'i str {
        let Some(id) = interface.instance_id.as_deref() else {
            return "";
        };
        let instance = self.instances.find(id);
        self.counts.dangling_references += u64::from(instance.is_none());
        instance.and_then(|instance| instance.name.as_deref()).unwrap_or_default()
    }

    fn add_ipv4(
        &mut self,
        interface: &Interface,
        vpc: VpcIndex,
        strings: Span,
        texts: Texts<'_>,
    ) -> Result<Run, InventoryError> {
        let first = self.ipv4.next_position()?;
        for pair in &interface.addresses {
            let key = VpcIpv4 { vpc, address: pair.private };
            self.routes.note_address(vpc, IpAddr::V4(pair.private));
            let at = self.ipv4.push(AddressRow::new(key, strings, pair.public))?;
            let is_new = vpc == VpcIndex::FALLBACK || self.ipv4.index(at);
            self.counts.duplicate_addresses += u64::from(!is_new);
            if let Some(public) = pair.public {
                let is_new = self.add_public_ipv4(public, texts)?;
                self.counts.duplicate_addresses += u64::from(!is_new);
            }
        }
        Run::new(first, self.ipv4.next_position()?)
    }

    fn add_ipv6(
        &mut self,
        interface: &Interface,
        vpc: VpcIndex,
        strings: Span,
        texts: Texts<'_>,
    ) -> Result<Run, InventoryError> {
        let first = self.ipv6.next_position()?;
        for holding in interface.ipv6_holdings() {
            let key = VpcIpv6 { vpc, holding };
            self.routes.note_address(vpc, IpAddr::V6(holding.first()));
            let at = self.ipv6.push(AddressRow::new(key, strings, None))?;
            let mut is_new = vpc == VpcIndex::FALLBACK || self.ipv6.index(at);
            if is_public(holding) {
                is_new &= self.add_public_ipv6(holding, texts)?;
            }
            self.counts.duplicate_addresses += u64::from(!is_new);
        }
        Run::new(first, self.ipv6.next_position()?)
    }

    fn add_public_ipv4(
        &mut self,
        public: Ipv4Addr,
        texts: Texts<'_>,
    ) -> Result<bool, InventoryError> {
        let strings = self.public_strings(IpAddr::V4(public), texts)?;
        let at = self.public_ipv4.push(AddressRow::new(public, strings, Some(public)))?;
        Ok(self.public_ipv4.index(at))
    }

    fn add_public_ipv6(
        &mut self,
        holding: Ipv6Holding,
        texts: Texts<'_>,
    ) -> Result<bool, InventoryError> {
        let strings = self.public_strings(IpAddr::V6(holding.first()), texts)?;
        let at = self.public_ipv6.push(AddressRow::new(holding, strings, None))?;
        Ok(self.public_ipv6.index(at))
    }

    /// The texts under a public address: AWS's ranges tell what the interface itself does not.
    fn public_strings(
        &mut self,
        address: IpAddr,
        texts: Texts<'_>,
    ) -> Result<Span, InventoryError> {
        let Some(range) = self.ranges.find(address, self.strings.bytes()) else {
            return texts.intern(&mut self.strings);
        };
        let region = String::from_utf8_lossy(range.region()).into_owned();
        let service = String::from_utf8_lossy(range.service()).into_owned();
        texts.or(&region, &service).intern(&mut self.strings)
    }

    fn finish(mut self) -> Snapshot {
        let (strings, strings_cut) = self.strings.finish();
        let interfaces = self.interfaces.finish();
        self.counts.strings_cut = strings_cut + self.exporters.names_cut();
        let addresses = self.ipv4.len() + self.ipv6.len() - self.gone.addresses;
        let public = self.public_ipv4.len() + self.public_ipv6.len() - self.gone.public_addresses;
        self.counts.interfaces = (interfaces.len() - self.gone.interfaces) as u64;
        self.counts.addresses = addresses as u64;
        self.counts.public_addresses = public as u64;
        self.counts.former_holdings = self.histories.former() as u64;
        let tables = Tables {
            strings,
            interfaces,
            ipv4: self.ipv4,
            ipv6: self.ipv6,
            public_ipv4: self.public_ipv4,
            public_ipv6: self.public_ipv6,
            ranges: self.ranges,
            routes: self.routes,
            histories: self.histories,
            names: self.names,
            strings_cut,
        };
        Snapshot { exporters: self.exporters, tables: Arc::new(tables), counts: self.counts }
    }
}

// === impl Texts ===

impl<'t> Texts<'t> {
    fn intern(self, strings: &mut Strings) -> Result<Span, InventoryError> {
        strings.intern([self.instance_id, self.instance_name, self.region, self.service])
    }

    /// The same with `region` and `service` where these are empty.
    fn or(self, region: &'t str, service: &'t str) -> Texts<'t> {
        let region = if self.region.is_empty() { region } else { self.region };
        let service = if self.service.is_empty() { service } else { self.service };
        Texts { region, service, ..self }
    }
}

/// How many rows each table gets, so that none grows while it is filled.
#[derive(Default)]
struct Sizes {
    interfaces: usize,
    ipv4: usize,
    ipv6: usize,
    public_ipv4: usize,
    public_ipv6: usize,
}

impl Sizes {
    fn of(inventory: &Inventory) -> Sizes {
        let mut sizes = Sizes::default();
        inventory.interfaces.iter().for_each(|interface| sizes.add(interface));
        // A former holding has a row of its interface and may have one by which it is found.
        for former in &inventory.former {
            sizes.add(&former.interface);
            sizes.add(&former.interface);
        }
        sizes
    }

    fn add(&mut self, interface: &Interface) {
        let public = interface.addresses.iter().filter(|pair| pair.public.is_some());
        self.interfaces += 1;
        self.ipv4 += interface.addresses.len();
        self.ipv6 += interface.ipv6_holdings().count();
        self.public_ipv4 += public.count();
        self.public_ipv6 += interface.ipv6_holdings().filter(|holding| is_public(*holding)).count();
    }
}

/// Whether an IPv6 address of an interface is the same in all VPCs: neither unique local, which
/// IPAM gives out as private addresses, nor link-local.
fn is_public(holding: Ipv6Holding) -> bool {
    let address = holding.first();
    !address.is_unique_local() && !address.is_unicast_link_local()
}

fn prefix_count(inventory: &Inventory) -> u64 {
    let ranges = &inventory.ip_ranges;
    (ranges.prefixes.len() + ranges.ipv6_prefixes.len()) as u64
}
