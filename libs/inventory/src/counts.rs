//! What a snapshot holds and what it had to leave out.

/// The numbers of one snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// Accounts that were swept.
    pub accounts: u64,
    /// Different VPCs.
    pub vpcs: u64,
    /// Different transit gateways.
    pub transit_gateways: u64,
    /// Different instances.
    pub instances: u64,
    /// Different network interfaces.
    pub interfaces: u64,
    /// Private IPv4 addresses, IPv6 addresses and delegated IPv6 prefixes that can be found in
    /// their VPC.
    pub addresses: u64,
    /// Public IPv4 addresses, global IPv6 addresses and delegated IPv6 prefixes that can be found
    /// without a VPC.
    pub public_addresses: u64,
    /// Former holdings of addresses, and instances that interfaces served before: what a lookup
    /// finds by the time of a flow.
    pub former_holdings: u64,
    /// Route tables of VPCs and of transit gateways.
    pub route_tables: u64,
    /// Prefixes of AWS's published ranges, as listed.
    pub prefixes: u64,
    /// Different texts that were longer than [`weir_ipfix::MAX_STRING_LENGTH`] and were cut.
    pub strings_cut: u64,
    /// Interfaces in a VPC, or attached to an instance, that the inventory does not list, and
    /// route tables of such a VPC. An interface keeps what else is known of it.
    pub dangling_references: u64,
    /// VPCs, transit gateways, instances and interfaces whose id was listed before; the first
    /// one stays.
    pub duplicate_ids: u64,
    /// Addresses that another interface of the VPC, or public ones that any other interface,
    /// had listed before; the first one stays.
    pub duplicate_addresses: u64,
}
