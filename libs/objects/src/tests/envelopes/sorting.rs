//! Which lines are left out, and whose formats lines have.

use super::*;

/// Formats by log stream.
struct ByStream(Vec<(&'static str, Vec<Arc<FlowLogFormat>>)>);

impl EnvelopeFormats for ByStream {
    fn of_batch(&self, batch: &Batch<'_>) -> Formats {
        let found = self.0.iter().find(|(name, _)| *name == batch.log_stream);
        found.map(|(_, formats)| formats.as_slice().into()).unwrap()
    }

    fn of_lines(&self) -> Arc<FlowLogFormat> {
        Arc::clone(&self.0[0].1[0])
    }
}

#[test]
fn an_event_that_comes_in_two_documents_is_read_once() {
    let object = [batch("eni-1-all", 0..5), batch("eni-1-all", 3..8), batch("eni-1-all", 0..1)];
    let reading = read(&object.concat());
    assert_eq!(reading.text(), lines(0..8));
    assert_eq!((reading.tally.events, reading.tally.duplicates), (11, 3));
    // The window is of this length, and of this object.
    let short = Limits { remembered_events: 2, ..SMALL };
    let reading = read_with(&object.concat()[..], short, &one_format());
    assert_eq!(reading.tally.duplicates, 2);
    assert_eq!(read(&object[0]).tally.duplicates, 0);
}

#[test]
fn a_second_reading_has_the_same_places_and_none_twice() {
    let object: Vec<u8> =
        (0..20).flat_map(|each| batch("eni-1-all", each * 7..each * 7 + 10)).collect();
    let (one, again) = (read(&object), read(&object));
    assert_eq!(one.blocks, again.blocks);
    assert_eq!(one.places().len(), one.blocks.len());
}

#[test]
fn lines_of_a_stream_have_their_own_format_or_are_no_flow_logs() {
    let (short, long) = (format("version bytes"), format("srcaddr dstaddr bytes"));
    let formats = ByStream(vec![
        ("eni-1-all", vec![Arc::clone(&short), Arc::clone(&long)]),
        ("eni-2-all", vec![Arc::clone(&short)]),
        ("web-server", vec![Arc::clone(&short)]),
    ]);
    let events = |lines: &'static [&'static str]| {
        let event = |(number, line): (usize, &&str)| (format!("{number}"), (*line).to_owned());
        lines.iter().enumerate().map(event)
    };
    let object = [
        batch_of("eni-1-all", events(&["2 1", "10.0.0.1 10.0.0.2 7", "2 2", "a b c d"])),
        batch_of("eni-2-all", (0..1).map(|_| ("x".to_owned(), "a b c d".to_owned()))),
        batch_of(
            "web-server",
            ["GET / 200 3", "2 5"].map(|it| (it.to_owned(), it.to_owned())).into_iter(),
        ),
        message(6),
    ];
    let reading = read_with(&object.concat()[..], SMALL, &formats);
    let found: Vec<_> = reading
        .blocks
        .iter()
        .map(|block| {
            let stream = block.stream.as_ref().map_or("", |stream| &stream.log_stream);
            let text = std::str::from_utf8(&block.text).unwrap();
            (stream, block.format.format().to_string(), text)
        })
        .collect();
    let expected = [
        // What fits none is rejected under the first.
        ("eni-1-all", "version bytes", "2 1\n2 2\na b c d\n"),
        ("eni-1-all", "srcaddr dstaddr bytes", "10.0.0.1 10.0.0.2 7\n"),
        ("eni-2-all", "version bytes", "a b c d\n"),
        ("web-server", "version bytes", "2 5\n"),
        ("", "version bytes", "2 6\n"),
    ];
    assert_eq!(found, expected.map(|(stream, format, text)| (stream, format.to_owned(), text)));
    assert_eq!(reading.tally.not_flow_logs, 1);
    let places: Vec<_> = reading.blocks.iter().map(|block| (block.offset, block.part)).collect();
    assert_eq!(places[0], (0, 0));
    assert_eq!(places[1], (0, 1), "the same document, another block");
    assert_eq!(reading.places().len(), 5);
}

#[test]
fn other_formats_make_other_runs_of_the_same_place() {
    let object = [batch("eni-1-all", 0..3), batch("eni-1-all", 3..5)].concat();
    let formats =
        |fits: &str, other: &str| ByStream(vec![("eni-1-all", vec![format(fits), format(other)])]);
    let both = read_with(&object[..], SMALL, &formats("version bytes", "srcaddr dstaddr bytes"));
    assert_eq!(both.places(), read(&object).places(), "the same lines");
    let object =
        [batch("x", 0..3), batch_of("x", [("y".to_owned(), "a b c".to_owned())].into_iter())];
    let known = |text| ByStream(vec![("x", vec![format(text)])]);
    let one = read_with(&object.concat()[..], SMALL, &known("version bytes"));
    let other = read_with(&object.concat()[..], SMALL, &known("srcaddr dstaddr bytes"));
    assert!(one.places().is_disjoint(&other.places()));
}
