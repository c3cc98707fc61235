//! Where an exporter's address and name come from.

use std::net::Ipv4Addr;

/// Where an exporter's address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// It was assigned by hand.
    Assigned,
    /// The first IPv4 block of the VPC: its base address + 1.
    FirstBlock,
    /// The fallback exporter.
    Fallback,
}

impl AddressSource {
    pub(super) fn choose(
        assigned: Option<Ipv4Addr>,
        of_first_block: Option<Ipv4Addr>,
        fallback: Ipv4Addr,
    ) -> (Ipv4Addr, AddressSource) {
        match (assigned, of_first_block) {
            (Some(address), _) => (address, AddressSource::Assigned),
            (None, Some(address)) => (address, AddressSource::FirstBlock),
            (None, None) => (fallback, AddressSource::Fallback),
        }
    }
}

/// Where an exporter's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// It was assigned by hand.
    Assigned,
    /// The `Name` tag.
    NameTag,
    /// The id of the VPC or transit gateway.
    Id,
    /// The fallback exporter.
    Fallback,
}

impl NameSource {
    /// The first name that is not empty, else the id.
    pub(super) fn choose<'i>(
        assigned: Option<&'i str>,
        tag: Option<&'i str>,
        id: &'i str,
    ) -> (&'i str, NameSource) {
        let names = [(assigned, NameSource::Assigned), (tag, NameSource::NameTag)];
        let mut names = names.into_iter().filter_map(|(name, source)| Some((name?, source)));
        names.find(|(name, _)| !name.is_empty()).unwrap_or((id, NameSource::Id))
    }
}
