//! What services read: the inputs of the file, and those that are enabled at run time.
//!
//! An input of the file counts as it stands there, also where the same one is enabled. What is
//! enabled is followed in the store; a file that is locked is all that counts.

mod coverage;
mod groups;
mod queues;
mod reading;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use weir_control::formats::FollowedFormats;
use weir_control::inputs::{Enabled, FollowedInputs};
use weir_control::settings::Effective;
use weir_store::Store;

use super::store::Settings;
use crate::config::{Config, StoreSettings};

pub(super) use coverage::BetterInputs;
pub(super) use groups::groups;
pub(super) use queues::queues;
pub(super) use reading::{note, unread_groups, unread_queues, unread_streams};
pub(super) use streams::streams;

/// How long an input is read after it was disabled, in seconds: what ended up to then is its own
/// to read, and nobody else's. It comes within minutes
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>); the rest is for readers
/// that are behind, as long as the document keeps the input.
const READ_ON: u64 = 24 * 60 * 60;

/// How often it is looked at whether an input that was disabled has ended.
const LOOK: Duration = Duration::from_secs(10);

/// The inputs that are enabled, as they change; none as long as nothing is known of them.
pub(super) type EnabledInputs = watch::Receiver<Option<Arc<FollowedInputs>>>;

/// Follows the inputs that are enabled; none for ever where the file is locked.
pub(super) fn follow(config: &Config, store: &Arc<dyn Store>) -> EnabledInputs {
    if config.control.locked {
        return watch::Sender::new(None).subscribe();
    }
    weir_control::inputs::follow(store)
}

/// Follows what discovery knows of the formats of flow logs; nothing where the file is locked.
pub(super) fn follow_formats(config: &Config, store: &Arc<dyn Store>) -> FollowedFormats {
    if config.control.locked {
        return weir_control::formats::none();
    }
    weir_control::formats::follow(store)
}

/// Whether inputs that the file does not have can come at run time: somebody has to be able to
/// enable them.
pub(super) fn may_come(config: &Config) -> bool {
    !config.control.locked && !matches!(config.services.store, StoreSettings::Memory)
}

/// What is known at a time.
pub(super) struct Known<'a> {
    /// The inputs that are enabled.
    pub(super) inputs: Option<&'a FollowedInputs>,
    /// The settings that count.
    pub(super) settings: &'a Effective,
    /// Unix seconds.
    pub(super) now: u64,
}

impl Known<'_> {
    /// Those of them that are read: what was disabled long ago is not.
    fn read<'i, S: 'i>(
        &'i self,
        of: impl Fn(&'i FollowedInputs) -> &'i [Enabled<S>],
    ) -> impl Iterator<Item = &'i Enabled<S>> {
        let all = self.inputs.map(of).unwrap_or_default();
        let is_over = |until: u64| until.saturating_add(READ_ON) < self.now;
        all.iter().filter(move |input| !input.until.is_some_and(is_over))
    }
}

/// What a service reads, made by `make` of what is known, whenever that changes.
pub(super) fn watch<T>(
    mut inputs: EnabledInputs,
    mut settings: Settings,
    mut make: impl FnMut(&Known<'_>) -> T + Send + 'static,
) -> watch::Receiver<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    let mut make = move |inputs: &mut EnabledInputs, settings: &mut Settings| {
        let (inputs, settings) =
            (inputs.borrow_and_update().clone(), settings.borrow_and_update().clone());
        make(&Known { inputs: inputs.as_deref(), settings: &settings, now: now() })
    };
    let (publisher, receiver) = watch::channel(make(&mut inputs, &mut settings));
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = publisher.closed() => return,
                () = changed(&mut inputs) => {}
                () = changed(&mut settings) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            let next = make(&mut inputs, &mut settings);
            publisher.send_if_modified(|known| {
                let is_new = *known != next;
                *known = next;
                is_new
            });
        }
    });
    receiver
}

/// Waits for a change. What nobody can change any more stays.
async fn changed<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        std::future::pending().await
    }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Inputs that are left out, so that each is told of once.
#[derive(Default)]
pub(super) struct LeftOut(HashSet<String>);

impl LeftOut {
    fn tell(&mut self, input: &str, reason: &str) {
        if self.0.insert(input.to_owned()) {
            tracing::warn!(input, reason, "an input that is enabled is not read");
        }
    }
}
