//! Flow logs as Parquet, written from their text form.

use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, GzipLevel, Repetition, Type};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type as SchemaType, TypePtr};
use weir_flowlog::{Field, FieldKind};

/// The Parquet form of a log with a header line: optional columns, named with underscores, in
/// AWS's types (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>); `-` is
/// null.
pub(crate) fn of_text(text: &str) -> Vec<u8> {
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let (names, rows) = rows.split_first().unwrap();
    let columns: Vec<_> = names.iter().map(|name| column_type(name)).collect();
    let schema = SchemaType::group_type_builder("flow_log").with_fields(columns).build().unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .build();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for at in 0..names.len() {
        let values: Vec<&str> = rows.iter().map(|row| row[at]).collect();
        let mut column = group.next_column().unwrap().unwrap();
        write_column(&mut column, physical_type(names[at]), &values);
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

fn column_type(name: &str) -> TypePtr {
    let (column, physical) = (name.replace('-', "_"), physical_type(name));
    let builder =
        SchemaType::primitive_type_builder(&column, physical).with_repetition(Repetition::OPTIONAL);
    let is_text = physical == Type::BYTE_ARRAY;
    let builder = if is_text { builder.with_converted_type(ConvertedType::UTF8) } else { builder };
    Arc::new(builder.build().unwrap())
}

fn physical_type(name: &str) -> Type {
    match Field::from_name(name.as_bytes()).unwrap().kind() {
        FieldKind::Number { max } if max <= u16::MAX.into() => Type::INT32,
        FieldKind::Number { .. } => Type::INT64,
        _ => Type::BYTE_ARRAY,
    }
}

fn write_column(column: &mut SerializedColumnWriter<'_>, physical: Type, values: &[&str]) {
    match physical {
        Type::INT32 => write::<Int32Type>(column, values, |text| text.parse().unwrap()),
        Type::INT64 => write::<Int64Type>(column, values, |text| text.parse().unwrap()),
        _ => write::<ByteArrayType>(column, values, |text| ByteArray::from(text)),
    }
}

fn write<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: &[&str],
    value_of: impl Fn(&str) -> T::T,
) {
    let levels: Vec<i16> = values.iter().map(|text| i16::from(*text != "-")).collect();
    let present = values.iter().filter(|text| **text != "-");
    let present: Vec<T::T> = present.map(|text| value_of(text)).collect();
    column.typed::<T>().write_batch(&present, Some(&levels), None).unwrap();
}
