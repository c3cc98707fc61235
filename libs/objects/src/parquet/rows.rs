//! The rows of a file as lines.

use std::io::{Read, Seek};

use crate::failure::Failure;
use crate::limits::Limits;
use crate::source::Source;

use super::budget::Budget;
use super::column::{Column, Loader};
use super::file::File;
use super::footer::{ColumnKind, Footer, RowGroup};
use super::page::PageUnpacker;
use super::value::append_word;

/// Octets of lines that are made at once.
const STEP_LENGTH: usize = 64 * 1024;

/// A file's rows as lines, after a line with the names of the columns.
pub(crate) struct Rows<R> {
    loader: Loader<R>,
    kinds: Vec<ColumnKind>,
    /// The row groups to come.
    groups: std::vec::IntoIter<RowGroup>,
    columns: Vec<Column>,
    /// Rows of the present group to come.
    left: u64,
    /// Lines, of which `taken` octets were handed on.
    text: Vec<u8>,
    taken: usize,
    /// Octets of a line that are of use.
    max_line_length: usize,
    /// What stops the next step.
    failure: Option<Failure>,
}

impl<R: Read + Seek> Rows<R> {
    pub(crate) fn open(source: Source<R>, limits: &Limits) -> Result<Self, Failure> {
        let mut file = File::open(source)?;
        let Footer { columns: kinds, groups } = Footer::read(&mut file)?;
        let text = header_line(&kinds);
        let budget = Budget::new(file.length(), limits);
        let loader = Loader { file, budget, unpacker: PageUnpacker::default(), packed: Vec::new() };
        Ok(Self {
            loader,
            kinds,
            groups: groups.into_iter(),
            columns: Vec::new(),
            left: 0,
            text,
            taken: 0,
            max_line_length: limits.max_line_length.saturating_add(1),
            failure: None,
        })
    }

    /// Octets of the object.
    pub(crate) fn object_length(&self) -> u64 {
        self.loader.file.length()
    }

    /// Memory for use with another object.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.loader.file.into_memory()
    }

    /// Reads the next octets of text; 0 at the end. The lines before a failure come first.
    pub(crate) fn read(&mut self, output: &mut [u8]) -> Result<usize, Failure> {
        if self.taken == self.text.len() {
            self.step()?;
        }
        let ready = self.text.get(self.taken..).unwrap_or_default();
        let length = ready.len().min(output.len());
        output[..length].copy_from_slice(&ready[..length]);
        self.taken += length;
        Ok(length)
    }

    /// Makes the next lines; none at the end.
    fn step(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.text.clear();
        self.taken = 0;
        while self.text.len() < STEP_LENGTH && (self.left > 0 || self.open_group()) {
            let line = self.text.len();
            if let Err(failure) = self.append_line(line) {
                self.text.truncate(line);
                self.failure = Some(failure);
                break;
            }
        }
        match self.failure.take() {
            Some(failure) if self.text.is_empty() => Err(failure),
            failure => {
                self.failure = failure;
                Ok(())
            }
        }
    }

    /// Goes to the next row group that has rows. Tells whether there is one.
    fn open_group(&mut self) -> bool {
        let Some(group) = self.groups.by_ref().find(|group| group.rows > 0) else {
            return false;
        };
        for column in self.columns.drain(..) {
            column.close(&mut self.loader.budget);
        }
        self.columns.extend(group.chunks.into_iter().map(Column::new));
        self.left = group.rows;
        true
    }

    fn append_line(&mut self, start: usize) -> Result<(), Failure> {
        for (kind, column) in self.kinds.iter().zip(&mut self.columns) {
            column.append(kind, &mut self.loader, &mut self.text)?;
            self.text.push(b' ');
            // What is longer is left out anyway.
            self.text.truncate(start.saturating_add(self.max_line_length));
        }
        if self.text.last() == Some(&b' ') {
            self.text.pop();
        }
        self.text.push(b'\n');
        self.left -= 1;
        Ok(())
    }
}

/// The names of the columns as AWS's text logs have them: with hyphens for underscores, in small
/// letters.
fn header_line(kinds: &[ColumnKind]) -> Vec<u8> {
    let mut line = Vec::new();
    for kind in kinds {
        let start = line.len();
        append_word(&kind.name, &mut line);
        line[start..].make_ascii_lowercase();
        line[start..].iter_mut().filter(|octet| **octet == b'_').for_each(|octet| *octet = b'-');
        line.push(b' ');
    }
    line.pop();
    line.push(b'\n');
    line
}
