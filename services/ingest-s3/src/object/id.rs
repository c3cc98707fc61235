//! What an object is called.

use bytes::Bytes;
use weir_delivery::RunId;
use weir_objects::EnvelopeBlock;
use xxhash_rust::xxh3::Xxh3;

/// An object with one content: bucket, key, and the version's id or the ETag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId {
    /// What a person calls it, and the place of its runs: `s3://bucket/key`.
    pub(crate) uri: String,
    /// Tells its content from others under the same key.
    pub(crate) version: String,
}

impl ObjectId {
    pub(crate) fn new(bucket: &str, key: &str, version: &str) -> Self {
        Self { uri: uri(bucket, key), version: version.to_owned() }
    }

    /// The id of the run that starts at `offset` of its text.
    pub(crate) fn run_id(&self, offset: u64) -> RunId {
        RunId::of_object(self.uri.as_bytes(), self.version.as_bytes(), offset)
    }

    /// The id of the run of a block of an object of documents.
    pub(crate) fn block_id(&self, block: &EnvelopeBlock) -> RunId {
        let version = block.version(self.version.as_bytes());
        RunId::of_object(self.uri.as_bytes(), &version, block.offset)
    }

    /// What stands for it in the memory of finished objects: keys are longer than members of sets
    /// may be.
    pub(crate) fn digest(&self) -> Bytes {
        let mut hasher = Xxh3::new();
        for part in [&self.uri, &self.version] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        Bytes::copy_from_slice(&hasher.digest128().to_be_bytes())
    }
}

/// What a person calls an object.
pub(crate) fn uri(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}
