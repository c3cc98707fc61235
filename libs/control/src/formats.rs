//! The formats of flow logs, which discovery learns and readers of log groups and streams follow.
//!
//! They are a document of their own: it is written with each sweep, and nobody else has to read it.

use std::sync::Arc;

use tokio::sync::watch;
use weir_inventory::log_formats::{FoundFormats, KnownFormats};
use weir_store::{Key, Store};

use crate::document::Document;

const FORMATS: Key = Key::from_static("control/formats");

/// The formats that are known, as they change; none until they were read.
pub type FollowedFormats = watch::Receiver<Option<Arc<KnownFormats>>>;

/// The document of [`FoundFormats`], which discovery writes after each sweep.
pub fn formats() -> Document<FoundFormats> {
    Document::new(FORMATS)
}

/// Follows the formats until the receiver is dropped.
pub fn follow(store: &Arc<dyn Store>) -> FollowedFormats {
    let mut documents = formats().follow(Arc::clone(store));
    let (publisher, receiver) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let found = documents.borrow_and_update().clone();
            if let Some(found) = found {
                publisher.send_replace(Some(Arc::new(KnownFormats::of(&found.value))));
            }
            tokio::select! {
                () = publisher.closed() => return,
                Ok(()) = documents.changed() => {}
                else => return,
            }
        }
    });
    receiver
}

/// No formats, and none will be known: what the configuration says is all that counts.
pub fn none() -> FollowedFormats {
    watch::Sender::new(Some(Arc::default())).subscribe()
}
