//! Parquet files as lines, written by the crate that most Rust programs write them with.

mod crafted;
mod damage;
mod table;

use std::io::Cursor;

use ::parquet::basic::{Compression, Encoding as Values};
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use proptest::prelude::*;

use self::table::{Cell, Table};
use super::*;
use crate::Encoding;

/// All text of an object that ends well.
fn text_of(object: &[u8]) -> String {
    let mut reader = LineReader::open(Cursor::new(object), Limits::default()).unwrap();
    assert_eq!(reader.encoding(), Encoding::Parquet);
    let (blocks, error) = drain(&mut reader);
    assert_eq!(error, None);
    String::from_utf8(concatenated(&blocks)).unwrap()
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

const AWS_SCHEMA: &str = "message flow {
    optional int32 version; optional binary account_id (UTF8); optional binary pkt_srcaddr (UTF8);
    optional int64 packets; optional int64 start; optional binary log_status (UTF8); }";

fn aws_table() -> Table {
    use Cell::{Absent, Int32, Int64, Text};
    Table::new(AWS_SCHEMA)
        .row([Int32(5), Text("123456789012"), Text("10.0.0.1"), Int64(9), Int64(1), Text("OK")])
        .row([Int32(5), Text("123456789012"), Absent, Absent, Int64(2), Text("NODATA")])
        .row([Int32(-1), Text("unknown"), Text("::1"), Int64(i64::MAX), Int64(i64::MIN), Absent])
}

#[test]
fn rows_are_lines_below_the_names_of_the_columns() {
    let expected = "version account-id pkt-srcaddr packets start log-status\n\
        5 123456789012 10.0.0.1 9 1 OK\n\
        5 123456789012 - - 2 NODATA\n\
        -1 unknown ::1 9223372036854775807 -9223372036854775808 -\n";
    assert_eq!(text_of(&aws_table().write(properties())), expected);
}

#[test]
fn the_first_line_is_the_header_and_offsets_are_those_of_the_text() {
    let object = aws_table().write(properties());
    let mut reader = LineReader::open(Cursor::new(object), SMALL).unwrap();
    let header = b"version account-id pkt-srcaddr packets start log-status";
    assert_eq!(reader.first_line().unwrap(), Some(&header[..]));
    reader.skip_line().unwrap();
    let block = reader.next_block().unwrap().unwrap();
    assert_eq!((block.offset, block.first_line), (header.len() as u64 + 1, 2));
}

#[test]
fn a_file_without_rows_is_a_header() {
    assert_eq!(
        text_of(&Table::new("message m { optional int32 srcport; }").write(properties())),
        "srcport\n"
    );
}

#[test]
fn a_source_that_cannot_seek_is_read_too() {
    let object = aws_table().write(properties());
    let (blocks, error) = read_all(&object[..], Limits::default());
    assert_eq!((concatenated(&blocks), error), (text_of(&object).into_bytes(), None));
}

#[test]
fn what_would_break_a_line_is_percent_encoded() {
    let table = Table::new("message m { required binary Instance_Tag (UTF8); optional int32 b; }")
        .row([Cell::Text("a b\n\r\t\0\x7f%20é"), Cell::Int32(1)])
        .row([Cell::Text(""), Cell::Int32(2)]);
    let expected = "instance-tag b\na%20b%0A%0D%09%00%7F%20é 1\n- 2\n";
    assert_eq!(text_of(&table.write(properties())), expected);
}

#[test]
fn columns_of_other_kinds_are_rendered_too() {
    let table = Table::new(
        "message m { required boolean a; optional boolean b; required float c; required double d;
         required fixed_len_byte_array(3) e; required int32 f (UINT_32); required int64 g (UINT_64); }",
    )
    .row([
        Cell::Bool(true),
        Cell::Bool(false),
        Cell::Float(1.5),
        Cell::Double(-0.25),
        Cell::Fixed("x y"),
        Cell::Int32(-1),
        Cell::Int64(-1),
    ])
    .row([
        Cell::Bool(false),
        Cell::Absent,
        Cell::Float(2.0),
        Cell::Double(1e300),
        Cell::Fixed("abc"),
        Cell::Int32(1),
        Cell::Int64(1),
    ]);
    let text = text_of(&table.write(properties()));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1], "true false 1.5 -0.25 x%20y 4294967295 18446744073709551615");
    assert!(lines[2].starts_with("false - 2 1000000"), "{}", lines[2]);
    assert!(lines[2].ends_with(" abc 1 1"), "{}", lines[2]);
}

#[test]
fn nested_columns_are_refused() {
    for schema in
        ["message m { required group a { required int32 b; } }", "message m { repeated int32 a; }"]
    {
        let object = Table::new(schema).write(properties());
        let error = LineReader::open(Cursor::new(object), SMALL).err().unwrap();
        let ObjectError::Unsupported { found } = error else { panic!("{error}") };
        assert_eq!(found, "a Parquet file with nested columns");
    }
}

#[test]
fn a_long_value_is_cut_with_its_line() {
    let long = "x".repeat(1_000_000);
    let table = Table::new("message m { required binary a (UTF8); required int32 b; }")
        .row([Cell::Text("a"), Cell::Int32(1)])
        .row([Cell::Text(&long), Cell::Int32(2)])
        .row([Cell::Text("c"), Cell::Int32(3)]);
    let object = table.write(properties());
    let (blocks, error) = read_all(&object[..], SMALL);
    let text = String::from_utf8(concatenated(&blocks)).unwrap();
    assert_eq!((text, error), (format!("a b\na 1\n{}\nc 3\n", &long[..101]), None));
}

#[test]
fn a_large_file_takes_the_memory_of_a_row_group() {
    let large = "x".repeat(1 << 20);
    let row = |table: Table, _| table.row([Cell::Text(&large)]);
    let table = (0..64).fold(Table::new("message m { required binary a (UTF8); }"), row);
    let properties =
        properties().set_max_row_group_row_count(Some(1)).set_dictionary_enabled(false);
    let object = table.write(properties);
    let (blocks, error) = read_all(&object[..], SMALL);
    let length = 2 + 64 * 102;
    assert_eq!((concatenated(&blocks).len(), error), (length, None));
}

#[test]
fn many_rows_in_many_groups_keep_their_order() {
    let table = table::of_many_rows(50_000);
    let object = table.write(
        properties().set_data_page_row_count_limit(1000).set_max_row_group_row_count(Some(7000)),
    );
    assert_eq!(text_of(&object), table.text());
}

#[test]
fn every_codec_is_read() {
    let table = table::of_many_rows(3000);
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let object =
                table.write(properties().set_compression(compression).set_writer_version(version));
            assert_eq!(text_of(&object), table.text(), "{compression} {version:?}");
        }
    }
}

#[test]
fn every_encoding_of_strings_and_integers_is_read() {
    let table = table::of_many_rows(3000);
    for encoding in [Values::PLAIN, Values::DELTA_LENGTH_BYTE_ARRAY, Values::DELTA_BYTE_ARRAY] {
        let mut properties = properties().set_dictionary_enabled(false);
        for column in ["account_id", "interface_id"] {
            properties = properties.set_column_encoding(column.into(), encoding);
        }
        for column in ["srcport", "bytes"] {
            properties = properties.set_column_encoding(column.into(), Values::DELTA_BINARY_PACKED);
        }
        let object = table.write(properties.set_data_page_row_count_limit(100));
        assert_eq!(text_of(&object), table.text(), "{encoding}");
    }
}

#[test]
fn encodings_that_no_flow_log_has_are_named() {
    let properties = properties()
        .set_dictionary_enabled(false)
        .set_column_encoding("bytes".into(), Values::BYTE_STREAM_SPLIT);
    let object = table::of_many_rows(10).write(properties);
    let (_, error) = read_to_error(&object[..], SMALL);
    let ObjectError::Unsupported { found } = error else { panic!("{error}") };
    assert_eq!(found, "a Parquet file with split byte streams");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_table_is_read_as_it_was_written(
        table in table::any_table(),
        page_rows in 1..50_usize,
        group_rows in 1..200_usize,
        has_dictionary in any::<bool>(),
        is_version_2 in any::<bool>(),
        is_packed in any::<bool>(),
    ) {
        let version = match is_version_2 {
            true => WriterVersion::PARQUET_2_0,
            false => WriterVersion::PARQUET_1_0,
        };
        let compression = match is_packed {
            true => Compression::GZIP(Default::default()),
            false => Compression::UNCOMPRESSED,
        };
        let properties = properties()
            .set_data_page_row_count_limit(page_rows)
            .set_write_batch_size(page_rows)
            .set_max_row_group_row_count(Some(group_rows))
            .set_dictionary_enabled(has_dictionary)
            .set_writer_version(version)
            .set_compression(compression);
        prop_assert_eq!(text_of(&table.write(properties)), table.text());
    }
}
