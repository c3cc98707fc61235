//! Where blocks are cut.

use proptest::prelude::*;

use super::sources::ShortReads;
use super::*;

#[test]
fn a_block_ends_at_the_first_line_end_at_its_length() {
    let limits = Limits { block_length: 4, ..SMALL };
    let (blocks, error) = read_all(&b"ab\ncdefg\nh\nij\nk"[..], limits);
    let expected = [(&b"ab\ncdefg\n"[..], 0, 1), (b"h\nij\n", 9, 3), (b"k", 14, 5)];
    let expected = expected.map(|(text, offset, first_line)| OwnedBlock {
        text: text.to_vec(),
        offset,
        first_line,
    });
    assert_eq!((blocks, error), (expected.to_vec(), None));
}

#[test]
fn a_line_end_right_at_the_block_length_cuts_there() {
    let limits = Limits { block_length: 3, ..SMALL };
    let (blocks, _) = read_all(&b"ab\ncd\n"[..], limits);
    assert_eq!(blocks.len(), 2);
}

#[test]
fn an_empty_object_has_no_line_and_no_block() {
    let mut reader = open(&b""[..], SMALL).unwrap();
    assert_eq!(reader.first_line().unwrap(), None);
    reader.skip_line().unwrap();
    assert_eq!(reader.next_block().unwrap(), None);
    assert_eq!(read_all(&gzip(b"")[..], SMALL), (vec![], None));
    assert_eq!(read_all(&zstd(b"")[..], SMALL), (vec![], None));
}

#[test]
fn the_first_line_is_seen_without_being_taken() {
    let mut reader = open(&b"version status\r\n2 OK\r\n"[..], SMALL).unwrap();
    assert_eq!(reader.first_line().unwrap(), Some(&b"version status"[..]));
    assert_eq!(reader.first_line().unwrap(), Some(&b"version status"[..]));
    let block = reader.next_block().unwrap().unwrap();
    assert_eq!((block.text.len(), block.offset, block.first_line), (22, 0, 1));
}

#[test]
fn a_skipped_header_still_counts_in_offsets_and_line_numbers() {
    let mut reader = open(&b"version status\r\n2 OK\r\n"[..], SMALL).unwrap();
    reader.skip_line().unwrap();
    let block = reader.next_block().unwrap().unwrap();
    assert_eq!((block.text, block.offset, block.first_line), (&b"2 OK\r\n"[..], 16, 2));
}

#[test]
fn a_header_without_an_end_is_all_there_is() {
    let mut reader = open(&b"version status"[..], SMALL).unwrap();
    assert_eq!(reader.first_line().unwrap(), Some(&b"version status"[..]));
    reader.skip_line().unwrap();
    assert_eq!(reader.first_line().unwrap(), None);
    assert_eq!(reader.next_block().unwrap(), None);
}

#[test]
fn an_empty_first_line_is_a_line() {
    let mut reader = open(&b"\na\n"[..], SMALL).unwrap();
    assert_eq!(reader.first_line().unwrap(), Some(&b""[..]));
}

#[test]
fn a_large_text_comes_in_blocks_of_the_default_length() {
    let text = lines(100_000);
    let (blocks, error) = read_all(&gzip(&text)[..], Limits::default());
    assert_eq!(error, None);
    assert_eq!(concatenated(&blocks), text);
    let (_, whole) = blocks.split_last().unwrap();
    for block in whole {
        let length = block.text.len();
        assert!((256 * 1024..256 * 1024 + 64).contains(&length), "{length}");
    }
}

/// Lines of which some are near or above the limit of [`SMALL`].
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![8 => 0..40_usize, 1 => 95..105_usize, 1 => 150..400_usize];
    let line = (length, "[a-z]").prop_map(|(length, letter)| letter.repeat(length));
    (prop::collection::vec(line, 0..60), any::<bool>()).prop_map(|(lines, is_ended)| {
        let end = if is_ended && !lines.is_empty() { "\n" } else { "" };
        (lines.join("\n") + end).into_bytes()
    })
}

/// What the blocks of `text` are by their definition, computed on the whole text.
fn expected_blocks(text: &[u8], limits: Limits) -> Vec<OwnedBlock> {
    let mut blocks: Vec<OwnedBlock> = Vec::new();
    let (mut offset, mut is_full) = (0, true);
    for (line, number) in text.split_inclusive(|octet| *octet == b'\n').zip(1..) {
        if is_full {
            blocks.push(OwnedBlock { text: Vec::new(), offset, first_line: number });
        }
        let block = blocks.last_mut().unwrap();
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        block.text.extend(content.iter().take(limits.max_line_length + 1));
        block.text.extend(&line[content.len()..]);
        is_full = block.text.len() >= limits.block_length;
        offset += line.len() as u64;
    }
    blocks
}

proptest! {
    #[test]
    fn blocks_follow_from_the_text_alone(
        text in any_text(),
        seed in any::<u64>(),
        block_length in 0..200_usize,
        packing in 0..4,
    ) {
        let limits = Limits { block_length, ..SMALL };
        let object = match packing {
            0 => text.clone(),
            1 => gzip(&text),
            // Not unpacked whole.
            2 => [gzip(&text), gzip(b"")].concat(),
            _ => zstd(&text),
        };
        let (blocks, error) = read_all(ShortReads::new(&object, seed), limits);
        prop_assert_eq!(error, None);
        prop_assert_eq!(blocks, expected_blocks(&text, limits));
    }

    #[test]
    fn the_blocks_of_damaged_objects_do_not_depend_on_the_reads(
        count in 1..3000_u32,
        seeds in prop::array::uniform2(any::<u64>()),
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
        is_cut in any::<bool>(),
        is_zstd in any::<bool>(),
    ) {
        let text = lines(count);
        let mut object = if is_zstd { zstd(&text) } else { gzip(&text) };
        let place = place.index(object.len());
        object[place] = value;
        object.truncate(if is_cut { place } else { object.len() });
        let [one, other] = seeds.map(|seed| read_all(ShortReads::new(&object, seed), SMALL));
        prop_assert_eq!(one, other);
    }
}
