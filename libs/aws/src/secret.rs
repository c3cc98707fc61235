//! Secrets, and where they come from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// What stands for a secret in dumps.
const REDACTED: &str = "(redacted)";

/// The most octets of a file with a secret.
const MAX_FILE: u64 = 4096;

/// A text that is shown nowhere: neither debugged nor serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for who signs with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

/// Where a secret is. It is read when it is needed, so that a file that is replaced counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// In the configuration.
    Inline(Secret),
    /// In a file that has nothing else; white space around it does not count.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
    /// Sealed, and it cannot be opened.
    Sealed {
        /// Why, and what to do.
        problem: String,
    },
}

/// Why a secret cannot be read. Its text is never a part of this.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableSecret {
    /// The file is not there or cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is sealed and cannot be opened.
    #[error("{problem}")]
    Sealed {
        /// Why, and what to do.
        problem: String,
    },
    /// The variable is not set, or not text.
    #[error("the environment has no variable {name}")]
    Variable {
        /// Which.
        name: String,
    },
}

impl SecretSource {
    /// The secret; `None` when its source is there and empty.
    ///
    /// # Errors
    ///
    /// When the file or the variable cannot be read.
    pub fn read(&self) -> Result<Option<Secret>, UnreadableSecret> {
        let text = match self {
            Self::Inline(secret) => secret.reveal().to_owned(),
            Self::File(path) => read_text(path)
                .map_err(|source| UnreadableSecret::File { path: path.clone(), source })?,
            Self::Variable(name) => std::env::var(name)
                .map_err(|_| UnreadableSecret::Variable { name: name.clone() })?,
            Self::Sealed { problem } => {
                return Err(UnreadableSecret::Sealed { problem: problem.clone() });
            }
        };
        let text = text.trim();
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }
}

fn read_text(path: &PathBuf) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 4 KiB"));
    }
    Ok(text)
}
