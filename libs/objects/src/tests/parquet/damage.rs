//! Parquet files that are damaged, or made to do damage.

use super::super::sources::{Failing, ShortReads};
use super::crafted::{Struct, file, page};
use super::*;

/// Opens and reads an object that has an error somewhere.
fn error_of(object: &[u8], limits: Limits) -> ObjectError {
    match LineReader::open(Cursor::new(object), limits) {
        Ok(_) => read_to_error(object, limits).1,
        Err(error) => error,
    }
}

fn corruption(object: &[u8]) -> String {
    let error = error_of(object, Limits::default());
    let ObjectError::Corrupt { encoding: Encoding::Parquet, source, .. } = error else {
        panic!("{error}")
    };
    source.to_string()
}

#[test]
fn a_file_cut_anywhere_is_truncated() {
    let object = aws_table().write(properties());
    for length in 4..object.len() {
        let error = LineReader::open(Cursor::new(&object[..length]), SMALL).err().unwrap();
        assert!(matches!(error, ObjectError::Truncated { offset: 0, .. }), "{length}: {error}");
    }
}

#[test]
fn a_damaged_page_is_told_after_the_lines_before_it() {
    let table = table::of_many_rows(20_000);
    let compression = Compression::GZIP(Default::default());
    let properties =
        properties().set_max_row_group_row_count(Some(1000)).set_compression(compression);
    let mut object = table.write(properties);
    let middle = object.len() / 2;
    object[middle..middle + 200].fill(0xa5);
    let (text, error) = read_to_error(&object[..], Limits::default());
    assert!(matches!(error, ObjectError::Corrupt { offset, .. } if offset >= text.len() as u64));
    let lines = text.iter().filter(|octet| **octet == b'\n').count();
    assert!((5000..15_000).contains(&lines), "{lines}");
    assert!(table.text().as_bytes().starts_with(&text));
}

#[test]
fn a_failing_source_is_no_damage() {
    let object = aws_table().write(properties());
    let failing = Failing(&object[..20], std::io::ErrorKind::ConnectionReset);
    let error = open(failing, SMALL).err().unwrap();
    assert!(matches!(error, ObjectError::Read { .. }), "{error}");
}

#[test]
fn a_crafted_file_is_read_when_it_is_sound() {
    // A run of three values that are present, and the values.
    let values =
        page(3, &[b"\x02\0\0\0\x06\x01", &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0][..]].concat());
    assert_eq!(text_of(&file(3, 1, &values)), "srcport\n1\n2\n3\n");
}

#[test]
fn a_page_with_fewer_values_than_it_says_is_damaged() {
    let values = page(3, &[b"\x02\0\0\0\x06\x01", &[1, 0, 0, 0, 2, 0, 0, 0][..]].concat());
    assert_eq!(corruption(&file(3, 1, &values)), "a page has fewer values than it says");
    assert_eq!(
        corruption(&file(4, 1, &page(0, b"\0\0\0\0"))),
        "a column has fewer values than there are rows"
    );
}

#[test]
fn levels_beyond_their_page_are_damage() {
    let object = file(3, 1, &page(3, b"\xff\xff\xff\xff\x06\x01"));
    assert_eq!(corruption(&object), "a page is shorter than its levels");
}

#[test]
fn a_schema_that_claims_billions_of_columns_is_damage() {
    let object = file(3, i64::from(i32::MAX), &page(0, b""));
    assert_eq!(corruption(&object), "the footer makes no sense");
}

#[test]
fn deep_nesting_is_damage() {
    // An unknown field, and a struct in each struct.
    let footer = [&b"\x9c"[..], &b"\x1c".repeat(1_000_000)].concat();
    assert_eq!(corruption(&crafted::with_footer(b"", &footer)), "the footer makes no sense");
    let footer = [&b"\x99"[..], &b"\x19".repeat(1_000_000)].concat();
    assert_eq!(corruption(&crafted::with_footer(b"", &footer)), "the footer makes no sense");
}

#[test]
fn a_list_longer_than_the_footer_is_damage() {
    let footer = b"\x29\xfc\xff\xff\xff\xff\x07";
    assert_eq!(corruption(&crafted::with_footer(b"", footer)), "the footer makes no sense");
}

#[test]
fn a_footer_longer_than_the_file_is_damage() {
    let object = b"PAR1\x15\x00\x00\x00\x00\x10\x00\x00PAR1";
    assert_eq!(corruption(object), "the footer is longer than the file");
}

#[test]
fn a_dictionary_that_claims_billions_of_values_is_damage() {
    let header = Struct::new()
        .integer(1, 2)
        .integer(2, 8)
        .integer(3, 8)
        .nested(7, Struct::new().integer(1, i64::from(i32::MAX)).integer(2, 0));
    let object = file(1, 1, &[header.finish(), vec![0; 8]].concat());
    assert_eq!(corruption(&object), "a dictionary has fewer values than it says");
}

#[test]
fn a_page_that_claims_gigabytes_takes_no_memory() {
    for (length, packed) in [(i32::MAX, 4), (100 << 20, 4)] {
        let header = Struct::new()
            .integer(1, 0)
            .integer(2, length.into())
            .integer(3, packed)
            .nested(5, Struct::new().integer(1, 1).integer(2, 0).integer(3, 3));
        let error =
            error_of(&file(1, 1, &[header.finish(), vec![0; 4]].concat()), Limits::default());
        assert!(matches!(error, ObjectError::Ratio { .. }), "{error}");
    }
    let header = Struct::new()
        .integer(1, 0)
        .integer(2, 60 << 20)
        .integer(3, 4)
        .nested(5, Struct::new().integer(1, 1).integer(2, 0).integer(3, 3));
    let error = error_of(&file(1, 1, &[header.finish(), vec![0; 4]].concat()), Limits::default());
    let ObjectError::Memory { limit, .. } = error else { panic!("{error}") };
    assert_eq!(limit, 48 << 20);
}

#[test]
fn billions_of_rows_in_a_few_octets_are_stopped_by_their_ratio() {
    // One run of 2^31 - 1 absent values.
    let values = page(i64::from(i32::MAX), b"\x06\0\0\0\xfe\xff\xff\xff\x0f\x00");
    let (text, error) = read_to_error(&file(i64::MAX, 1, &values)[..], Limits::default());
    assert!(matches!(error, ObjectError::Ratio { limit: 1000 }), "{error}");
    assert!(text.len() as u64 <= Limits::RATIO_GRACE);
}

#[test]
fn differences_that_make_no_sense_are_damage() {
    for data in [
        &b""[..],
        // No miniblocks; more integers than values; widths above 64 bits; an endless header.
        b"\x80\x01\x00\x02\x00",
        b"\x80\x01\x04\xff\xff\xff\xff\x0f\x00",
        b"\x80\x01\x04\x02\x00\x00\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let levels = b"\x02\0\0\0\x04\x01";
        let object = file(2, 1, &crafted::page_in(5, 2, &[levels, data].concat()));
        let error = error_of(&object, Limits::default());
        assert!(matches!(error, ObjectError::Corrupt { .. }), "{error}");
    }
}

/// Files with all that a file may have.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
    ];
    let encodings = [Values::PLAIN, Values::DELTA_LENGTH_BYTE_ARRAY, Values::DELTA_BYTE_ARRAY];
    let codec = prop::sample::select(codecs.to_vec());
    let encoding = prop::sample::select(encodings.to_vec());
    (codec, encoding, any::<[bool; 2]>(), 1..200_u32).prop_map(
        |(codec, encoding, [has_dictionary, is_version_2], rows)| {
            let version = match is_version_2 {
                true => WriterVersion::PARQUET_2_0,
                false => WriterVersion::PARQUET_1_0,
            };
            let properties = properties()
                .set_compression(codec)
                .set_writer_version(version)
                .set_dictionary_enabled(has_dictionary)
                .set_column_encoding("account_id".into(), encoding)
                .set_column_encoding("interface_id".into(), encoding)
                .set_column_encoding("bytes".into(), Values::DELTA_BINARY_PACKED)
                .set_data_page_row_count_limit(50)
                .set_write_batch_size(50);
            table::of_many_rows(rows).write(properties)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn damaged_files_end_in_blocks_or_an_error(
        mut object in any_file(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        seed in any::<u64>(),
    ) {
        for (place, octet) in damage {
            let place = place.index(object.len());
            object[place] = octet;
        }
        let limits = Limits { max_text_length: 1 << 20, ..SMALL };
        let one = read_all(&object[..], limits);
        let other = read_all(ShortReads::new(&object, seed), limits);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn any_footer_ends_in_blocks_or_an_error(
        pages in prop::collection::vec(any::<u8>(), 0..100),
        footer in prop::collection::vec(prop_oneof![any::<u8>(), 0x15..0x1d_u8], 0..300),
    ) {
        read_all(&crafted::with_footer(&pages, &footer)[..], SMALL);
    }
}
