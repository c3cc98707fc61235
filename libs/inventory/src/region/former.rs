//! Who held addresses before, and since when they are held.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::Interface;

/// Addresses that an interface held, or held for another instance.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Since when it held them, in Unix seconds; 0 when it was there as long as is known.
    #[serde(default)]
    pub from: u64,
    /// When a sweep missed them there, in Unix seconds: it held them before.
    pub until: u64,
    /// The `Name` tag that its instance had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_name: Option<String>,
    /// The interface as it was, with those addresses alone.
    pub interface: Interface,
}

/// Since when an address is held, where that is within the history.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct HeldSince {
    /// The interface that holds it: `eni-…`.
    pub interface_id: String,
    /// The private IPv4 address, with the public one that belongs to it, or the IPv6 address.
    pub address: IpAddr,
    /// When it was first seen there, in Unix seconds, or when EC2 says that the interface was
    /// attached.
    pub since: u64,
}
