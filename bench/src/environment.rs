//! A made-up AWS environment: inventory and flow logs, as `weir generate` writes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use tempfile::TempDir;
use weir_flowlog::LogFormat;
use weir_objects::{Limits, LineReader};

use crate::process;

/// It is gone when this is dropped.
pub(crate) struct Environment {
    folder: TempDir,
    /// Lines of the flow logs, headers not counted in.
    pub(crate) lines: u64,
}

/// What is read of `totals.json`.
#[derive(Deserialize)]
struct Totals {
    lines: u64,
}

/// Lines that one object holds side by side.
pub(crate) struct Block {
    /// The object's header line.
    pub(crate) header: Arc<str>,
    /// The fields that it names; one for all blocks of the object.
    pub(crate) format: Arc<LogFormat>,
    /// The lines with their ends.
    pub(crate) text: Vec<u8>,
}

impl Block {
    /// Its lines with their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split_inclusive(|octet| *octet == b'\n')
    }
}

impl Environment {
    /// Lets `weir generate` make it.
    pub(crate) fn generate(weir: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let out = folder.path().to_str().context("a temporary folder whose name is not text")?;
        process::run(weir, &[&["generate", "--out", out], arguments].concat())?;
        let totals = fs::read(folder.path().join("totals.json"))?;
        let Totals { lines } = serde_json::from_slice(&totals)?;
        Ok(Self { folder, lines })
    }

    /// The folder of the flow logs.
    pub(crate) fn flow_logs(&self) -> PathBuf {
        self.folder.path().join("AWSLogs")
    }

    /// The file of the inventory.
    pub(crate) fn inventory(&self) -> PathBuf {
        self.folder.path().join("inventory.json")
    }

    /// All objects, in order.
    pub(crate) fn objects(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut objects = Vec::new();
        collect(&self.flow_logs(), &mut objects)?;
        objects.sort_unstable();
        Ok(objects)
    }

    /// The lines of all objects, in blocks as a replay cuts them.
    pub(crate) fn blocks(&self) -> anyhow::Result<Vec<Block>> {
        let mut blocks = Vec::new();
        for object in self.objects()? {
            let mut reader = LineReader::open(File::open(object)?, Limits::default())?;
            let first = reader.first_line()?.context("an empty object")?;
            let header: Arc<str> = std::str::from_utf8(first)?.into();
            let format = Arc::new(LogFormat::parse(&header)?);
            reader.skip_line()?;
            while let Some(block) = reader.next_block()? {
                let (header, format) = (Arc::clone(&header), Arc::clone(&format));
                blocks.push(Block { header, format, text: block.text.to_vec() });
            }
        }
        Ok(blocks)
    }
}

fn collect(folder: &Path, objects: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, objects)?;
        } else {
            objects.push(path);
        }
    }
    Ok(())
}
