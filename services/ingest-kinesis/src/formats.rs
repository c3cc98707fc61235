//! Which fields the lines of a batch have.

use std::sync::Arc;

use tokio::sync::watch;
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::{FlowLogFormat, Knowledge, KnownFormats, LogPlace};
use weir_objects::Formats;

/// Nobody knows the fields of the lines of a batch as yet: it waits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the fields of lines of the log group {log_group} of account {account_id} are not known: no \
     sweep of discovery has looked for its flow logs since they came; they wait: have discovery \
     sweep the account, or give the stream a log_format in the configuration"
)]
pub(crate) struct UnknownFormat {
    account_id: String,
    log_group: String,
}

/// Knows the formats of batches.
#[derive(Clone, Debug)]
pub(crate) struct BatchFormats(watch::Receiver<Option<Arc<KnownFormats>>>);

impl BatchFormats {
    pub(crate) fn new(known: watch::Receiver<Option<Arc<KnownFormats>>>) -> Self {
        Self(known)
    }

    /// What is known now counts as seen: [`BatchFormats::changed`] waits for what comes after.
    pub(crate) fn see(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for a change; for ever when nobody can make one.
    pub(crate) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// The formats that lines of a log stream may have: those of its flow logs, else the
    /// configured one. Where neither is known, lines that came at `arrived` (Unix seconds) wait
    /// until a sweep that began later has looked for flow logs; where that has found none, they
    /// have AWS's default format, and are rejected under it where they do not fit: waiting longer
    /// would hold up all that is behind them until it is lost.
    pub(crate) fn of(
        &self,
        place: &LogPlace<'_>,
        arrived: u64,
        configured: Option<&Arc<LogFormat>>,
    ) -> Result<Formats, UnknownFormat> {
        let unknown = || UnknownFormat {
            account_id: place.account_id.to_owned(),
            log_group: place.log_group.to_owned(),
        };
        let known = self.0.borrow().clone().ok_or_else(unknown)?;
        match (known.of_stream(place), configured) {
            (Knowledge::Formats(formats), _) => Ok(formats),
            (Knowledge::NoFlowLog { .. }, Some(format)) => Ok(one(Arc::clone(format))),
            (Knowledge::NoFlowLog { looked: Some(looked) }, None) if looked > arrived => {
                Ok(one(Arc::new(LogFormat::vpc_default())))
            }
            (Knowledge::NoFlowLog { .. }, None) => Err(unknown()),
        }
    }
}

fn one(format: Arc<LogFormat>) -> Formats {
    Arc::new([Arc::new(FlowLogFormat::new(format, None))])
}

#[cfg(test)]
mod tests {
    use weir_inventory::log_formats::FoundFormats;
    use weir_inventory::region::RegionSnapshot;

    use super::*;

    const PLACE: LogPlace<'_> = LogPlace {
        account_id: "123456789012",
        region: "eu-west-1",
        log_group: "flows",
        log_stream: "eni-1-all",
    };

    fn swept(taken_at: u64) -> Arc<KnownFormats> {
        let mut found = FoundFormats::default();
        let region = RegionSnapshot::new(PLACE.account_id, PLACE.region, taken_at);
        found.take_notice(&[&region], taken_at);
        Arc::new(KnownFormats::of(&found))
    }

    #[test]
    fn lines_of_a_group_that_nobody_knows_wait_for_a_sweep_and_no_longer() {
        let (sender, known) = watch::channel(None);
        let formats = BatchFormats::new(known);
        let configured = Arc::new(LogFormat::parse("srcaddr dstaddr").unwrap());
        assert!(formats.of(&PLACE, 100, None).is_err());
        assert!(formats.of(&PLACE, 100, Some(&configured)).is_err(), "nothing was read as yet");
        for (looked, is_known) in [(99, false), (100, false), (101, true)] {
            sender.send_replace(Some(swept(looked)));
            assert_eq!(formats.of(&PLACE, 100, None).is_ok(), is_known, "{looked}");
            let of_file = formats.of(&PLACE, 100, Some(&configured)).unwrap();
            assert_eq!(**of_file[0].format(), *configured);
        }
    }
}
