//! Network interfaces.

use super::tags::{Tags, with_tags};
use crate::aws::Listing;
use crate::xml::Xml;

/// A network interface
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>).
#[derive(Clone, Debug, Default)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// The account that owns it.
    pub owner: String,
    /// `vpc-…`.
    pub vpc: String,
    /// `subnet-…`.
    pub subnet: String,
    /// `eu-west-1a`.
    pub availability_zone: String,
    /// Private addresses of IPv4; the first is the primary one.
    pub private: Vec<PrivateAddress>,
    /// Addresses of IPv6.
    pub ipv6: Vec<String>,
    /// The instance that it is attached to.
    pub instance: Option<String>,
    /// The account that owns the instance, as for load balancers `amazon-elb`.
    pub instance_owner: Option<String>,
    /// When it was attached, RFC 3339: `2026-03-01T12:00:00.000Z`.
    pub attached: Option<String>,
    /// `interface`, `nat_gateway`, `network_load_balancer`, `vpc_endpoint`, `lambda`, …
    pub kind: String,
    /// The description.
    pub description: String,
    /// Who asked for it, if AWS did: `amazon-elb`, an account.
    pub requester: Option<String>,
    /// Security groups.
    pub groups: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A private address of IPv4.
#[derive(Clone, Debug, Default)]
pub struct PrivateAddress {
    /// The address.
    pub address: String,
    /// The public address that it is translated to.
    pub public: Option<String>,
}

impl PrivateAddress {
    /// An address without a public one.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), public: None }
    }

    /// The same with a public address.
    #[must_use]
    pub fn with_public(mut self, address: &str) -> Self {
        self.public = Some(address.to_owned());
        self
    }
}

/// What `DescribeNetworkInterfaces` answers.
#[must_use]
pub fn interfaces(interfaces: &[Interface]) -> Listing {
    Listing::xml("networkInterfaceSet", interfaces.iter().map(interface).collect())
}

fn interface(interface: &Interface) -> Xml {
    let primary = interface.private.first();
    let requester = interface.requester.as_ref();
    let xml = Xml::new()
        .leaf("networkInterfaceId", &interface.id)
        .leaf("subnetId", &interface.subnet)
        .leaf("vpcId", &interface.vpc)
        .leaf("availabilityZone", &interface.availability_zone)
        .leaf("description", &interface.description)
        .leaf("ownerId", &interface.owner)
        .maybe("requesterId", requester)
        .leaf("requesterManaged", requester.is_some())
        .leaf("status", if interface.instance.is_some() { "in-use" } else { "available" })
        .maybe("privateIpAddress", primary.map(|primary| &primary.address))
        .items("groupSet", &interface.groups, |group| Xml::new().leaf("groupId", group))
        .nest("attachment", &attachment(interface))
        .nest("association", &association(primary.and_then(|primary| primary.public.as_ref())))
        .nest("privateIpAddressesSet", &addresses(&interface.private))
        .items("ipv6AddressesSet", &interface.ipv6, |address| {
            Xml::new().leaf("ipv6Address", address)
        })
        .leaf("interfaceType", &interface.kind);
    with_tags(xml, &interface.tags)
}

fn attachment(interface: &Interface) -> Xml {
    Xml::new()
        .maybe("instanceId", interface.instance.as_ref())
        .maybe("instanceOwnerId", interface.instance_owner.as_ref())
        .maybe("attachTime", interface.attached.as_ref())
}

fn association(public: Option<&String>) -> Xml {
    Xml::new().maybe("publicIp", public)
}

fn addresses(private: &[PrivateAddress]) -> Xml {
    private.iter().enumerate().fold(Xml::new(), |all, (at, address)| {
        let item = Xml::new()
            .leaf("privateIpAddress", &address.address)
            .leaf("primary", at == 0)
            .nest("association", &association(address.public.as_ref()));
        all.nest("item", &item)
    })
}

/// The interfaces inside of an instance's description, which has the same elements for them.
pub(super) fn interfaces_of_instance(interfaces: &[Interface]) -> Xml {
    interfaces.iter().fold(Xml::new(), |all, one| all.nest("item", &interface(one)))
}
