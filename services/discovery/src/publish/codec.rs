//! How contents are compressed in the store.

use std::io::{self, Read as _};

/// zstd's default: a tenth of the size at some 200 MB a second.
const LEVEL: i32 = 3;

/// Compresses with zstd.
///
/// # Errors
///
/// When there is no memory for it.
pub fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    zstd::stream::encode_all(content, LEVEL)
}

/// Unpacks at most `most` octets.
///
/// # Errors
///
/// When it was not compressed with zstd, is cut off, or is longer.
pub fn decompress(packed: &[u8], most: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = most as u64 + 1;
    zstd::stream::read::Decoder::new(packed)?.take(limit).read_to_end(&mut content)?;
    if content.len() > most {
        let text = format!("unpacks to more than {most} octets");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(content)
}
