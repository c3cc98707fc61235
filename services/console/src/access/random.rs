//! Secrets: made, digested and compared.

use anyhow::anyhow;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::fill;

/// A secret's SHA-256: what is kept instead of it.
pub(super) type Digest = [u8; 32];

/// 256 random bits as hexadecimal digits.
///
/// # Errors
///
/// When the system has no random numbers.
pub(super) fn secret() -> anyhow::Result<String> {
    let mut octets = [0; 32];
    fill(&mut octets).map_err(|_| anyhow!("the system gives no random numbers"))?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// The digest of a secret.
pub(super) fn digest_of(secret: &str) -> Digest {
    let mut octets = [0; 32];
    octets.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    octets
}

/// Whether both are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_unlike_each_other_and_have_256_bits() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
        assert!(same(&digest_of(&one), &digest_of(&one)));
        assert!(!same(&digest_of(&one), &digest_of(&other)));
        assert!(!same(b"short", b"longer"));
    }
}
