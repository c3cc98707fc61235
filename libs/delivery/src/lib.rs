//! Runs, answers and the rules of delivery.
//!
//! Nothing is stored inside weir: the source is the log, and the acknowledgement is the cursor.
//! A run travels from its source through an enricher to the exporter; the answer travels back
//! the same way, and only [`Answer::Committed`] lets the source move on.

mod answer;
mod batch;
mod outbox;
mod parts;
mod raw;
mod register;
mod run;
mod shards;
mod split;
mod track;

pub use answer::{Answer, RetryReason, RunAnswer, RunRejection};
pub use batch::{EnrichedRun, RejectedLine, RunTally};
pub use outbox::{LinkId, Outbox, Outcome, Payload};
pub use parts::{Consequence, Parts};
pub use raw::RawRun;
pub use register::{Arrival, RunRegister};
pub use run::{Origin, Run, RunId};
pub use shards::Shards;
pub use split::{Part, PartContent};
pub use track::{OrderedTracker, Registered, TrackError, UnitDone, UnitTracker, Verdict};
