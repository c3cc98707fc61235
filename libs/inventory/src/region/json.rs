//! The JSON forms of parts and of their index.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::bounds::{MAX_INDEX_LENGTH, MAX_IP_RANGES_LENGTH, MAX_PART_LENGTH, MAX_PARTS};
use super::{FORMAT, InventoryIndex, RegionSnapshot};
use crate::error::InventoryError;
use crate::json::from_object;
use crate::model::IpRanges;

/// What all versions of a form have.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl RegionSnapshot {
    /// Reads a part from its JSON form.
    ///
    /// # Errors
    ///
    /// As [`crate::Inventory::from_json`]; also when it is longer than
    /// [`super::MAX_PART_LENGTH`], or of a version of weir that writes another format.
    pub fn from_json(bytes: &[u8]) -> Result<RegionSnapshot, InventoryError> {
        check_length(bytes, MAX_PART_LENGTH)?;
        let part: RegionSnapshot = with_format(bytes)?;
        check_format(part.format)?;
        Ok(part)
    }

    /// The JSON form, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        written(self)
    }
}

impl InventoryIndex {
    /// Reads an index from its JSON form.
    ///
    /// # Errors
    ///
    /// As [`RegionSnapshot::from_json`], for [`super::MAX_INDEX_LENGTH`]; also when it has more
    /// than [`super::MAX_PARTS`].
    pub fn from_json(bytes: &[u8]) -> Result<InventoryIndex, InventoryError> {
        check_length(bytes, MAX_INDEX_LENGTH)?;
        let index: InventoryIndex = with_format(bytes)?;
        check_format(index.format)?;
        if index.parts.len() > MAX_PARTS {
            return Err(InventoryError::TooLarge { what: "parts", limit: MAX_PARTS as u32 });
        }
        Ok(index)
    }

    /// The JSON form, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        written(self)
    }
}

impl IpRanges {
    /// Reads AWS's `ip-ranges.json`, or the JSON form of this type.
    ///
    /// # Errors
    ///
    /// As [`crate::Inventory::from_json`]; also when it is longer than
    /// [`super::MAX_IP_RANGES_LENGTH`].
    pub fn from_json(bytes: &[u8]) -> Result<IpRanges, InventoryError> {
        check_length(bytes, MAX_IP_RANGES_LENGTH)?;
        from_object(bytes)
    }

    /// The JSON form, on one line.
    pub fn to_json(&self) -> Vec<u8> {
        written(self)
    }
}

fn check_length(bytes: &[u8], limit: usize) -> Result<(), InventoryError> {
    match bytes.len() {
        length if length > limit => Err(InventoryError::TooLong { length, limit }),
        _ => Ok(()),
    }
}

fn check_format(found: u32) -> Result<(), InventoryError> {
    if found == FORMAT { Ok(()) } else { Err(InventoryError::Format { found, known: FORMAT }) }
}

/// Another format has other keys: that it is another one says more than the first of them.
fn with_format<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InventoryError> {
    from_object(bytes).map_err(|error| match serde_json::from_slice(bytes) {
        Ok(AnyFormat { format }) if format != FORMAT => {
            InventoryError::Format { found: format, known: FORMAT }
        }
        _ => error,
    })
}

#[allow(
    clippy::expect_used,
    reason = "serializing fails only for maps whose keys are not strings; there are no maps"
)]
fn written<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("there are no maps")
}
