//! The file of one object, in either form.

use std::fs::File;
use std::ops::AddAssign;

use weir_flowlog::Field;

use super::parquet_object::ParquetObject;
use super::text_object::TextObject;
use super::value::Value;

/// How objects hold their records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ObjectForm {
    /// Gzip-compressed text.
    #[default]
    Text,
    /// Parquet with gzip-compressed pages.
    Parquet,
}

/// What an object takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Bytes of the file.
    pub(super) packed: u64,
    /// Bytes without compression: the text, or Parquet's pages.
    pub(super) unpacked: u64,
}

/// An object that is being written.
pub(super) enum ObjectFile<'a> {
    Text(TextObject<'a>),
    Parquet(ParquetObject),
}

impl ObjectForm {
    /// How the objects' names end.
    pub(super) fn extension(self) -> &'static str {
        match self {
            ObjectForm::Text => "log.gz",
            ObjectForm::Parquet => "log.parquet",
        }
    }

    /// Begins an object of `columns` in `file`.
    pub(super) fn begin(self, file: File, columns: &[Field]) -> anyhow::Result<ObjectFile<'_>> {
        Ok(match self {
            ObjectForm::Text => ObjectFile::Text(TextObject::new(file, columns)),
            ObjectForm::Parquet => ObjectFile::Parquet(ParquetObject::new(file, columns)?),
        })
    }
}

impl ObjectFile<'_> {
    /// Adds a record.
    pub(super) fn record<'v>(&mut self, value_of: impl Fn(Field) -> Value<'v>) {
        match self {
            ObjectFile::Text(object) => object.record(value_of),
            ObjectFile::Parquet(object) => object.record(value_of),
        }
    }

    /// Lets go of the records so far, which keeps memory bounded.
    pub(super) fn end_batch(&mut self) -> anyhow::Result<()> {
        match self {
            ObjectFile::Text(object) => Ok(object.flush()?),
            ObjectFile::Parquet(object) => Ok(object.end_batch()?),
        }
    }

    /// Completes the file.
    pub(super) fn finish(self) -> anyhow::Result<Sizes> {
        match self {
            ObjectFile::Text(object) => Ok(object.finish()?),
            ObjectFile::Parquet(object) => Ok(object.finish()?),
        }
    }
}

impl AddAssign for Sizes {
    fn add_assign(&mut self, other: Self) {
        self.packed += other.packed;
        self.unpacked += other.unpacked;
    }
}
