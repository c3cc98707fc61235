//! Instances and network interfaces.

use std::net::{IpAddr, Ipv4Addr};

use aws_sdk_ec2::types::{self, NetworkInterface, NetworkInterfaceAssociation};
use weir_inventory::region::HeldSince;
use weir_inventory::{Instance, Interface, InterfaceAddress};

use super::tags::name_of;
use crate::reader::Place;

/// EC2 delegates IPv4 prefixes of this length; others are not expanded.
const DELEGATED_LENGTH: u8 = 28;

/// An instance.
pub(crate) fn instance(instance: &types::Instance) -> Option<Instance> {
    let id = instance.instance_id()?.to_owned();
    Some(Instance { id, name: name_of(instance.tags()) })
}

/// A network interface with all its addresses. One outside of any VPC is none.
pub(crate) fn interface(found: &NetworkInterface, place: &Place) -> Option<Interface> {
    let attached = found.attachment().and_then(|attachment| attachment.instance_id());
    let kind = found.interface_type().map_or("interface", |kind| kind.as_str());
    Some(Interface {
        id: found.network_interface_id()?.to_owned(),
        account_id: found.owner_id().unwrap_or(&place.account_id).to_owned(),
        vpc_id: found.vpc_id()?.to_owned(),
        subnet_id: found.subnet_id().map(str::to_owned),
        instance_id: attached.map(str::to_owned),
        interface_type: kind.to_owned(),
        description: found.description().unwrap_or_default().to_owned(),
        addresses: ipv4_addresses(found),
        ipv6_addresses: {
            let addresses = found.ipv6_addresses().iter();
            addresses.filter_map(|address| address.ipv6_address()?.parse().ok()).collect()
        },
        ipv6_prefixes: {
            let prefixes = found.ipv6_prefixes().iter();
            prefixes.filter_map(|prefix| prefix.ipv6_prefix()?.parse().ok()).collect()
        },
    })
}

/// The primary address, the secondary ones, then those of delegated prefixes, of which pods and
/// containers take theirs.
fn ipv4_addresses(found: &NetworkInterface) -> Vec<InterfaceAddress> {
    let mut listed: Vec<_> = found.private_ip_addresses().iter().collect();
    listed.sort_by_key(|address| !address.primary().unwrap_or(false));
    let mut addresses: Vec<InterfaceAddress> = Vec::with_capacity(listed.len());
    for address in listed {
        let private = address.private_ip_address().and_then(|text| text.parse().ok());
        // The interface's own association is that of its primary address.
        let own = found.association().filter(|_| address.primary().unwrap_or(false));
        let public = public_of(address.association().or(own));
        addresses.extend(private.map(|private| InterfaceAddress { private, public }));
    }
    if addresses.is_empty() {
        let private = found.private_ip_address().and_then(|text| text.parse().ok());
        let public = public_of(found.association());
        addresses.extend(private.map(|private| InterfaceAddress { private, public }));
    }
    let delegated = found.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix());
    let delegated = delegated.filter_map(|text| text.parse::<ipnet::Ipv4Net>().ok());
    for prefix in delegated.filter(|prefix| prefix.prefix_len() >= DELEGATED_LENGTH) {
        let first = u32::from(prefix.network());
        let all = first..=u32::from(prefix.broadcast());
        let all = all.map(|bits| InterfaceAddress { private: Ipv4Addr::from(bits), public: None });
        addresses.extend(all);
    }
    addresses
}

/// The public address, or the carrier's in a Wavelength Zone.
fn public_of(association: Option<&NetworkInterfaceAssociation>) -> Option<Ipv4Addr> {
    let association = association?;
    association.public_ip().or(association.carrier_ip())?.parse().ok()
}

/// Since when an interface's primary address is its instance's, if EC2 tells that it was attached
/// after `after`. Secondary addresses may have come later than the interface.
pub(crate) fn held_since(found: &NetworkInterface, after: u64) -> Option<HeldSince> {
    let attachment = found.attachment()?;
    attachment.instance_id()?;
    let since = u64::try_from(attachment.attach_time()?.secs()).ok()?;
    let address: IpAddr = found.private_ip_address()?.parse().ok()?;
    let interface_id = found.network_interface_id()?.to_owned();
    (since > after).then_some(HeldSince { interface_id, address, since })
}
