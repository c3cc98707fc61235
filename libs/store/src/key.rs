//! Names of values and sets.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::key_parts::{escape, unescape};

/// The length of the longest key, in octets: room for the longest name of a log group (512
/// characters) with some of it escaped.
pub const MAX_KEY_LENGTH: usize = 1024;

/// The name of a value or a set: parts separated by `/`, such as `checkpoints/kinesis/flows`.
///
/// A part is not empty and has letters and digits of ASCII and `- _ . : @ + = , # ~ %`. That
/// leaves out all that means something to Redis' patterns and cluster (`* ? [ ] \ { }`) or is not
/// seen (spaces, control characters). [`Key::of_parts`] escapes names that come from outside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Cow<'static, str>);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing between two `/`, before the first or after the last.
    #[error("key `{key}` has an empty part; give each part between `/` at least one character")]
    EmptyPart {
        /// The text.
        key: String,
    },
    /// It has more than [`MAX_KEY_LENGTH`] octets.
    #[error("key has {length} octets, {MAX_KEY_LENGTH} are allowed; shorten its parts")]
    TooLong {
        /// Its length in octets.
        length: usize,
    },
    /// It has a character that keys do not have.
    #[error(
        "key `{key}` has a character that is not allowed at octet {at}; escape the part that it \
         stands in"
    )]
    Character {
        /// The text, made printable.
        key: String,
        /// Where the character is, counted from 0.
        at: usize,
    },
}

/// The first thing that is wrong with a text.
enum Fault {
    EmptyPart,
    TooLong,
    Character(usize),
}

impl Key {
    /// The key with this text.
    pub fn new(text: impl Into<String>) -> Result<Self, KeyError> {
        let text = text.into();
        match fault_of(&text) {
            None => Ok(Self(Cow::Owned(text))),
            Some(Fault::EmptyPart) => Err(KeyError::EmptyPart { key: text }),
            Some(Fault::TooLong) => Err(KeyError::TooLong { length: text.len() }),
            Some(Fault::Character(at)) => {
                Err(KeyError::Character { key: text.escape_debug().to_string(), at })
            }
        }
    }

    /// The key with this text, for constants: `const KEY: Key = Key::from_static("settings")`.
    ///
    /// # Panics
    /// When the text is no key; in a constant that stops the compiler.
    pub const fn from_static(text: &'static str) -> Self {
        assert!(fault_of(text).is_none(), "not a key");
        Self(Cow::Borrowed(text))
    }

    /// The key with these parts, which may have any characters: those that keys do not have, `/`
    /// and `%` are escaped as `%` and two hexadecimal digits for each octet of UTF-8.
    pub fn of_parts<I>(parts: I) -> Result<Self, KeyError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let escaped: Vec<_> = parts.into_iter().map(|part| escape(part.as_ref())).collect();
        Self::new(escaped.join("/"))
    }

    /// Its parts as they were given to [`Key::of_parts`].
    pub fn parts(&self) -> impl Iterator<Item = String> {
        self.0.split('/').map(unescape)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.0)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Whether an octet may stand in a part as it is, or as the start of an escape.
pub(crate) const fn is_of_part(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'-' | b'_' | b'.' | b':' | b'@' | b'+' | b'=' | b',' | b'#' | b'~' | b'%'
        )
}

const fn fault_of(text: &str) -> Option<Fault> {
    let octets = text.as_bytes();
    if octets.len() > MAX_KEY_LENGTH {
        return Some(Fault::TooLong);
    }
    let (mut rest, mut at, mut is_start) = (octets, 0, true);
    while let [octet, behind @ ..] = rest {
        let is_end = *octet == b'/';
        if is_end && is_start {
            return Some(Fault::EmptyPart);
        }
        if !is_end && !is_of_part(*octet) {
            return Some(Fault::Character(at));
        }
        (rest, at, is_start) = (behind, at + 1, is_end);
    }
    if is_start { Some(Fault::EmptyPart) } else { None }
}
