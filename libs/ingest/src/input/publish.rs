//! Writes the state of an input to the store now and then.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;
use weir_store::{Condition, Store, put_json};

use super::{Input, status_key};

/// How often the state is written.
const INTERVAL: Duration = Duration::from_secs(5);

/// A task that writes the state of an input to the store; it ends with this value.
pub(crate) struct Publisher(Option<JoinHandle<()>>);

impl Publisher {
    /// Starts to write, when there is a store.
    pub(crate) fn start(input: &Input) -> Self {
        let input = input.clone();
        let task = input.store.is_some().then(|| tokio::spawn(publish(input)));
        Self(task)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

async fn publish(input: Input) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Only a change is worth a line in the log.
    let mut is_well = true;
    loop {
        ticks.tick().await;
        let written = write(&input).await;
        if let Err(error) = &written
            && is_well
        {
            warn!(input = input.meter.name(), error, "cannot write the state of the input");
        }
        is_well = written.is_ok();
    }
}

/// Writes the state once. It tells nothing but what is shown: a failure is no failure of the
/// input.
pub(crate) async fn write(input: &Input) -> Result<(), String> {
    let Some(store) = &input.store else { return Ok(()) };
    let store: &dyn Store = store.as_ref();
    let status = input.meter.status();
    let key = status_key(&status.worker, &status.name).map_err(|error| error.to_string())?;
    let written = put_json(store, &key, &status, Condition::Any).await;
    written.map(drop).map_err(|error| error.to_string())
}
