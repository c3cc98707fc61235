//! Envelopes of any content.

use proptest::prelude::*;
use serde_json::Value;
use weir_flowlog::envelope::EnvelopeReader;

use crate::{Read, batch, owned, read};

proptest! {
    /// The lines are what a reader of JSON that keeps everything finds.
    #[test]
    fn batches_have_the_lines_that_were_put_in(
        messages in prop::collection::vec("[ -~é\\n]{0,40}", 0..20),
        repeats in 1..4_usize,
    ) {
        let events: Vec<_> = messages.iter().map(|message| ("1", message.as_str())).collect();
        let document = batch(&events);
        let (all, end) = read(document.repeat(repeats).as_bytes());
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(all.len(), repeats);
        let parsed: Value = serde_json::from_str(&document).unwrap();
        let expected = parsed["logEvents"].as_array().unwrap().iter().map(|event| {
            format!("{}\n", event["message"].as_str().unwrap().trim_end_matches('\n'))
        });
        let expected: Vec<_> = expected.collect();
        for each in all {
            let Read::Batch { events, .. } = each else { panic!("no batch") };
            let lines: Vec<_> = events.into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(&lines, &expected);
        }
    }

    /// Nothing makes it panic, and it makes no more of anything than there is.
    #[test]
    fn whatever_comes_is_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..400)) {
        let (all, _) = read(&data);
        for each in all {
            if let Read::Lines(lines) = each {
                prop_assert!(lines.len() <= 3 * data.len() + 1);
            }
        }
    }

    #[test]
    fn a_cut_batch_is_never_read_in_part(length in 0..600_usize) {
        let document = batch(&[("1", "a"), ("2", "b"), ("3", "c")]);
        let (all, end) = read(&document.as_bytes()[..length.min(document.len() - 1)]);
        prop_assert!(all.is_empty());
        prop_assert_eq!(end.is_err(), length > 0);
    }

    /// However little of a text is there, its documents are the ones that reading it whole finds.
    #[test]
    fn a_document_is_read_when_all_of_it_is_there_and_not_before(
        messages in prop::collection::vec("[ -~é\\n]{0,20}", 0..4),
        kind in 0..4_usize,
        blanks in "[ \\n]{0,3}",
    ) {
        let events: Vec<_> = messages.iter().map(|message| ("1", message.as_str())).collect();
        let document = match kind {
            0 => batch(&events),
            1 => serde_json::json!({"message": messages.concat()}).to_string(),
            2 => r#"{"messageType":"CONTROL_MESSAGE","logEvents":[],"x":[1.5e3,null,{}]}"#.into(),
            _ => r#"{"records":[{"data":"aGVsbG8="},{"data":""}]}"#.to_owned(),
        };
        let text = format!("{blanks}{document}");
        let mut reader = EnvelopeReader::new();
        for length in 0..text.len() {
            let start = &text.as_bytes()[..length];
            let read = reader.read_document(start, |shown| panic!("{shown:?} of {length} octets"));
            prop_assert_eq!(read, Ok(None), "{}", length);
        }
        for behind in ["", " ", "{", "no JSON"] {
            let (mut shown, text) = (Vec::new(), format!("{text}{behind}"));
            let read = reader.read_document(text.as_bytes(), |each| shown.push(owned(&each)));
            prop_assert_eq!(read, Ok(Some(text.len() - behind.len())));
            prop_assert_eq!(shown, crate::read(document.as_bytes()).0);
        }
    }
}
