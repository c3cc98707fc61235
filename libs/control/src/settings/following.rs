//! Keeps a service's settings up to date.

use std::sync::Arc;

use tokio::sync::watch;
use weir_store::{Key, Store};

use super::catalogue::{Effective, SettingValues};
use super::check::Refused;
use super::origin::FileSettings;
use crate::document::{Document, Revised};

/// Where what was set at run time is kept.
const KEY: Key = Key::from_static("control/settings");

/// What was set at run time.
pub fn document() -> Document<SettingValues> {
    Document::new(KEY)
}

/// The settings of a service that live as long as the receiver: at first what the file says,
/// and what was set at run time over it as soon as the store has told. While the store is away,
/// what it told last counts. Values that this version of weir does not accept are passed over.
///
/// A file that is locked is all: the store is not asked.
pub fn follow(store: Arc<dyn Store>, file: FileSettings) -> watch::Receiver<Arc<Effective>> {
    let first = Arc::new(file.under(&SettingValues::default()));
    if file.is_locked {
        return unchanging(first);
    }
    let (publisher, receiver) = watch::channel(first);
    let mut stored = document().follow(store);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = publisher.closed() => return,
                changed = stored.changed() => if changed.is_err() { return },
            }
            let known = stored.borrow_and_update().clone();
            if let Some(revised) = known {
                publish(&publisher, &file, &revised);
            }
        }
    });
    receiver
}

/// The settings of a service without a store: what the file says.
pub fn of_file(file: &FileSettings) -> watch::Receiver<Arc<Effective>> {
    unchanging(Arc::new(file.under(&SettingValues::default())))
}

/// The value stays when the sender is gone; who waits for a change must bear with its absence.
fn unchanging(settings: Arc<Effective>) -> watch::Receiver<Arc<Effective>> {
    watch::Sender::new(settings).subscribe()
}

fn publish(
    publisher: &watch::Sender<Arc<Effective>>,
    file: &FileSettings,
    revised: &Revised<SettingValues>,
) {
    let (accepted, refusals) = revised.value.accepted();
    for Refused { setting, advice } in refusals {
        let setting = setting.path();
        tracing::warn!(setting, advice, "a stored setting is not accepted and does not count");
    }
    let settings = Arc::new(file.under(&accepted));
    publisher.send_if_modified(|known| {
        let is_new = *known != settings;
        *known = settings;
        is_new
    });
}
