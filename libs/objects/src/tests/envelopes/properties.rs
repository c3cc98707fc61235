//! Any batches, cut anywhere; any octets.

use proptest::prelude::*;

use super::super::sources::ShortReads;
use super::*;
use crate::{Content, Unwrapper, Unwrapping};

/// How documents begin.
const STARTS: &[&[u8]] =
    &[b"{", b"{\"message\":\"", b"{\"records\":[{\"data\":\"", b"{\"logEvents\":["];

/// A document of some kind, with its lines.
fn any_document() -> impl Strategy<Value = (Vec<u8>, String)> {
    let text = "[ -~é]{0,30}";
    let batch = (0..3_u8, prop::collection::vec(text, 0..6)).prop_map(|(stream, lines)| {
        let events = lines.iter().map(|line| (String::new(), line.clone()));
        let document = batch_of(&format!("eni-{stream}-all"), events);
        (document, lines.iter().map(|line| format!("{line}\n")).collect())
    });
    let message = text.prop_map(|line| {
        (json!({ "message": line }).to_string().into_bytes(), format!("{line}\n"))
    });
    let probe = Just((probe(), String::new()));
    prop_oneof![4 => batch, 3 => message, 1 => probe]
}

/// The lines of what is in memory, read at once.
fn unwrapped(text: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut unwrapper = Unwrapper::new();
    unwrapper.begin(1 << 20);
    let end = unwrapper.unwrap::<()>(text, &mut |_, content| {
        match content {
            Content::Batch(batch) => lines.extend_from_slice(batch.lines),
            Content::Lines(more) => lines.extend_from_slice(more),
            Content::Control => {}
        }
        Ok(())
    });
    assert!(!matches!(end, Err(Unwrapping::Stopped(()))));
    lines
}

proptest! {
    #[test]
    fn blocks_follow_from_the_documents_alone(
        documents in prop::collection::vec(any_document(), 1..12),
        seeds in prop::array::uniform2(any::<u64>()),
        block_length in 0..200_usize,
        members in 1..5_usize,
        between in "[ \\n]{0,2}",
    ) {
        let limits = Limits { block_length, ..SMALL };
        let expected: String = documents.iter().map(|(_, lines)| lines.as_str()).collect();
        let texts: Vec<_> = documents.into_iter().map(|(document, _)| document).collect();
        let text = texts.join(between.as_bytes());
        // Members end anywhere, also within a document.
        let packed: Vec<u8> =
            text.chunks(text.len().div_ceil(members)).flat_map(gzip).collect();
        let plain = read_with(&text[..], limits, &one_format());
        prop_assert!(plain.end.is_none(), "{:?}", plain.end);
        prop_assert_eq!(plain.text(), expected);
        prop_assert_eq!(plain.text().into_bytes(), unwrapped(&text));
        prop_assert_eq!(plain.places().len(), plain.blocks.len());
        for (object, seed) in [(&text, seeds[0]), (&packed, seeds[1]), (&gzip(&packed), seeds[0])] {
            let other = read_with(ShortReads::new(object, seed), limits, &one_format());
            prop_assert!(other.end.is_none(), "{:?}", other.end);
            prop_assert_eq!(&other.blocks, &plain.blocks);
            prop_assert_eq!(other.tally, plain.tally);
        }
    }

    #[test]
    fn what_is_read_of_a_damaged_object_does_not_depend_on_the_reads(
        documents in prop::collection::vec(any_document(), 1..12),
        seeds in prop::array::uniform2(any::<u64>()),
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
        packing in 0..3_usize,
    ) {
        let text: Vec<u8> = documents.into_iter().flat_map(|(document, _)| document).collect();
        let mut object = match packing {
            0 => text,
            1 => gzip(&text),
            _ => gzip(&gzip(&text)),
        };
        let place = place.index(object.len());
        object[place] = value;
        let readings = seeds.map(|seed| {
            let source = Stream(ShortReads::new(&object, seed));
            match ObjectReader::open_with(source, SMALL, Buffers::new()) {
                Ok(ObjectReader::Envelopes(_)) => {
                    let reading = read_with(ShortReads::new(&object, seed), SMALL, &one_format());
                    (reading.blocks, reading.end.map(|error| told(&error)))
                }
                // It seems to be something else now.
                Ok(ObjectReader::Lines(_)) => (Vec::new(), None),
                Err(error) => (Vec::new(), Some(told(&error))),
            }
        });
        prop_assert_eq!(&readings[0], &readings[1]);
    }

    #[test]
    fn any_octets_end_in_blocks_or_an_error(
        start in prop::sample::select(STARTS),
        noise in prop::collection::vec(any::<u8>(), 0..2000),
        is_packed in any::<bool>(),
    ) {
        let object = [start, &noise].concat();
        let object = if is_packed { gzip(&gzip(&object)) } else { object };
        let reading = read(&object);
        let octets: usize = reading.blocks.iter().map(|block| block.text.len()).sum();
        prop_assert!(octets <= 2100, "{}", octets);
    }
}
