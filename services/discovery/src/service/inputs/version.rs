//! Which version of the inputs a change is made to.

use std::collections::BTreeMap;

use weir_control::inputs::{InputSource, Inputs};
use weir_store::Etag;
use xxhash_rust::xxh3::xxh3_128;

/// The etag of what people decide: which inputs are enabled, and the rules. What readers and sweeps
/// write into the same document by themselves makes no change out of date.
pub(super) fn etag_of(inputs: &Inputs) -> Option<Etag> {
    let enabled = inputs.inputs.iter().filter(|(_, input)| input.is_enabled());
    let enabled: BTreeMap<&String, (&InputSource, u64)> =
        enabled.map(|(id, input)| (id, (&input.source, input.since))).collect();
    let decided = serde_json::to_vec(&(enabled, &inputs.rules)).ok()?;
    format!("{:032x}", xxh3_128(&decided)).parse().ok()
}
