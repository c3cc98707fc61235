//! Objects of Parquet.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, GzipLevel, LogicalType, Repetition, Type};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type as SchemaType, TypePtr};
use weir_flowlog::{Field, FieldKind};

use super::object_file::Sizes;
use super::text::push_address;
use super::text_object::GZIP_LEVEL;
use super::value::Value;

/// Records that fill a row group, give or take a batch: what is held in memory.
const ROW_GROUP: usize = 8_192;

/// A file of optional columns, named with underscores.
pub(super) struct ParquetObject {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    records: usize,
    unpacked: u64,
}

/// The values of one field in the current row group.
struct Column {
    field: Field,
    /// 1 for each value, 0 for each null.
    definition_levels: Vec<i16>,
    values: Values,
}

/// Values that are not null, in the type that AWS gives the field
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>).
enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    /// The values one after the other, and where each ends.
    String {
        text: Vec<u8>,
        ends: Vec<usize>,
    },
}

impl ParquetObject {
    pub(super) fn new(file: File, fields: &[Field]) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::try_new(GZIP_LEVEL)?))
            .set_created_by("weir generate".to_owned())
            .build();
        let writer = SerializedFileWriter::new(file, schema(fields)?, Arc::new(properties))?;
        let columns = fields.iter().map(|&field| Column::new(field)).collect();
        Ok(Self { writer, columns, records: 0, unpacked: 0 })
    }

    pub(super) fn record<'v>(&mut self, value_of: impl Fn(Field) -> Value<'v>) {
        for column in &mut self.columns {
            column.push(value_of(column.field));
        }
        self.records += 1;
    }

    /// Writes a row group when there are records for one.
    pub(super) fn end_batch(&mut self) -> Result<()> {
        if self.records < ROW_GROUP { Ok(()) } else { self.write_row_group() }
    }

    fn write_row_group(&mut self) -> Result<()> {
        let mut row_group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            if let Some(mut writer) = row_group.next_column()? {
                column.write(&mut writer)?;
                writer.close()?;
            }
        }
        self.unpacked += row_group.close()?.total_byte_size() as u64;
        self.records = 0;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Sizes> {
        if self.records > 0 {
            self.write_row_group()?;
        }
        let packed = self.writer.into_inner()?.metadata()?.len();
        Ok(Sizes { packed, unpacked: self.unpacked })
    }
}

fn schema(fields: &[Field]) -> Result<TypePtr> {
    let columns = fields.iter().map(|&field| column_type(field)).collect::<Result<_>>()?;
    SchemaType::group_type_builder("vpc_flow_log").with_fields(columns).build().map(Arc::new)
}

fn column_type(field: Field) -> Result<TypePtr> {
    let name = field.name().replace('-', "_");
    let of_type = |physical| {
        SchemaType::primitive_type_builder(&name, physical).with_repetition(Repetition::OPTIONAL)
    };
    let column = match Values::of(field) {
        Values::Int32(_) => of_type(Type::INT32),
        Values::Int64(_) => of_type(Type::INT64),
        Values::String { .. } => of_type(Type::BYTE_ARRAY)
            .with_converted_type(ConvertedType::UTF8)
            .with_logical_type(Some(LogicalType::String)),
    };
    column.build().map(Arc::new)
}

impl Column {
    fn new(field: Field) -> Self {
        Self { field, definition_levels: Vec::new(), values: Values::of(field) }
    }

    fn push(&mut self, value: Value<'_>) {
        self.definition_levels.push(i16::from(value != Value::Absent));
        match (&mut self.values, value) {
            (_, Value::Absent) => {}
            // Numbers of INT32 columns have 16 bits at most, and none reaches 2^63.
            (Values::Int32(values), Value::Number(number)) => values.push(number as i32),
            (Values::Int64(values), Value::Number(number)) => values.push(number as i64),
            (Values::String { text, ends }, Value::Text(value)) => {
                text.extend_from_slice(value.as_bytes());
                ends.push(text.len());
            }
            (Values::String { text, ends }, Value::Address(address)) => {
                push_address(text, address);
                ends.push(text.len());
            }
            (_, Value::Number(_) | Value::Text(_) | Value::Address(_)) => {
                unreachable!("a value of another type than its field {}", self.field.name())
            }
        }
    }

    /// Writes the values and forgets them.
    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let levels = Some(&self.definition_levels[..]);
        match &mut self.values {
            Values::Int32(values) => {
                writer.typed::<Int32Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Int64(values) => {
                writer.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::String { text, ends } => {
                let values = slices(std::mem::take(text), ends);
                writer.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
                ends.clear();
            }
        }
        self.definition_levels.clear();
        Ok(())
    }
}

/// The values up to each of `ends`, which share one allocation.
fn slices(text: Vec<u8>, ends: &[usize]) -> Vec<ByteArray> {
    let text = ByteArray::from(text);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| text.slice(start, end - start)).collect()
}

impl Values {
    fn of(field: Field) -> Self {
        match field.kind() {
            FieldKind::Number { max } if max <= u16::MAX.into() => Values::Int32(Vec::new()),
            FieldKind::Number { .. } => Values::Int64(Vec::new()),
            _ => Values::String { text: Vec::new(), ends: Vec::new() },
        }
    }
}
