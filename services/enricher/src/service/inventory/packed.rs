//! What a store holds of an inventory: JSON, compressed with zstd.

use std::io::Read as _;

use anyhow::Context as _;
use weir_inventory::IpRanges;
use weir_inventory::region::{IndexPart, MAX_IP_RANGES_LENGTH, MAX_PART_LENGTH, RegionSnapshot};

/// The largest window that is unpacked, as an exponent of two: 128 MiB.
const MAX_WINDOW_LOG: u32 = 27;

/// Reads the part that `named` names. Only what enrichment needs stays.
pub(super) fn part_of(named: &IndexPart, packed: &[u8]) -> anyhow::Result<RegionSnapshot> {
    let mut part = RegionSnapshot::from_json(&unpacked(packed, MAX_PART_LENGTH)?)?;
    anyhow::ensure!(
        part.account_id == named.account_id && part.region == named.region,
        "it is of account {} in {}",
        part.account_id,
        part.region
    );
    part.flow_logs = Vec::new();
    part.log_groups = Vec::new();
    part.kinesis_streams = Vec::new();
    part.buckets = Vec::new();
    for interface in &mut part.inventory.interfaces {
        // They tell the service of an interface that is no instance's.
        if interface.instance_id.is_some() {
            interface.interface_type = String::new();
            interface.description = String::new();
        }
    }
    Ok(part)
}

/// Reads AWS's ranges.
pub(super) fn ip_ranges_of(packed: &[u8]) -> anyhow::Result<IpRanges> {
    Ok(IpRanges::from_json(&unpacked(packed, MAX_IP_RANGES_LENGTH)?)?)
}

fn unpacked(packed: &[u8], limit: usize) -> anyhow::Result<Vec<u8>> {
    let mut decoder = zstd::Decoder::new(packed)?;
    decoder.window_log_max(MAX_WINDOW_LOG)?;
    let mut json = Vec::new();
    // One octet more tells that there is more.
    decoder.take(limit as u64 + 1).read_to_end(&mut json).context("it is no zstd data")?;
    anyhow::ensure!(json.len() <= limit, "it is longer than {limit} octets");
    Ok(json)
}
