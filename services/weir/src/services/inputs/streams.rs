//! Kinesis data streams.

use std::sync::Arc;

use weir_control::inputs::{Enabled, StreamPosition, StreamSource};
use weir_ingest_kinesis::StreamConfig;
use weir_lease::InitialPosition;

use super::{Known, LeftOut};
use crate::config::retrieval;

/// What is read from Kinesis: the file's streams and those that are enabled, with enhanced
/// fan-out as this consumer.
pub(in crate::services) fn streams(
    file: Vec<StreamConfig>,
    consumer: String,
) -> impl FnMut(&Known<'_>) -> Arc<[StreamConfig]> {
    let mut left_out = LeftOut::default();
    move |known| {
        let mut streams = file.clone();
        for enabled in known.read(|all| &all.streams) {
            let Some(stream) = stream(enabled, &consumer) else {
                left_out.tell(&enabled.id, "its ARN is none of a Kinesis data stream");
                continue;
            };
            match file.iter().find(|other| is_same(other, &stream)) {
                None => streams.push(stream),
                // Which account the file means is not known here: both ways it is read once.
                Some(of_file) if of_file.account_id.is_none() => streams.push(StreamConfig {
                    log_format: of_file.log_format.clone(),
                    retrieval: of_file.retrieval.clone(),
                    until: None,
                    ..stream
                }),
                Some(_) => {}
            }
        }
        streams.into()
    }
}

/// Whether the file's stream is this one, or may be.
fn is_same(of_file: &StreamConfig, enabled: &StreamConfig) -> bool {
    of_file.region == enabled.region
        && of_file.name == enabled.name
        && (of_file.account_id.is_none() || of_file.account_id == enabled.account_id)
}

fn stream(enabled: &Enabled<StreamSource>, consumer: &str) -> Option<StreamConfig> {
    let StreamSource { arn, initial_position, enhanced_fan_out } = &enabled.source;
    let (_, name) = arn.rsplit_once(":stream/").filter(|(_, name)| !name.is_empty())?;
    let milliseconds = |seconds: u64| seconds.saturating_mul(1000);
    let initial = match initial_position {
        StreamPosition::TrimHorizon => InitialPosition::TrimHorizon,
        StreamPosition::AtTimestamp(seconds) => {
            InitialPosition::AtTimestamp(milliseconds(*seconds))
        }
        // Others pass over what ends later, whenever this reader starts.
        StreamPosition::Latest => InitialPosition::AtTimestamp(milliseconds(enabled.since)),
    };
    Some(StreamConfig {
        account_id: Some(enabled.account_id.clone()),
        initial,
        // Somebody asked for it. Where its leases were lost it begins at the same place again.
        begin: true,
        log_format: None,
        retrieval: retrieval(*enhanced_fan_out, consumer),
        until: enabled.until,
        ..StreamConfig::new(enabled.region.clone(), name)
    })
}
