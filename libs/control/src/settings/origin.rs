//! Where values come from.

use super::catalogue::{Effective, Setting, SettingValues};

/// What the configuration file says of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSettings {
    /// The values that it gives.
    pub values: SettingValues,
    /// Settings of which it gives each collector a value of its own: they have no one value.
    pub varied: Vec<Setting>,
    /// Whether the file is authoritative: what is set at run time does not count.
    pub is_locked: bool,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// The file.
    File,
    /// A call.
    RunTime,
}

impl FileSettings {
    /// The values that count where `over_file` was set at run time.
    pub fn under(&self, over_file: &SettingValues) -> Effective {
        let over_file = if self.is_locked { SettingValues::default() } else { over_file.clone() };
        Effective::resolve(&self.values, over_file)
    }

    /// Where the value of `setting` comes from in what counts now.
    pub fn origin(&self, setting: Setting, effective: &Effective) -> Origin {
        let is_given = |values| setting.shown(values).is_some();
        if is_given(&effective.over_file) {
            Origin::RunTime
        } else if is_given(&self.values) || self.varied.contains(&setting) {
            Origin::File
        } else {
            Origin::Default
        }
    }
}

/// A setting that has another value than before; `None` is none at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub setting: Setting,
    /// Its value before, as audits show it.
    pub from: Option<String>,
    /// Its value now.
    pub to: Option<String>,
}

impl SettingValues {
    /// Gives `settings` the values that they have in `new`; those that have none there lose
    /// theirs. Says what that has changed.
    pub fn take_over(&mut self, settings: &[Setting], new: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for &setting in settings {
            let from = setting.shown(self);
            setting.copy(new, self);
            let to = setting.shown(self);
            if from != to {
                changes.push(Change { setting, from, to });
            }
        }
        changes
    }
}
