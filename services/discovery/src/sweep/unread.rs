//! What of a region could not be read, and whether that matters.

use super::faults::CallError;
use crate::reader::{RegionError, RegionPart, UnreadPart};

/// Collects what is missing. Each action is noted once for each part.
#[derive(Default)]
pub(crate) struct Unread {
    parts: Vec<UnreadPart>,
}

impl Unread {
    /// A list that the inventory cannot do without: a failed call fails the region. One that is
    /// denied is noted, and the rest goes on.
    pub(crate) fn vital<T: Default>(
        &mut self,
        read: Result<T, CallError>,
    ) -> Result<T, RegionError> {
        match read {
            Err(error) if !error.is_denied() => Err(error.of_region()),
            read => Ok(self.part(RegionPart::Detail, read)),
        }
    }

    /// A list that may be missing.
    pub(crate) fn part<T: Default>(&mut self, part: RegionPart, read: Result<T, CallError>) -> T {
        read.unwrap_or_else(|error| {
            self.note(UnreadPart { part, fault: error.fault() });
            T::default()
        })
    }

    /// Smaller things that are missing.
    pub(crate) fn details(&mut self, errors: impl IntoIterator<Item = CallError>) {
        for error in errors {
            self.note(UnreadPart { part: RegionPart::Detail, fault: error.fault() });
        }
    }

    /// Whether a part is missing.
    pub(crate) fn has(&self, part: RegionPart) -> bool {
        self.parts.iter().any(|unread| unread.part == part)
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for part in other.parts {
            self.note(part);
        }
    }

    pub(crate) fn finish(self) -> Vec<UnreadPart> {
        self.parts
    }

    fn note(&mut self, new: UnreadPart) {
        let is_same = |old: &UnreadPart| old.part == new.part && old.fault == new.fault;
        let is_again = |old: &UnreadPart| {
            let action = &old.fault.denied_action;
            old.part == new.part && action.is_some() && *action == new.fault.denied_action
        };
        if !self.parts.iter().any(|old| is_same(old) || is_again(old)) {
            self.parts.push(new);
        }
    }
}
