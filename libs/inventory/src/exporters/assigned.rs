//! What people assign to exporters.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// What people assigned to exporters, and the observation domains that are kept for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignedExporters {
    /// Addresses and names by the id of the VPC or transit gateway.
    pub exporters: BTreeMap<String, AssignedExporter>,
    /// Observation domain ids by the id of the VPC or transit gateway. Those of VPCs that are
    /// gone stay taken.
    pub domains: BTreeMap<String, u32>,
}

/// What people assigned to one exporter. What is absent stays as it is without an assignment.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct AssignedExporter {
    /// exporterIPv4Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<Ipv4Addr>,
    /// exporterIPv6Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Addr>,
    /// observationDomainName.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl AssignedExporter {
    /// Whether nothing is assigned.
    pub fn is_empty(&self) -> bool {
        self.ipv4.is_none() && self.ipv6.is_none() && self.name.is_none()
    }
}
