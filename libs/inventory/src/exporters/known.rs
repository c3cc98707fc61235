//! What an inventory knows of an exporter, before anything is assigned.

use std::net::Ipv4Addr;

use ipnet::IpNet;
use weir_ipfix::{MAX_STRING_LENGTH, cut_at_character, push_string};

use super::{
    AddressSource, AssignedExporter, ExporterKind, FallbackExporter, NameSource, VpcEntry,
};
use crate::model::{ExporterAssignment, TransitGateway, Vpc};
use crate::observation_domain::FALLBACK_OBSERVATION_DOMAIN;
use crate::strings::clean;

/// What an inventory knows of an exporter.
#[derive(Clone, Debug)]
pub(super) struct KnownExporter {
    pub(super) kind: ExporterKind,
    pub(super) id: String,
    account_id: String,
    region: String,
    name_tag: Option<String>,
    router_address: Option<Ipv4Addr>,
    /// What the inventory itself assigns.
    assigned: Option<ExporterAssignment>,
}

impl KnownExporter {
    pub(super) fn fallback() -> KnownExporter {
        KnownExporter {
            kind: ExporterKind::Fallback,
            id: String::new(),
            account_id: String::new(),
            region: String::new(),
            name_tag: None,
            router_address: None,
            assigned: None,
        }
    }

    pub(super) fn vpc(vpc: &Vpc) -> KnownExporter {
        KnownExporter {
            kind: ExporterKind::Vpc,
            id: clean(&vpc.id).into_owned(),
            account_id: clean(&vpc.account_id).into_owned(),
            region: clean(&vpc.region).into_owned(),
            name_tag: vpc.name.clone(),
            router_address: router_address(&vpc.cidrs),
            assigned: vpc.exporter.clone(),
        }
    }

    pub(super) fn transit_gateway(gateway: &TransitGateway) -> KnownExporter {
        KnownExporter {
            kind: ExporterKind::TransitGateway,
            id: clean(&gateway.id).into_owned(),
            account_id: clean(&gateway.account_id).into_owned(),
            region: clean(&gateway.region).into_owned(),
            name_tag: gateway.name.clone(),
            router_address: None,
            assigned: gateway.exporter.clone(),
        }
    }

    /// The exporter with what people assigned; whether its name had to be cut.
    pub(super) fn entry(
        &self,
        assigned: Option<&AssignedExporter>,
        fallback: &FallbackExporter,
    ) -> (VpcEntry, bool) {
        let own = self.assigned.as_ref();
        let ipv4 = assigned.and_then(|assigned| assigned.ipv4);
        let ipv4 = ipv4.or(own.map(|own| own.address));
        let (exporter_address, address_source) =
            AddressSource::choose(ipv4, self.router_address, fallback.address);
        let (name, name_source) = self.name(assigned, fallback);
        let (exporter_name, encoded_exporter_name, was_cut) = encoded(name);
        let entry = VpcEntry {
            kind: self.kind,
            id: self.id.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            observation_domain_id: FALLBACK_OBSERVATION_DOMAIN,
            exporter_address,
            address_source,
            exporter_ipv6_address: assigned.and_then(|assigned| assigned.ipv6),
            exporter_name,
            name_source,
            encoded_exporter_name,
        };
        (entry, was_cut)
    }

    fn name<'n>(
        &'n self,
        assigned: Option<&'n AssignedExporter>,
        fallback: &'n FallbackExporter,
    ) -> (&'n str, NameSource) {
        if self.kind == ExporterKind::Fallback {
            return (&fallback.name, NameSource::Fallback);
        }
        let own = self.assigned.as_ref().and_then(|own| own.name.as_deref());
        let name = assigned.and_then(|assigned| assigned.name.as_deref()).or(own);
        NameSource::choose(name, self.name_tag.as_deref(), &self.id)
    }

    pub(super) fn text_bytes(&self) -> usize {
        let name = self.name_tag.as_ref().map_or(0, String::capacity);
        self.id.capacity() + self.account_id.capacity() + self.region.capacity() + name
    }
}

/// A name cleaned and cut, its form as an IPFIX variable-length string, and whether it was cut.
fn encoded(name: &str) -> (String, Box<[u8]>, bool) {
    let mut name = clean(name).into_owned();
    let kept = cut_at_character(name.as_bytes(), MAX_STRING_LENGTH).len();
    let mut encoded = Vec::with_capacity(kept + 3);
    let was_cut = push_string(&mut encoded, name.as_bytes());
    name.truncate(kept);
    (name, encoded.into_boxed_slice(), was_cut)
}

/// The second address of the first IPv4 block, reserved by AWS for the VPC's router
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>).
fn router_address(cidrs: &[IpNet]) -> Option<Ipv4Addr> {
    cidrs.iter().find_map(|cidr| match cidr {
        IpNet::V4(block) => block.network().to_bits().checked_add(1).map(Ipv4Addr::from_bits),
        IpNet::V6(_) => None,
    })
}
