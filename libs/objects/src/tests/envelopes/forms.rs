//! What Firehose writes, by its settings.

use super::*;

/// Two batches of one interface, a probe, and one of another.
fn batches() -> [Vec<u8>; 4] {
    [batch("eni-1-all", 0..3), probe(), batch("eni-1-all", 3..5), batch("eni-2-all", 5..9)]
}

#[test]
fn batches_are_read_as_firehose_writes_them() {
    let all = batches();
    let packed: Vec<u8> = all.iter().flat_map(|batch| gzip(batch)).collect();
    let forms = [
        // As they came, with and without Firehose's own compression.
        packed.clone(),
        gzip(&packed),
        // Compressed piece by piece.
        [
            gzip(&gzip(&all[0])),
            gzip(&[gzip(&all[1]), gzip(&all[2])].concat()),
            gzip(&gzip(&all[3])),
        ]
        .concat(),
        // Decompressed by Firehose, without and with new lines, and compressed then.
        all.concat(),
        all.join(&b"\n"[..]),
        gzip(&all.concat()),
        [gzip(&all[..2].concat()), gzip(&all[2..].join(&b"\n"[..]))].concat(),
    ];
    for (number, form) in forms.iter().enumerate() {
        let reading = read(form);
        assert!(reading.end.is_none(), "{number}: {reading:?}");
        assert_eq!(reading.text(), lines(0..9), "{number}");
        let expected = EventTally { events: 9, control: 1, ..EventTally::default() };
        assert_eq!(reading.tally, expected, "{number}");
        let streams = reading.blocks.iter().map(|block| {
            let stream = block.stream.as_ref().unwrap();
            assert_eq!(
                (stream.owner.as_str(), stream.log_group.as_str()),
                ("123456789012", "/flows")
            );
            (stream.log_stream.as_str(), block.first_line)
        });
        assert_eq!(streams.collect::<Vec<_>>(), [("eni-1-all", 1), ("eni-2-all", 6)], "{number}");
    }
}

#[test]
fn messages_by_themselves_are_blocks_of_the_usual_length() {
    let all: Vec<_> = (0..100).map(message).collect();
    for object in [all.concat(), all.join(&b"\n"[..]), gzip(&all.concat())] {
        let reading = read(&object);
        assert!(reading.end.is_none(), "{:?}", reading.end);
        assert_eq!(reading.text(), lines(0..100));
        let (last, whole) = reading.blocks.split_last().unwrap();
        assert!(whole.iter().all(|block| (64..69).contains(&block.text.len())));
        assert!(reading.blocks.iter().all(|block| block.stream.is_none()));
        let before = lines(0..100).len() - last.text.len();
        let first = lines(0..100)[..before].lines().count() as u64 + 1;
        assert_eq!(last.first_line, first);
        // Each starts where its first document does.
        let text = all.concat();
        if object == text {
            let starts = |block: &EnvelopeBlock| text[block.offset as usize..].starts_with(b"{\"m");
            assert!(reading.blocks.iter().all(starts));
        }
    }
}

#[test]
fn extracted_messages_are_text() {
    for object in [lines(0..9).into_bytes(), gzip(lines(0..9).as_bytes())] {
        let opened = ObjectReader::open_with(Stream(&object[..]), SMALL, Buffers::new());
        let Ok(ObjectReader::Lines(mut reader)) = opened else { panic!("no lines") };
        assert_eq!(reader.next_block().unwrap().unwrap().text, lines(0..9).as_bytes());
    }
}

#[test]
fn deliveries_are_read_with_what_is_packed_in_them() {
    let [one, probe, two, three] = batches();
    let object = [
        delivery(&[&gzip(&one), &probe, &[gzip(&two), gzip(&three)].concat()]),
        delivery(&[&message(9), &message(10)]),
        delivery(&[b"2 11\n2 12", b"2 13\n"]),
    ];
    for object in [object.concat(), gzip(&object.join(&b"\n"[..]))] {
        let reading = read(&object);
        assert!(reading.end.is_none(), "{:?}", reading.end);
        assert_eq!(reading.text(), lines(0..14));
        assert_eq!(reading.places().len(), reading.blocks.len());
    }
}

#[test]
fn a_long_batch_is_cut_at_line_ends_with_their_numbers() {
    let object = [batch("eni-1-all", 0..5), batch("eni-2-all", 5..200)].concat();
    let reading = read(&object);
    let mut next = 1;
    for block in &reading.blocks {
        assert_eq!(block.first_line, next);
        next += block.text.iter().filter(|octet| **octet == b'\n').count() as u64;
    }
    assert_eq!((next, reading.text()), (201, lines(0..200)));
    assert_eq!(reading.places().len(), reading.blocks.len());
}

#[test]
fn a_gzip_object_within_gzip_is_read_whatever_its_size() {
    let text = super::super::lines(400_000);
    let (blocks, error) = super::super::read_all(&gzip(&gzip(&text))[..], Limits::default());
    assert_eq!(error, None);
    assert!(super::super::concatenated(&blocks) == text);
}

#[test]
fn an_object_of_any_size_takes_the_memory_of_its_largest_document() {
    let documents = |count: u32| -> Vec<u8> {
        let batch = |number: u32| {
            let log_stream = format!("eni-{number:x}-all");
            gzip(&batch(&log_stream, number * 500..(number + 1) * 500))
        };
        (0..count).flat_map(batch).collect()
    };
    let (few, many) = (documents(200), documents(2000));
    for object in [&few, &many] {
        let limits = Limits::default();
        let mut reader = envelopes(&object[..], limits);
        let mut octets = 0;
        while let Some(block) = reader.next_block(&one_format()).unwrap() {
            octets += block.text.len();
        }
        let count = if object.len() == few.len() { 200 } else { 2000 };
        assert_eq!(octets, lines(0..count * 500).len());
        assert!(reader.memory() <= 1 << 20, "{}", reader.memory());
    }
}
