//! Apache Parquet (<https://parquet.apache.org/docs/file-format/>) as lines, for flat schemas.
//!
//! - `thrift`: the compact protocol that all metadata is written in;
//! - `footer`: columns, row groups, and where in the file they are;
//! - `file`: the file itself, read out of order;
//! - `page`: headers of pages, and their data unpacked;
//! - `hybrid`, `delta`, `values`: the encodings;
//! - `column`: the values of a column of a row group, in order;
//! - `value`: a value as text;
//! - `rows`: all of them as lines.
//!
//! This reads a file that anyone may have written, in a service that must not fall over it. So
//! every length is checked before memory is taken for it, pages count towards a budget, and
//! nothing recurses.

mod budget;
mod column;
mod delta;
mod file;
mod footer;
mod hybrid;
mod page;
mod rows;
mod thrift;
mod value;
mod values;

pub(crate) use rows::Rows;
