//! One object of a message: what the loop follows.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::message::Message;
use crate::notification::ObjectEvent;
use crate::object::ObjectId;

/// One object of a message that is ours; of a message that names none, the message itself. It is
/// displayed as `s3://bucket/key`.
#[derive(Clone)]
pub struct ObjectPart(Arc<State>);

struct State {
    number: u64,
    name: String,
    message: Arc<Message>,
    event: Option<ObjectEvent>,
    /// Grows with each rewind.
    generation: AtomicU64,
    is_done: AtomicBool,
    /// What is remembered once it is committed; none when nothing of it was exported.
    exported: OnceLock<ObjectId>,
}

impl ObjectPart {
    /// An object of a message, or the message itself.
    pub(crate) fn new(number: u64, message: &Arc<Message>, event: Option<ObjectEvent>) -> Self {
        let name = match &event {
            Some(event) => crate::object::uri(&event.bucket, &event.key),
            None => message.to_string(),
        };
        Self(Arc::new(State {
            number,
            name,
            message: Arc::clone(message),
            event,
            generation: AtomicU64::new(0),
            is_done: AtomicBool::new(false),
            exported: OnceLock::new(),
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn message(&self) -> &Arc<Message> {
        &self.0.message
    }

    pub(crate) fn event(&self) -> Option<&ObjectEvent> {
        self.0.event.as_ref()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// What was read so far is of no use. The generation of what is read from now on.
    pub(crate) fn read_again(&self) -> u64 {
        self.0.generation.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Whether a reading of this generation is still wanted.
    pub(crate) fn is_wanted(&self, generation: u64) -> bool {
        self.generation() == generation && !self.0.message.is_let_go()
    }

    /// It was read to its end.
    pub(crate) fn was_read(&self, id: &ObjectId) {
        // A second reading is of the same object, or of one that has taken its place: what was
        // exported first stays what it is.
        self.0.exported.get_or_init(|| id.clone());
    }

    /// What was exported.
    pub(crate) fn exported(&self) -> Option<&ObjectId> {
        self.0.exported.get()
    }

    /// It is done. Whether that is new.
    pub(crate) fn finish(&self) -> bool {
        !self.0.is_done.swap(true, Ordering::AcqRel)
    }
}

impl PartialEq for ObjectPart {
    fn eq(&self, other: &Self) -> bool {
        self.0.number == other.0.number
    }
}

impl Eq for ObjectPart {}

impl Hash for ObjectPart {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.number.hash(hasher);
    }
}

impl fmt::Display for ObjectPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl fmt::Debug for ObjectPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectPart({}, {})", self.0.number, self.0.name)
    }
}
