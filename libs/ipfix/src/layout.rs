//! The layout of weir's flow record: which elements, in which order, at which places.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use crate::element::{self as ie, FieldSpecifier, InformationElement, VARIABLE_LENGTH};

/// Octets before the data record that are never exported (see [`crate::RecordView::data`]).
pub const PREFIX_LENGTH: usize = 16;

/// The most octets that a layout's fixed-length elements may take.
pub(crate) const MAX_FIXED_LENGTH: usize = 256;

/// The most fixed-length elements of a layout: one bit each in the presence bitmap.
pub(crate) const MAX_FIXED_ELEMENTS: usize = 64;

/// The IP version of a flow. Each has a layout and a template of its own, since a template with
/// both kinds of addresses would send zeros for one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressFamily {
    /// IPv4, and flows without any address.
    V4,
    /// IPv6.
    V6,
}

/// Identifies a layout's content: a hash of its ordered field specifiers.
///
/// It depends on nothing else, so that restarts and several exporters agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayoutRevision(pub u64);

impl fmt::Display for LayoutRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The place of a fixed-length element in the data record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Octets from the start of the data record.
    pub offset: u16,
    /// In octets.
    pub length: u16,
    /// Its bit in the presence bitmap.
    pub bit: u8,
}

/// The places that are the same in every layout, so that the hot path and the reports know them
/// at compile time. The addresses come last: only their length differs between the families.
pub mod standard {
    use super::Slot;

    const fn slot(bit: u8, offset: u16, length: u16) -> Slot {
        Slot { offset, length, bit }
    }

    /// octetDeltaCount.
    pub const OCTETS: Slot = slot(0, 0, 8);
    /// packetDeltaCount.
    pub const PACKETS: Slot = slot(1, 8, 8);
    /// flowStartMilliseconds.
    pub const START: Slot = slot(2, 16, 8);
    /// flowEndMilliseconds.
    pub const END: Slot = slot(3, 24, 8);
    /// sourceTransportPort.
    pub const SOURCE_PORT: Slot = slot(4, 32, 2);
    /// destinationTransportPort.
    pub const DESTINATION_PORT: Slot = slot(5, 34, 2);
    /// protocolIdentifier.
    pub const PROTOCOL: Slot = slot(6, 36, 1);
    /// tcpControlBits.
    pub const TCP_FLAGS: Slot = slot(7, 37, 1);
    /// forwardingStatus.
    pub const FORWARDING_STATUS: Slot = slot(8, 38, 1);
    /// flowDirection.
    pub const DIRECTION: Slot = slot(9, 39, 1);
    /// ingressInterface.
    pub const INGRESS_INTERFACE: Slot = slot(10, 40, 4);
    /// egressInterface.
    pub const EGRESS_INTERFACE: Slot = slot(11, 44, 4);
    /// exporterIPv4Address.
    pub const EXPORTER_ADDRESS: Slot = slot(12, 48, 4);
    /// sourceIPv4Address.
    pub const SOURCE_V4: Slot = slot(13, 52, 4);
    /// destinationIPv4Address.
    pub const DESTINATION_V4: Slot = slot(14, 56, 4);
    /// postNATSourceIPv4Address.
    pub const SOURCE_PUBLIC_V4: Slot = slot(15, 60, 4);
    /// postNATDestinationIPv4Address.
    pub const DESTINATION_PUBLIC_V4: Slot = slot(16, 64, 4);
    /// sourceIPv6Address.
    pub const SOURCE_V6: Slot = slot(13, 52, 16);
    /// destinationIPv6Address.
    pub const DESTINATION_V6: Slot = slot(14, 68, 16);
}

const COMMON_FIXED: [InformationElement; 13] = [
    ie::OCTET_DELTA_COUNT,
    ie::PACKET_DELTA_COUNT,
    ie::FLOW_START_MILLISECONDS,
    ie::FLOW_END_MILLISECONDS,
    ie::SOURCE_TRANSPORT_PORT,
    ie::DESTINATION_TRANSPORT_PORT,
    ie::PROTOCOL_IDENTIFIER,
    ie::TCP_CONTROL_BITS,
    ie::FORWARDING_STATUS,
    ie::FLOW_DIRECTION,
    ie::INGRESS_INTERFACE,
    ie::EGRESS_INTERFACE,
    ie::EXPORTER_IPV4_ADDRESS,
];

const V4_FIXED: [InformationElement; 4] = [
    ie::SOURCE_IPV4_ADDRESS,
    ie::DESTINATION_IPV4_ADDRESS,
    ie::POST_NAT_SOURCE_IPV4_ADDRESS,
    ie::POST_NAT_DESTINATION_IPV4_ADDRESS,
];

const V6_FIXED: [InformationElement; 2] = [ie::SOURCE_IPV6_ADDRESS, ie::DESTINATION_IPV6_ADDRESS];

/// The packet's addresses, each of which stands beside the flow's of its family alone.
const PACKET_IPV4_ADDRESSES: [InformationElement; 2] =
    [ie::SOURCE_PACKET_IPV4_ADDRESS, ie::DESTINATION_PACKET_IPV4_ADDRESS];
const PACKET_IPV6_ADDRESSES: [InformationElement; 2] =
    [ie::SOURCE_PACKET_IPV6_ADDRESS, ie::DESTINATION_PACKET_IPV6_ADDRESS];

/// The strings of every layout, in order. What enrichment adds for a side stands together, so
/// that it is copied in one piece.
const STANDARD_STRINGS: [InformationElement; 14] = [
    ie::OBSERVATION_DOMAIN_NAME,
    ie::SOURCE_INSTANCE_ID,
    ie::SOURCE_INSTANCE_NAME,
    ie::SOURCE_REGION,
    ie::SOURCE_SERVICE,
    ie::DESTINATION_INSTANCE_ID,
    ie::DESTINATION_INSTANCE_NAME,
    ie::DESTINATION_REGION,
    ie::DESTINATION_SERVICE,
    ie::ACCOUNT_ID,
    ie::VPC_ID,
    ie::SUBNET_ID,
    ie::INTERFACE_ID,
    ie::TRAFFIC_TYPE,
];

/// An ordered list of elements: fixed-length ones first, then strings.
///
/// It holds the union of what all outputs need; what one collector gets is a
/// [`crate::Projection`] of it.
#[derive(Clone, Debug)]
pub struct Layout {
    family: AddressFamily,
    elements: Vec<InformationElement>,
    specifiers: Vec<FieldSpecifier>,
    slots: Vec<Slot>,
    fixed_length: usize,
    revision: LayoutRevision,
}

impl Layout {
    /// The layout of `family` with weir's elements under `enterprise_number`.
    pub fn new(family: AddressFamily, enterprise_number: u32) -> Self {
        Self::with_extras(family, enterprise_number, &[])
    }

    /// The layout of `family` with weir's elements under `enterprise_number`, and `extras` after
    /// the elements that every layout has.
    ///
    /// Extras of fixed length may take 172 octets and be 47 in number: what is beyond that is
    /// left out, and so are the packet's addresses of the other family.
    pub fn with_extras(
        family: AddressFamily,
        enterprise_number: u32,
        extras: &[InformationElement],
    ) -> Self {
        let addresses: &[InformationElement] = match family {
            AddressFamily::V4 => &V4_FIXED,
            AddressFamily::V6 => &V6_FIXED,
        };
        let is_string = |element: &&InformationElement| element.wire_length() == VARIABLE_LENGTH;
        let mut fixed: Vec<_> = COMMON_FIXED.iter().chain(addresses).collect();
        let others = match family {
            AddressFamily::V4 => PACKET_IPV6_ADDRESSES,
            AddressFamily::V6 => PACKET_IPV4_ADDRESSES,
        };
        let extras = extras.iter().filter(|extra| !others.contains(extra));
        for extra in extras.clone().filter(|extra| !is_string(extra)) {
            let length: u16 = fixed.iter().map(|element| element.wire_length()).sum();
            let fits = usize::from(length + extra.wire_length()) <= MAX_FIXED_LENGTH;
            if fits && fixed.len() < MAX_FIXED_ELEMENTS {
                fixed.push(extra);
            }
        }
        let strings = STANDARD_STRINGS.iter().chain(extras.filter(is_string));
        let elements: Vec<_> = fixed.into_iter().chain(strings).copied().collect();
        Self::of_elements(family, elements, enterprise_number)
    }

    fn of_elements(
        family: AddressFamily,
        elements: Vec<InformationElement>,
        enterprise_number: u32,
    ) -> Self {
        let specifiers: Vec<_> =
            elements.iter().map(|element| element.specifier(enterprise_number)).collect();
        let slots = slots_of(&specifiers);
        let fixed_length = slots.iter().map(|slot| usize::from(slot.length)).sum();
        debug_assert!(fixed_length <= MAX_FIXED_LENGTH && slots.len() <= MAX_FIXED_ELEMENTS);
        let revision = revision_of(&specifiers);
        Self { family, elements, specifiers, slots, fixed_length, revision }
    }

    /// The flows that it is for.
    #[inline]
    pub fn family(&self) -> AddressFamily {
        self.family
    }

    /// The elements in order.
    pub fn elements(&self) -> &[InformationElement] {
        &self.elements
    }

    /// The elements' field specifiers in order.
    pub fn specifiers(&self) -> &[FieldSpecifier] {
        &self.specifiers
    }

    /// The places of the fixed-length elements, which are the first of [`Self::elements`].
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Octets that the fixed-length elements take.
    #[inline]
    pub fn fixed_length(&self) -> usize {
        self.fixed_length
    }

    /// How many elements are strings: the last of [`Self::elements`].
    pub fn string_count(&self) -> usize {
        self.elements.len() - self.slots.len()
    }

    /// Identifies the layout.
    #[inline]
    pub fn revision(&self) -> LayoutRevision {
        self.revision
    }

    /// The place of `element`, if the layout has it as a fixed-length element.
    pub fn slot(&self, element: &InformationElement) -> Option<Slot> {
        let position = self.elements.iter().position(|each| each == element)?;
        self.slots.get(position).copied()
    }

    /// Which of the strings `element` is, counted from 0.
    pub fn string_index(&self, element: &InformationElement) -> Option<usize> {
        let position = self.elements.iter().position(|each| each == element)?;
        position.checked_sub(self.slots.len())
    }
}

/// The layouts of both address families.
#[derive(Clone, Debug)]
pub struct LayoutPair {
    enterprise_number: u32,
    /// For IPv4 flows and flows without addresses.
    pub v4: Layout,
    /// For IPv6 flows.
    pub v6: Layout,
}

impl LayoutPair {
    /// Both layouts with weir's elements under `enterprise_number`.
    pub fn new(enterprise_number: u32) -> Self {
        Self::with_extras(enterprise_number, &[])
    }

    /// Both layouts as [`Layout::with_extras`] makes them.
    pub fn with_extras(enterprise_number: u32, extras: &[InformationElement]) -> Self {
        Self {
            enterprise_number,
            v4: Layout::with_extras(AddressFamily::V4, enterprise_number, extras),
            v6: Layout::with_extras(AddressFamily::V6, enterprise_number, extras),
        }
    }

    /// The private enterprise number of weir's own elements.
    pub fn enterprise_number(&self) -> u32 {
        self.enterprise_number
    }

    /// The layout of one family.
    pub fn of(&self, family: AddressFamily) -> &Layout {
        match family {
            AddressFamily::V4 => &self.v4,
            AddressFamily::V6 => &self.v6,
        }
    }

    /// The layout with this revision.
    pub fn by_revision(&self, revision: LayoutRevision) -> Option<&Layout> {
        [&self.v4, &self.v6].into_iter().find(|layout| layout.revision == revision)
    }
}

fn slots_of(specifiers: &[FieldSpecifier]) -> Vec<Slot> {
    let mut offset = 0;
    let fixed = specifiers.iter().take_while(|specifier| specifier.length != VARIABLE_LENGTH);
    (0u8..)
        .zip(fixed)
        .map(|(bit, specifier)| {
            let slot = Slot { offset, length: specifier.length, bit };
            offset += specifier.length;
            slot
        })
        .collect()
}

/// Hashes the ordered (enterprise number, element id, length) list.
pub(crate) fn revision_of(specifiers: &[FieldSpecifier]) -> LayoutRevision {
    let mut hasher = Xxh3::new();
    for specifier in specifiers {
        hasher.update(&specifier.enterprise_number.unwrap_or(0).to_be_bytes());
        hasher.update(&specifier.id.to_be_bytes());
        hasher.update(&specifier.length.to_be_bytes());
    }
    LayoutRevision(hasher.digest())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layouts() -> [Layout; 2] {
        [AddressFamily::V4, AddressFamily::V6].map(|family| Layout::new(family, 32473))
    }

    #[test]
    fn the_standard_slots_are_where_the_layouts_put_them() {
        let [v4, v6] = layouts();
        for layout in [&v4, &v6] {
            assert_eq!(layout.slot(&ie::OCTET_DELTA_COUNT), Some(standard::OCTETS));
            assert_eq!(layout.slot(&ie::PACKET_DELTA_COUNT), Some(standard::PACKETS));
            assert_eq!(layout.slot(&ie::FLOW_START_MILLISECONDS), Some(standard::START));
            assert_eq!(layout.slot(&ie::FLOW_END_MILLISECONDS), Some(standard::END));
            assert_eq!(layout.slot(&ie::SOURCE_TRANSPORT_PORT), Some(standard::SOURCE_PORT));
            let port = layout.slot(&ie::DESTINATION_TRANSPORT_PORT);
            assert_eq!(port, Some(standard::DESTINATION_PORT));
            assert_eq!(layout.slot(&ie::PROTOCOL_IDENTIFIER), Some(standard::PROTOCOL));
            assert_eq!(layout.slot(&ie::TCP_CONTROL_BITS), Some(standard::TCP_FLAGS));
            assert_eq!(layout.slot(&ie::FORWARDING_STATUS), Some(standard::FORWARDING_STATUS));
            assert_eq!(layout.slot(&ie::FLOW_DIRECTION), Some(standard::DIRECTION));
            assert_eq!(layout.slot(&ie::INGRESS_INTERFACE), Some(standard::INGRESS_INTERFACE));
            assert_eq!(layout.slot(&ie::EGRESS_INTERFACE), Some(standard::EGRESS_INTERFACE));
            assert_eq!(layout.slot(&ie::EXPORTER_IPV4_ADDRESS), Some(standard::EXPORTER_ADDRESS));
        }
        assert_eq!(v4.slot(&ie::SOURCE_IPV4_ADDRESS), Some(standard::SOURCE_V4));
        assert_eq!(v4.slot(&ie::DESTINATION_IPV4_ADDRESS), Some(standard::DESTINATION_V4));
        let public = v4.slot(&ie::POST_NAT_SOURCE_IPV4_ADDRESS);
        assert_eq!(public, Some(standard::SOURCE_PUBLIC_V4));
        let public = v4.slot(&ie::POST_NAT_DESTINATION_IPV4_ADDRESS);
        assert_eq!(public, Some(standard::DESTINATION_PUBLIC_V4));
        assert_eq!(v6.slot(&ie::SOURCE_IPV6_ADDRESS), Some(standard::SOURCE_V6));
        assert_eq!(v6.slot(&ie::DESTINATION_IPV6_ADDRESS), Some(standard::DESTINATION_V6));
    }

    #[test]
    fn a_revision_depends_on_family_and_enterprise_number_and_never_on_the_process() {
        let [v4, v6] = layouts();
        assert_ne!(v4.revision(), v6.revision());
        assert_ne!(v4.revision(), Layout::new(AddressFamily::V4, 1).revision());
        assert_eq!(v4.revision().to_string(), "a3a84f5e59907345");
    }

    #[test]
    fn fixed_length_elements_come_first() {
        for layout in layouts() {
            let lengths = layout.specifiers().iter().map(|specifier| specifier.length);
            let first_string = lengths.clone().position(|length| length == VARIABLE_LENGTH);
            assert_eq!(first_string, Some(layout.slots().len()));
            let strings = lengths.skip(layout.slots().len());
            assert_eq!(
                strings.filter(|length| *length == VARIABLE_LENGTH).count(),
                layout.string_count()
            );
        }
    }
}
