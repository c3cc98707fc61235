//! Which fields the lines of a log group have.

use std::sync::Arc;

use tokio::sync::watch;
use weir_ingest::{Fault, SourceError};
use weir_inventory::log_formats::{FlowLogFormat, Knowledge, KnownFormats, LogPlace, resource_of};

use crate::inputs::GroupInput;
use crate::log_group::LogGroup;

/// What discovery knows of the formats of flow logs, as it is at each time; none as long as that
/// was not read.
pub(crate) type Followed = watch::Receiver<Option<Arc<KnownFormats>>>;

/// A log stream of a page: what it is of, and the formats that its lines may have.
#[derive(Clone, Debug)]
pub(crate) struct StreamFormats {
    /// The network interface or attachment, for a stream of flow logs.
    pub(crate) resource: Option<String>,
    /// At least one, the most probable first.
    pub(crate) formats: Arc<[Arc<FlowLogFormat>]>,
}

/// The formats of a log stream: those of its flow logs, else those of the configuration. Where
/// neither are known the group is not read: its events stay where they are.
pub(crate) fn formats_of(
    followed: &Followed,
    input: &GroupInput,
    log_stream: &str,
) -> Result<StreamFormats, SourceError> {
    let group = &input.group;
    let known = followed.borrow().clone();
    let known = known.ok_or_else(|| unknown(group, "what discovery knows was not read as yet"))?;
    let place = LogPlace {
        account_id: group.account_id(),
        region: group.region(),
        log_group: group.name(),
        log_stream,
    };
    let formats = match known.of_stream(&place) {
        Knowledge::Formats(formats) => formats,
        Knowledge::NoFlowLog { .. } if !input.formats.is_empty() => input.formats.as_slice().into(),
        Knowledge::NoFlowLog { .. } => {
            return Err(unknown(group, "discovery knows no flow log that writes to it"));
        }
    };
    Ok(StreamFormats { resource: resource_of(log_stream).map(str::to_owned), formats })
}

fn unknown(group: &LogGroup, cause: &str) -> SourceError {
    let what = format!(
        "the fields of lines of {group} are not known: {cause}; the group waits: have discovery \
         sweep the account, or give the group log_formats in the configuration"
    );
    SourceError::transient(Fault::LogFormat, what)
}
