//! Accounts, VPCs, interfaces and instances, and the index that answers lookups.

mod addresses;
mod counts;
pub mod coverage;
mod endpoint;
mod error;
mod exporters;
mod histories;
mod holding;
mod instances;
mod interfaces;
mod json;
pub mod log_formats;
mod model;
mod observation_domain;
mod positions;
mod ranges;
pub mod region;
mod routes;
mod segments;
mod service;
mod snapshot;
mod strings;

pub use counts::SnapshotCounts;
pub use endpoint::Endpoint;
pub use error::InventoryError;
pub use exporters::{
    AddressSource, AssignedExporter, AssignedExporters, ExporterKind, ExporterTable,
    FallbackExporter, NameSource, VpcEntry, VpcIndex,
};
pub use histories::NOW;
pub use interfaces::InterfaceEntry;
pub use model::{
    Account, ExporterAssignment, Instance, Interface, InterfaceAddress, Inventory, IpRanges,
    Ipv4Range, Ipv6Range, PeeringConnection, Route, RouteTable, Subnet, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable, Vpc,
};
pub use observation_domain::{FALLBACK_OBSERVATION_DOMAIN, observation_domains};
pub use ranges::AwsRange;
pub use routes::{Destination, Passage, RouteTableIndex, Way};
pub use snapshot::{Search, SearchedIn, Snapshot};
