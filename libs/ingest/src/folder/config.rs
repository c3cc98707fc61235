//! What is read of a folder, and how.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use weir_flowlog::LogFormat;

/// What is read of a folder, and how.
#[derive(Clone, Debug)]
pub struct FolderConfig {
    /// What the configuration calls the input; checkpoints are kept under this name.
    pub name: String,
    /// The folder.
    pub root: PathBuf,
    /// Whether it ends. Default: [`FolderMode::Follow`].
    pub mode: FolderMode,
    /// The fields of files without a header line.
    pub log_format: Option<Arc<LogFormat>>,
    /// How often the folder is looked at. When that takes long, because there are very many files,
    /// the pause is four times as long as the look. Default: 1 s.
    pub poll: Duration,
    /// How long a file must not change for its last line to be taken without an end. Default:
    /// 10 s.
    pub quiet: Duration,
}

impl FolderConfig {
    /// The folder with default settings.
    pub fn new(name: impl Into<String>, root: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            root: root.into(),
            mode: FolderMode::Follow,
            log_format: None,
            poll: Duration::from_secs(1),
            quiet: Duration::from_secs(10),
        }
    }
}

/// Whether reading a folder ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderMode {
    /// What comes later is read too.
    Follow,
    /// What is there is read, as it is.
    Once,
}
