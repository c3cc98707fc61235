//! Access keys that only the owner of a key file can read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

/// Octets of a key.
const KEY_LENGTH: usize = 32;

/// The most octets of a key file: 32 octets in base64, and white space.
const MAX_FILE: u64 = 256;

/// What every sealed text is bound to, with the name of its profile.
const PURPOSE: &str = "weir control/accounts profile ";

/// An access key. It is shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// What it signs with.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(redacted)")
    }
}

/// A sealed access key: AES-256-GCM (NIST SP 800-38D) under a nonce of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Which key it was sealed with: see [`SealingKey::id`].
    pub key_id: String,
    /// In base64.
    nonce: String,
    /// The sealed text and its tag, in base64.
    text: String,
}

/// What access keys are sealed with.
pub struct SealingKey {
    key: RandomizedNonceKey,
    id: String,
}

/// Why a key file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum UnusableKey {
    /// It is not there or cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It has something else. What that is, is not shown.
    #[error(
        "{}: there are no 32 octets in base64: make a key with `openssl rand -base64 32`",
        path.display()
    )]
    Malformed {
        /// Which.
        path: PathBuf,
    },
}

/// Why a sealed access key cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotOpen {
    /// It was sealed with another key.
    #[error(
        "it was sealed with the key {sealed_with}, and the key file has {present}: put the other \
         file back, or add the profile again"
    )]
    OtherKey {
        /// The id of the key that it was sealed with.
        sealed_with: String,
        /// The id of the key at hand.
        present: String,
    },
    /// It is damaged, or belongs to another profile.
    #[error("what is stored is damaged: add the profile again")]
    Damaged,
}

/// The system gave no random numbers, or the library failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be sealed: the system gives no random numbers")]
pub struct CannotSeal;

impl SealingKey {
    /// Reads a key file: 32 octets in base64, with white space around.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or has something else.
    pub fn read(path: &Path) -> Result<Self, UnusableKey> {
        let unreadable = |source| UnusableKey::Unreadable { path: path.to_owned(), source };
        let malformed = || UnusableKey::Malformed { path: path.to_owned() };
        let mut text = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_FILE {
            return Err(malformed());
        }
        let octets = BASE64_STANDARD.decode(text.trim_ascii()).map_err(|_| malformed())?;
        Self::new(&octets).ok_or_else(malformed)
    }

    fn new(octets: &[u8]) -> Option<Self> {
        if octets.len() != KEY_LENGTH {
            return None;
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, octets).ok()?;
        let hash = digest(&SHA256, &[b"weir sealing key ".as_slice(), octets].concat());
        let id = hash.as_ref().iter().take(8).map(|octet| format!("{octet:02x}")).collect();
        Some(Self { key, id })
    }

    /// Tells keys apart and says nothing of this one: the start of a hash.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Seals an access key for the profile `name`: it opens under no other name.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn seal(&self, name: &str, key: &AccessKey) -> Result<Sealed, CannotSeal> {
        let mut text = serde_json::to_vec(key).map_err(|_| CannotSeal)?;
        let bound_to = Aad::from(format!("{PURPOSE}{name}"));
        let nonce = self.key.seal_in_place_append_tag(bound_to, &mut text);
        let nonce = nonce.map_err(|_| CannotSeal)?;
        Ok(Sealed {
            key_id: self.id.clone(),
            nonce: BASE64_STANDARD.encode(nonce.as_ref()),
            text: BASE64_STANDARD.encode(text),
        })
    }

    /// Opens what was sealed for the profile `name`.
    ///
    /// # Errors
    ///
    /// When it was sealed with another key or for another name, or is damaged.
    pub fn open(&self, name: &str, sealed: &Sealed) -> Result<AccessKey, CannotOpen> {
        if sealed.key_id != self.id {
            let (sealed_with, present) = (sealed.key_id.clone(), self.id.clone());
            return Err(CannotOpen::OtherKey { sealed_with, present });
        }
        let decoded = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| CannotOpen::Damaged);
        let nonce: [u8; NONCE_LEN] =
            decoded(&sealed.nonce)?.try_into().map_err(|_| CannotOpen::Damaged)?;
        let mut text = decoded(&sealed.text)?;
        let bound_to = Aad::from(format!("{PURPOSE}{name}"));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.key.open_in_place(nonce, bound_to, &mut text);
        let opened = opened.map_err(|_| CannotOpen::Damaged)?;
        serde_json::from_slice(opened).map_err(|_| CannotOpen::Damaged)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(octet: u8) -> SealingKey {
        SealingKey::new(&[octet; KEY_LENGTH]).unwrap()
    }

    fn access_key() -> AccessKey {
        AccessKey { id: "AKIAEXAMPLE".to_owned(), secret: "wJalrXUtnFEMI".to_owned() }
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_and_shows_nothing() {
        let key = key(1);
        let sealed = key.seal("one", &access_key()).unwrap();
        assert_eq!(key.open("one", &sealed).unwrap(), access_key());
        let stored = serde_json::to_string(&sealed).unwrap();
        let shown = format!("{stored} {sealed:?} {key:?} {:?}", access_key());
        assert!(!shown.contains("AKIA") && !shown.contains("wJal"), "{shown}");
        // Each sealing has a nonce of its own.
        assert_ne!(key.seal("one", &access_key()).unwrap(), sealed);
    }

    #[test]
    fn another_key_is_told_and_so_is_damage() {
        let sealed = key(1).seal("one", &access_key()).unwrap();
        let other = key(2).open("one", &sealed).unwrap_err();
        assert_eq!(
            other,
            CannotOpen::OtherKey {
                sealed_with: key(1).id().to_owned(),
                present: key(2).id().to_owned()
            }
        );
        // Under another name it is another's, as if somebody had swapped them in the store.
        assert_eq!(key(1).open("two", &sealed), Err(CannotOpen::Damaged));
        for damage in ["", "AAAA", "no base64"] {
            let (nonce, text) = (damage.to_owned(), damage.to_owned());
            let of_nonce = Sealed { nonce, ..sealed.clone() };
            let of_text = Sealed { text, ..sealed.clone() };
            assert_eq!(key(1).open("one", &of_nonce), Err(CannotOpen::Damaged));
            assert_eq!(key(1).open("one", &of_text), Err(CannotOpen::Damaged));
        }
    }

    #[test]
    fn a_key_file_has_32_octets_in_base64_and_its_content_is_shown_by_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weir.key");
        let good = BASE64_STANDARD.encode([7; KEY_LENGTH]);
        std::fs::write(&path, format!("{good}\n")).unwrap();
        assert_eq!(SealingKey::read(&path).unwrap().id(), key(7).id());
        let short = BASE64_STANDARD.encode([7; KEY_LENGTH - 1]);
        for wrong in [String::new(), short.clone(), "#".to_owned(), "A".repeat(10_000)] {
            std::fs::write(&path, &wrong).unwrap();
            let error = SealingKey::read(&path).unwrap_err().to_string();
            assert!(error.contains("openssl rand -base64 32"), "{error}");
            assert!(wrong.len() < 2 || !error.contains(&wrong));
        }
        let absent = SealingKey::read(&folder.path().join("absent")).unwrap_err();
        assert!(absent.to_string().contains("cannot be read"));
    }
}
