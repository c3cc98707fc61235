//! Flow log lines as they stand in the input, read without weir's parser.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

/// A line with the names of its fields.
#[derive(Clone, Debug)]
pub struct FlowLine {
    /// The file that it stands in.
    pub file: PathBuf,
    names: Arc<[String]>,
    values: Vec<String>,
}

impl FlowLine {
    /// All lines of the gzip files under `folder`, each with a header line.
    ///
    /// # Panics
    /// When a file cannot be read or a line has not as many values as the header.
    pub fn read_folder(folder: &Path) -> Vec<Self> {
        gzip_files(folder).iter().flat_map(|file| Self::read_file(file)).collect()
    }

    /// The lines of one gzip file with a header line.
    ///
    /// # Panics
    /// As [`FlowLine::read_folder`].
    pub fn read_file(file: &Path) -> Vec<Self> {
        let mut text = String::new();
        let opened = File::open(file).expect("the file can be opened");
        MultiGzDecoder::new(opened).read_to_string(&mut text).expect("the file is gzip");
        let mut lines = text.lines();
        let header = lines.next().expect("there is a header line");
        let names: Arc<[String]> = header.split(' ').map(str::to_owned).collect();
        let line = |line: &str| {
            let values: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(values.len(), names.len(), "{line}");
            Self { file: file.to_owned(), names: Arc::clone(&names), values }
        };
        lines.map(line).collect()
    }

    /// The value of a field; `None` when it is `-` or the log does not have the field.
    pub fn get(&self, field: &str) -> Option<&str> {
        let position = self.names.iter().position(|name| name == field)?;
        self.values.get(position).map(String::as_str).filter(|value| *value != "-")
    }

    /// The value of a number field.
    ///
    /// # Panics
    /// When it is no number.
    pub fn number(&self, field: &str) -> Option<u64> {
        self.get(field).map(|text| text.parse().expect("a number"))
    }

    /// The value of an address field.
    ///
    /// # Panics
    /// When it is no address.
    pub fn address(&self, field: &str) -> Option<IpAddr> {
        self.get(field).map(|text| text.parse().expect("an address"))
    }

    /// Whether the line tells of a flow.
    pub fn is_flow(&self) -> bool {
        self.get("log-status").is_none_or(|status| status == "OK")
    }
}

fn gzip_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort_unstable();
    let files = paths
        .into_iter()
        .flat_map(|path| if path.is_dir() { gzip_files(&path) } else { vec![path] });
    files.collect()
}
