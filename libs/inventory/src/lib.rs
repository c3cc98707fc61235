//! Accounts, VPCs, interfaces and instances, and the index that answers lookups.

mod model;

pub use model::{
    Account, ExporterAssignment, Instance, Interface, InterfaceAddress, Inventory, IpRanges,
    Ipv4Range, Ipv6Range, Subnet, TransitGateway, Vpc,
};
