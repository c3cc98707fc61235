//! Runs, answers and layouts as they stand on the wire.

mod answers;
mod enriched;
mod layouts;
mod raw;
#[cfg(test)]
mod tests;
mod unfinished;

use tonic::Status;
use weir_delivery::RunId;

use crate::pb;

pub use answers::{enrich_response, enrich_response_of, export_response, export_response_of};
pub use enriched::{EnrichedReader, MAX_ENRICHED, export_requests};
pub use layouts::{UnknownLayout, layouts_message, layouts_of, specifier_message};
pub use raw::{RawReader, enrich_requests};
pub use unfinished::Unfinished;

/// The most runs that are announced at once.
pub const MAX_RESUME: usize = 4096;

/// About how many octets of runs are put into one message.
const MESSAGE_OCTETS: usize = 1024 * 1024;

#[allow(clippy::cast_possible_truncation, reason = "the halves of a 128-bit number")]
fn id_message(run: RunId) -> pb::RunId {
    pb::RunId { high: (run.0 >> 64) as u64, low: run.0 as u64 }
}

/// A message without an id is none of weir's.
fn id_of(message: Option<pb::RunId>) -> Result<RunId, Status> {
    let id = message.ok_or_else(|| Status::invalid_argument("a run has no id"))?;
    Ok(RunId(u128::from(id.high) << 64 | u128::from(id.low)))
}

fn resume_message(runs: Vec<RunId>) -> pb::Resume {
    pb::Resume { runs: runs.into_iter().map(id_message).collect() }
}

fn resume_of(message: pb::Resume) -> Result<Vec<RunId>, Status> {
    if message.runs.len() > MAX_RESUME {
        let problem = format!("more than {MAX_RESUME} runs are announced at once");
        return Err(Status::invalid_argument(problem));
    }
    message.runs.into_iter().map(|run| id_of(Some(run))).collect()
}
