//! Pages of a list (AIP-158).

use tonic::Status;
use xxhash_rust::xxh3::xxh3_64;

use super::Violations;

/// The digits of a checksum.
const CHECKSUM: usize = 16;

/// The most octets of a token.
const MAX_TOKEN: usize = 4096;

/// How many items a page has: `default` where none were asked for, never above `most`.
pub fn page_size(asked: u32, default: usize, most: usize) -> usize {
    match usize::try_from(asked) {
        Ok(0) => default,
        Ok(asked) => asked.min(most),
        Err(_) => most,
    }
}

/// Makes and reads the page tokens of one list under one query. A token says where the next page
/// starts; it is no secret, and it keeps nobody out: it only tells a caller who mixed up lists or
/// changed the query between two pages.
#[derive(Clone, Debug)]
pub struct PageToken {
    query: Vec<u8>,
}

impl PageToken {
    /// The tokens of `list`, its full method name, under what else the request asks for.
    pub fn of(list: &str, query: &[&str]) -> Self {
        let mut octets = list.as_bytes().to_vec();
        for part in query {
            octets.push(0);
            octets.extend_from_slice(part.as_bytes());
        }
        Self { query: octets }
    }

    /// The token of the page that starts after `cursor`.
    pub fn write(&self, cursor: &str) -> String {
        let mut token = format!("{:016x}", self.checksum(cursor));
        for byte in cursor.bytes() {
            token.push_str(&format!("{byte:02x}"));
        }
        token
    }

    /// The cursor that the page starts after; `None` for the first page, which has an empty
    /// token.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT when the token is of another list or query, or of nobody.
    pub fn read(&self, token: &str) -> Result<Option<String>, Status> {
        if token.is_empty() {
            return Ok(None);
        }
        self.cursor(token).map(Some).ok_or_else(|| {
            let advice = "is not a token of this list: give the next_page_token of the answer \
                          before, with the same other fields, or none for the first page";
            Violations::of("page_token", advice).into()
        })
    }

    fn cursor(&self, token: &str) -> Option<String> {
        let (checksum, digits) = token.split_at_checked(CHECKSUM)?;
        if token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let pairs = digits.as_bytes().chunks(2);
        let octets: Option<Vec<u8>> =
            pairs.map(|pair| octet(pair).filter(|_| pair.len() == 2)).collect();
        let cursor = String::from_utf8(octets?).ok()?;
        let expected = u64::from_str_radix(checksum, 16).ok()?;
        (self.checksum(&cursor) == expected).then_some(cursor)
    }

    fn checksum(&self, cursor: &str) -> u64 {
        xxh3_64(&[&self.query, &[0][..], cursor.as_bytes()].concat())
    }
}
