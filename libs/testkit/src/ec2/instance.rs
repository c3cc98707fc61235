//! Instances.

use super::interface::{Interface, interfaces_of_instance};
use super::tags::{Tags, with_tags};
use crate::aws::Listing;
use crate::xml::Xml;

/// An instance (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>).
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// The account that owns it.
    pub owner: String,
    /// `vpc-…`.
    pub vpc: String,
    /// `subnet-…`.
    pub subnet: String,
    /// `m7g.large`.
    pub kind: String,
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`; empty is
    /// `running`.
    pub state: String,
    /// `ami-…`.
    pub image: String,
    /// `eu-west-1a`.
    pub availability_zone: String,
    /// RFC 3339: `2026-03-01T12:00:00.000Z`.
    pub launched: Option<String>,
    /// The primary private address.
    pub private: Option<String>,
    /// The public address.
    pub public: Option<String>,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
    /// Tags.
    pub tags: Tags,
}

/// What `DescribeInstances` answers: each instance in a reservation of its own.
#[must_use]
pub fn instances(instances: &[Instance]) -> Listing {
    Listing::xml("reservationSet", instances.iter().map(reservation).collect())
}

fn reservation(instance: &Instance) -> Xml {
    let id = instance.id.replacen("i-", "r-", 1);
    let item = Xml::new().nest("item", &described(instance));
    let xml = Xml::new().leaf("reservationId", id).leaf("ownerId", &instance.owner);
    xml.nest("instancesSet", &item)
}

fn described(instance: &Instance) -> Xml {
    let placement = Xml::new().leaf("availabilityZone", &instance.availability_zone);
    let xml = Xml::new()
        .leaf("instanceId", &instance.id)
        .leaf("imageId", &instance.image)
        .nest("instanceState", &state(&instance.state))
        .leaf("instanceType", &instance.kind)
        .maybe("launchTime", instance.launched.as_ref())
        .nest("placement", &placement)
        .leaf("subnetId", &instance.subnet)
        .leaf("vpcId", &instance.vpc)
        .maybe("privateIpAddress", instance.private.as_ref())
        .maybe("ipAddress", instance.public.as_ref())
        .nest("networkInterfaceSet", &interfaces_of_instance(&instance.interfaces));
    with_tags(xml, &instance.tags)
}

/// The codes of the reference of `InstanceState`.
fn state(name: &str) -> Xml {
    let (code, name) = match name {
        "pending" => (0, name),
        "shutting-down" => (32, name),
        "terminated" => (48, name),
        "stopping" => (64, name),
        "stopped" => (80, name),
        _ => (16, "running"),
    };
    Xml::new().leaf("code", code).leaf("name", name)
}
