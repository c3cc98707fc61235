//! Tables to write.

use std::sync::Arc;

use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::{ByteArray, FixedLenByteArray};
use ::parquet::file::properties::WriterPropertiesBuilder;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

/// A value, which is what its column holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Absent,
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Float(f32),
    Double(f64),
    Text(&'a str),
    Fixed(&'a str),
}

/// Rows under a schema.
#[derive(Clone, Debug)]
pub(super) struct Table {
    schema: String,
    columns: Vec<Vec<Owned>>,
}

/// A [`Cell`] that lasts.
#[derive(Clone, Debug)]
enum Owned {
    Absent,
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Float(f32),
    Double(f64),
    Text(String),
    Fixed(String),
}

impl Table {
    pub(super) fn new(schema: &str) -> Self {
        let columns = parse_message_type(schema).unwrap().get_fields().len();
        Self { schema: schema.to_owned(), columns: vec![Vec::new(); columns] }
    }

    pub(super) fn row<const N: usize>(mut self, cells: [Cell<'_>; N]) -> Self {
        self.push(&cells);
        self
    }

    fn push(&mut self, cells: &[Cell<'_>]) {
        assert_eq!(cells.len(), self.columns.len());
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(match *cell {
                Cell::Absent => Owned::Absent,
                Cell::Bool(value) => Owned::Bool(value),
                Cell::Int32(value) => Owned::Int32(value),
                Cell::Int64(value) => Owned::Int64(value),
                Cell::Float(value) => Owned::Float(value),
                Cell::Double(value) => Owned::Double(value),
                Cell::Text(value) => Owned::Text(value.to_owned()),
                Cell::Fixed(value) => Owned::Fixed(value.to_owned()),
            });
        }
    }

    /// The text that a reader makes of the table, where no value needs encoding.
    pub(super) fn text(&self) -> String {
        let schema = parse_message_type(&self.schema).unwrap();
        let names: Vec<_> =
            schema.get_fields().iter().map(|field| field.name().replace('_', "-")).collect();
        let mut text = names.join(" ") + "\n";
        for row in 0..self.columns[0].len() {
            let words: Vec<_> = self.columns.iter().map(|column| column[row].word()).collect();
            text += &(words.join(" ") + "\n");
        }
        text
    }

    /// The table as a file. Rows go to groups of the properties' size.
    pub(super) fn write(&self, properties: WriterPropertiesBuilder) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(&self.schema).unwrap());
        let properties = Arc::new(properties.build());
        let rows = self.columns.first().map_or(0, Vec::len);
        let group = properties.max_row_group_row_count().unwrap_or(usize::MAX).min(rows.max(1));
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
        for start in (0..rows).step_by(group) {
            let rows = start..rows.min(start + group);
            let mut group = writer.next_row_group().unwrap();
            for column in &self.columns {
                let mut writer = group.next_column().unwrap().unwrap();
                write_column(writer.untyped(), &column[rows.clone()]);
                writer.close().unwrap();
            }
            group.close().unwrap();
        }
        writer.into_inner().unwrap()
    }
}

impl Owned {
    fn word(&self) -> String {
        match self {
            Self::Absent => "-".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int32(value) => value.to_string(),
            Self::Int64(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Text(value) | Self::Fixed(value) => value.clone(),
        }
    }
}

/// Writes the present values and where they are.
fn write_column(writer: &mut ColumnWriter<'_>, cells: &[Owned]) {
    let levels: Vec<i16> =
        cells.iter().map(|cell| i16::from(!matches!(cell, Owned::Absent))).collect();
    macro_rules! write {
        ($writer:expr, $kind:ident, $value:expr) => {{
            let value = $value;
            let values: Vec<_> = cells
                .iter()
                .filter_map(|cell| match cell {
                    Owned::$kind(cell) => Some(value(cell)),
                    _ => None,
                })
                .collect();
            let levels = Some(&levels[..]).filter(|_| $writer.get_descriptor().max_def_level() > 0);
            $writer.write_batch(&values, levels, None).unwrap();
        }};
    }
    match writer {
        ColumnWriter::BoolColumnWriter(writer) => write!(writer, Bool, |value: &bool| *value),
        ColumnWriter::Int32ColumnWriter(writer) => write!(writer, Int32, |value: &i32| *value),
        ColumnWriter::Int64ColumnWriter(writer) => write!(writer, Int64, |value: &i64| *value),
        ColumnWriter::FloatColumnWriter(writer) => write!(writer, Float, |value: &f32| *value),
        ColumnWriter::DoubleColumnWriter(writer) => write!(writer, Double, |value: &f64| *value),
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            write!(writer, Text, |value: &String| ByteArray::from(value.as_str()));
        }
        ColumnWriter::FixedLenByteArrayColumnWriter(writer) => {
            write!(writer, Fixed, |value: &String| FixedLenByteArray::from(
                value.clone().into_bytes()
            ));
        }
        ColumnWriter::Int96ColumnWriter(_) => panic!("no table has such values"),
    }
}

const SCHEMA: &str = "message flow {
    optional int32 srcport; required int32 protocol; optional int64 bytes; required int64 start;
    optional binary account_id (UTF8); required binary interface_id (UTF8); }";

/// Rows like those of a flow log.
pub(super) fn of_many_rows(count: u32) -> Table {
    let mut table = Table::new(SCHEMA);
    for number in 0..count {
        let noise = number.wrapping_mul(2_654_435_761);
        let is_present = !noise.is_multiple_of(7);
        let present = |cell| if is_present { cell } else { Cell::Absent };
        table.push(&[
            present(Cell::Int32((noise % 65_536) as i32)),
            Cell::Int32([6, 17, 1][number as usize % 3]),
            present(Cell::Int64(i64::from(noise) * 1000 - (1 << 40))),
            Cell::Int64(1_700_000_000 + i64::from(number)),
            present(Cell::Text(["123456789012", "210987654321"][number as usize % 2])),
            Cell::Text(&format!("eni-{noise:08x}")),
        ]);
    }
    table
}

/// Any values, few or many of which are equal or absent.
pub(super) fn any_table() -> impl Strategy<Value = Table> {
    let int32 = prop_oneof![0..3, any::<i32>()];
    let int64 = prop_oneof![0..3_i64, any::<i64>()];
    let text = prop_oneof!["[a-c]", "[!-~]{1,40}"];
    let optional = (int32.clone(), int64.clone(), text.clone());
    let row = (prop::array::uniform3(0..4_u8), optional, int32, int64, text);
    prop::collection::vec(row, 1..400).prop_map(|rows| {
        let mut table = Table::new(SCHEMA);
        for (absent, optional, protocol, start, interface) in &rows {
            let present = |index: usize, cell| if absent[index] == 0 { Cell::Absent } else { cell };
            table.push(&[
                present(0, Cell::Int32(optional.0)),
                Cell::Int32(*protocol),
                present(1, Cell::Int64(optional.1)),
                Cell::Int64(*start),
                present(2, Cell::Text(&optional.2)),
                Cell::Text(interface),
            ]);
        }
        table
    })
}
