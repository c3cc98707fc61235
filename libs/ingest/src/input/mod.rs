//! What an input shows of itself: its name, its counts, how far it is behind.

mod meter;
mod metrics;
mod publish;
mod status;

use std::sync::Arc;

use weir_store::Store;

pub use meter::InputMeter;
pub(crate) use publish::{Publisher, write as write_status};
pub use status::{InputStatus, status_key, status_prefix};

/// What is read, and where its state is shown.
#[derive(Clone)]
pub struct Input {
    /// Counts.
    pub meter: Arc<InputMeter>,
    /// Where [`InputStatus`] is written every 5 s, under [`status_key`]; nowhere when none.
    pub store: Option<Arc<dyn Store>>,
}

/// The kind of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// A folder of files.
    Folder,
    /// Objects in S3 that messages of SQS tell of.
    S3,
    /// A Kinesis data stream.
    Kinesis,
    /// Log groups of CloudWatch Logs.
    CloudWatch,
}

impl InputKind {
    /// Its name in metrics, logs and `weir.v1.InputStatus`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::S3 => "s3",
            Self::Kinesis => "kinesis",
            Self::CloudWatch => "cloudwatch",
        }
    }
}
