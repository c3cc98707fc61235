//! Interface indexes for collectors that want SNMP-like numbers.

use xxhash_rust::xxh3::xxh3_64;

/// The index of the side of the VPC's router that is not the network interface.
///
/// Akvorado drops flows whose interface indexes are both 0, so that none ever is.
pub const VPC_INTERFACE_INDEX: u32 = 1;

/// A stable index for a network interface, derived from its id; never 0 or
/// [`VPC_INTERFACE_INDEX`]. Two interfaces may share one: awsInterfaceId is the identity.
pub fn interface_index(interface_id: &[u8]) -> u32 {
    let hash = xxh3_64(interface_id);
    let folded = (hash ^ (hash >> 32)) & u64::from(u32::MAX);
    u32::try_from(folded).unwrap_or(u32::MAX).max(VPC_INTERFACE_INDEX + 1)
}
