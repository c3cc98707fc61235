//! Values of settings as people see them.

use std::time::Duration;

use weir_runtime::config::duration_text;

/// A value as audits and logs show it.
pub(super) trait Shown {
    /// Its text.
    fn shown(&self) -> String;
}

impl Shown for String {
    /// Quoted, so that it cannot forge a line of a log.
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for u32 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        duration_text(*self)
    }
}
