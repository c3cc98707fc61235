//! Information elements: IANA's that weir uses and weir's own.

/// The length that a template gives to a variable-length element (RFC 7011 section 3.2).
pub const VARIABLE_LENGTH: u16 = 65535;

/// The private enterprise number under which weir's own elements are exported by default:
/// the example number of RFC 5612, to be replaced by one's own.
pub const DEFAULT_ENTERPRISE_NUMBER: u32 = 32473;

/// The private enterprise number of reverse elements (RFC 5103 section 6.1).
pub const REVERSE_ENTERPRISE_NUMBER: u32 = 29305;

/// Who numbers an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registry {
    /// IANA's "IP Flow Information Export (IPFIX) Entities".
    Iana,
    /// weir's own elements, under the configured enterprise number.
    Weir,
    /// The reverse of IANA's elements (RFC 5103 section 6.1).
    Reverse,
}

/// The abstract data types of RFC 7012 section 3.1 that weir writes or decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// A sequence of octets.
    OctetArray,
    /// Unsigned integer of one octet.
    Unsigned8,
    /// Unsigned integer of two octets.
    Unsigned16,
    /// Unsigned integer of four octets.
    Unsigned32,
    /// Unsigned integer of eight octets.
    Unsigned64,
    /// UTF-8 text.
    String,
    /// Seconds since the Unix epoch, four octets.
    DateTimeSeconds,
    /// Milliseconds since the Unix epoch, eight octets.
    DateTimeMilliseconds,
    /// Four octets in network order.
    Ipv4Address,
    /// Sixteen octets in network order.
    Ipv6Address,
}

impl DataType {
    /// The length that weir writes, in octets; [`VARIABLE_LENGTH`] for text and octet arrays.
    pub const fn length(self) -> u16 {
        match self {
            Self::OctetArray | Self::String => VARIABLE_LENGTH,
            Self::Unsigned8 => 1,
            Self::Unsigned16 => 2,
            Self::Unsigned32 | Self::DateTimeSeconds | Self::Ipv4Address => 4,
            Self::Unsigned64 | Self::DateTimeMilliseconds => 8,
            Self::Ipv6Address => 16,
        }
    }

    /// The number of this type in IANA's registry of IPFIX data types (RFC 5610 section 3.1).
    pub const fn number(self) -> u8 {
        match self {
            Self::OctetArray => 0,
            Self::Unsigned8 => 1,
            Self::Unsigned16 => 2,
            Self::Unsigned32 => 3,
            Self::Unsigned64 => 4,
            Self::String => 13,
            Self::DateTimeSeconds => 14,
            Self::DateTimeMilliseconds => 15,
            Self::Ipv4Address => 18,
            Self::Ipv6Address => 19,
        }
    }
}

/// One information element: the identity of a field, in layouts, templates and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InformationElement {
    /// Who numbers it.
    pub registry: Registry,
    /// 1–32767.
    pub id: u16,
    /// The name as registered.
    pub name: &'static str,
    /// How its value is encoded.
    pub data_type: DataType,
}

impl InformationElement {
    /// An element of IANA's registry.
    pub const fn iana(id: u16, name: &'static str, data_type: DataType) -> Self {
        Self { registry: Registry::Iana, id, name, data_type }
    }

    /// One of weir's own elements.
    pub const fn weir(id: u16, name: &'static str, data_type: DataType) -> Self {
        Self { registry: Registry::Weir, id, name, data_type }
    }

    /// The reverse of IANA's element with this id (RFC 5103).
    ///
    /// Only the counters may be reversed: nfdump takes any other reverse element for the forward
    /// one.
    pub const fn reverse(id: u16, name: &'static str, data_type: DataType) -> Self {
        Self { registry: Registry::Reverse, id, name, data_type }
    }

    /// Its field specifier in a template, with weir's elements under `enterprise_number`.
    pub const fn specifier(&self, enterprise_number: u32) -> FieldSpecifier {
        let enterprise_number = match self.registry {
            Registry::Iana => None,
            Registry::Weir => Some(enterprise_number),
            Registry::Reverse => Some(REVERSE_ENTERPRISE_NUMBER),
        };
        FieldSpecifier { enterprise_number, id: self.id, length: self.wire_length() }
    }

    /// The length in templates.
    ///
    /// tcpControlBits is sent in one octet (reduced-size encoding, RFC 7011 section 6.2):
    /// nfacctd 1.7.7 reads the two-octet form as zero, and AWS reports no flags beyond the
    /// first octet.
    pub const fn wire_length(&self) -> u16 {
        if matches!(self.registry, Registry::Iana) && self.id == TCP_CONTROL_BITS.id {
            return 1;
        }
        self.data_type.length()
    }
}

/// A field of a template record (RFC 7011 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldSpecifier {
    /// `None` for IANA's elements.
    pub enterprise_number: Option<u32>,
    /// 1–32767.
    pub id: u16,
    /// In octets; [`VARIABLE_LENGTH`] when each value carries its own.
    pub length: u16,
}

impl FieldSpecifier {
    /// Octets that the specifier takes in a template record.
    pub const fn encoded_length(&self) -> usize {
        if self.enterprise_number.is_some() { 8 } else { 4 }
    }
}

macro_rules! elements {
    ($($(#[$doc:meta])* $constant:ident = $registry:ident($id:literal, $name:literal, $data_type:ident);)*) => {
        $($(#[$doc])* pub const $constant: InformationElement =
            InformationElement::$registry($id, $name, DataType::$data_type);)*

        /// Every element that is declared in this crate, in no particular order.
        pub const ELEMENTS: &[InformationElement] = &[$($constant),*];
    };
}

elements! {
    /// Octets of the flow: the `bytes` of a flow log record.
    OCTET_DELTA_COUNT = iana(1, "octetDeltaCount", Unsigned64);
    /// Packets of the flow.
    PACKET_DELTA_COUNT = iana(2, "packetDeltaCount", Unsigned64);
    /// Flow log records that were counted together.
    DELTA_FLOW_COUNT = iana(3, "deltaFlowCount", Unsigned64);
    /// IANA protocol number.
    PROTOCOL_IDENTIFIER = iana(4, "protocolIdentifier", Unsigned8);
    /// TCP flags seen in the flow.
    TCP_CONTROL_BITS = iana(6, "tcpControlBits", Unsigned16);
    /// Source port, 0 for protocols without ports.
    SOURCE_TRANSPORT_PORT = iana(7, "sourceTransportPort", Unsigned16);
    /// `srcaddr` of an IPv4 flow.
    SOURCE_IPV4_ADDRESS = iana(8, "sourceIPv4Address", Ipv4Address);
    /// Synthetic index of the interface through which the flow entered the VPC's router.
    INGRESS_INTERFACE = iana(10, "ingressInterface", Unsigned32);
    /// Destination port, 0 for protocols without ports.
    DESTINATION_TRANSPORT_PORT = iana(11, "destinationTransportPort", Unsigned16);
    /// `dstaddr` of an IPv4 flow.
    DESTINATION_IPV4_ADDRESS = iana(12, "destinationIPv4Address", Ipv4Address);
    /// Synthetic index of the interface through which the flow left the VPC's router.
    EGRESS_INTERFACE = iana(14, "egressInterface", Unsigned32);
    /// `srcaddr` of an IPv6 flow.
    SOURCE_IPV6_ADDRESS = iana(27, "sourceIPv6Address", Ipv6Address);
    /// `dstaddr` of an IPv6 flow.
    DESTINATION_IPV6_ADDRESS = iana(28, "destinationIPv6Address", Ipv6Address);
    /// 0 ingress, 1 egress, as seen from the network interface.
    FLOW_DIRECTION = iana(61, "flowDirection", Unsigned8);
    /// 64 forwarded (ACCEPT), 128 dropped (REJECT).
    FORWARDING_STATUS = iana(89, "forwardingStatus", Unsigned8);
    /// The VPC's exporter address (`exp_ip`).
    EXPORTER_IPV4_ADDRESS = iana(130, "exporterIPv4Address", Ipv4Address);
    /// The IPv6 address that was assigned to the VPC's exporter.
    EXPORTER_IPV6_ADDRESS = iana(131, "exporterIPv6Address", Ipv6Address);
    /// Start of the flow.
    FLOW_START_MILLISECONDS = iana(152, "flowStartMilliseconds", DateTimeMilliseconds);
    /// End of the flow.
    FLOW_END_MILLISECONDS = iana(153, "flowEndMilliseconds", DateTimeMilliseconds);
    /// Identifies what a session's sequence numbers and templates belong to.
    OBSERVATION_DOMAIN_ID = iana(149, "observationDomainId", Unsigned32);
    /// Fill that makes messages equally long.
    PADDING_OCTETS = iana(210, "paddingOctets", OctetArray);
    /// Public address of the source instance (`src_ip_pub`).
    POST_NAT_SOURCE_IPV4_ADDRESS = iana(225, "postNATSourceIPv4Address", Ipv4Address);
    /// Public address of the destination instance (`dest_ip_pub`).
    POST_NAT_DESTINATION_IPV4_ADDRESS = iana(226, "postNATDestinationIPv4Address", Ipv4Address);
    /// 1 where the source is known to be the initiator, 0 where it was guessed (RFC 5103 section
    /// 6.3).
    BIFLOW_DIRECTION = iana(239, "biflowDirection", Unsigned8);
    /// The VPC's exporter name (`exp_name`).
    OBSERVATION_DOMAIN_NAME = iana(300, "observationDomainName", String);

    /// The id of a described element (RFC 5610).
    INFORMATION_ELEMENT_ID = iana(303, "informationElementId", Unsigned16);
    /// The data type of a described element.
    INFORMATION_ELEMENT_DATA_TYPE = iana(339, "informationElementDataType", Unsigned8);
    /// The name of a described element.
    INFORMATION_ELEMENT_NAME = iana(341, "informationElementName", String);
    /// The semantics of a described element.
    INFORMATION_ELEMENT_SEMANTICS = iana(344, "informationElementSemantics", Unsigned8);
    /// The enterprise number of a described element.
    PRIVATE_ENTERPRISE_NUMBER = iana(346, "privateEnterpriseNumber", Unsigned32);

    /// `account-id`.
    ACCOUNT_ID = weir(1, "awsAccountId", String);
    /// `vpc-id`.
    VPC_ID = weir(2, "awsVpcId", String);
    /// `subnet-id`.
    SUBNET_ID = weir(3, "awsSubnetId", String);
    /// `interface-id`.
    INTERFACE_ID = weir(4, "awsInterfaceId", String);
    /// `type`: IPv4, IPv6 or EFA.
    TRAFFIC_TYPE = weir(5, "awsTrafficType", String);
    /// The kind of flow source: `aws_vpc` or `aws_tgw`.
    FLOW_SOURCE_TYPE = weir(6, "flowSourceType", String);
    /// Whether a conversation crosses the border of the local networks, and which way.
    CONVERSATION_DIRECTION = weir(7, "conversationDirection", String);
    /// Where a TCP session stands: `B` begins, `C` continues, `E` ends.
    CONVERSATION_STATE = weir(8, "conversationState", String);
    /// Instance of the source address.
    SOURCE_INSTANCE_ID = weir(11, "awsSourceInstanceId", String);
    /// `Name` tag of the source instance.
    SOURCE_INSTANCE_NAME = weir(12, "awsSourceInstanceName", String);
    /// AWS region of the source address.
    SOURCE_REGION = weir(13, "awsSourceRegion", String);
    /// AWS service of the source address.
    SOURCE_SERVICE = weir(14, "awsSourceService", String);
    /// Geographic region of the source's public address, as ISO 3166 writes it.
    SOURCE_GEO_REGION = weir(15, "sourceGeoRegion", String);
    /// `pkt-srcaddr` where it is an IPv4 address other than `srcaddr`.
    SOURCE_PACKET_IPV4_ADDRESS = weir(16, "awsSourcePacketIPv4Address", Ipv4Address);
    /// `pkt-srcaddr` where it is an IPv6 address other than `srcaddr`.
    SOURCE_PACKET_IPV6_ADDRESS = weir(17, "awsSourcePacketIPv6Address", Ipv6Address);
    /// Instance of the destination address.
    DESTINATION_INSTANCE_ID = weir(21, "awsDestinationInstanceId", String);
    /// `Name` tag of the destination instance.
    DESTINATION_INSTANCE_NAME = weir(22, "awsDestinationInstanceName", String);
    /// AWS region of the destination address.
    DESTINATION_REGION = weir(23, "awsDestinationRegion", String);
    /// AWS service of the destination address.
    DESTINATION_SERVICE = weir(24, "awsDestinationService", String);
    /// Geographic region of the destination's public address, as ISO 3166 writes it.
    DESTINATION_GEO_REGION = weir(25, "destinationGeoRegion", String);
    /// `pkt-dstaddr` where it is an IPv4 address other than `dstaddr`.
    DESTINATION_PACKET_IPV4_ADDRESS = weir(26, "awsDestinationPacketIPv4Address", Ipv4Address);
    /// `pkt-dstaddr` where it is an IPv6 address other than `dstaddr`.
    DESTINATION_PACKET_IPV6_ADDRESS = weir(27, "awsDestinationPacketIPv6Address", Ipv6Address);

    /// Octets of the flow back (RFC 5103).
    REVERSE_OCTET_DELTA_COUNT = reverse(1, "reverseOctetDeltaCount", Unsigned64);
    /// Packets of the flow back (RFC 5103).
    REVERSE_PACKET_DELTA_COUNT = reverse(2, "reversePacketDeltaCount", Unsigned64);
}
