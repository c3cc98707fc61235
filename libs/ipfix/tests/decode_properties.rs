//! Whatever arrives, the decoder neither panics nor runs away.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

use proptest::{collection::vec, prelude::*};
use weir_ipfix::decode::Decoder;

/// A message whose frame is right, so that what is in its sets gets read.
fn framed(sets: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut message = vec![0; 16];
    for (id, body) in sets {
        message.extend(id.to_be_bytes());
        message.extend(u16::try_from(body.len() + 4).expect("short").to_be_bytes());
        message.extend(body);
    }
    message[1] = 10;
    let length = u16::try_from(message.len()).expect("short");
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

/// Octets that often look like template records with known elements.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        3 => 0u16..6,
        2 => 256u16..259,
        1 => 0x8000u16..0x8020,
        1 => Just(65535u16),
        1 => 300u16..350,
        1 => any::<u16>(),
    ];
    (vec(word, 0..40), vec(any::<u8>(), 0..4)).prop_map(|(words, tail)| {
        words.into_iter().flat_map(u16::to_be_bytes).chain(tail).collect()
    })
}

fn sets() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    vec((prop_oneof![Just(2u16), Just(3), 256u16..259, any::<u16>()], body()), 0..8)
}

/// Decodes, reads every value, and returns the records and octets seen.
fn read_all(decoder: &mut Decoder, message: &[u8]) -> (usize, usize) {
    let (mut records, mut octets) = (0, 0);
    let outcome = decoder.decode(0, message, |record| {
        records += 1;
        octets += record.octets().len();
        let fields: Vec<_> = record.fields().collect();
        assert!(fields.iter().all(|field| !field.element.name.to_string().is_empty()));
        assert!(
            fields.iter().map(|field| field.octets.len()).sum::<usize>() <= record.octets().len()
        );
        for field in fields {
            field.value();
        }
    });
    if let Err(error) = outcome {
        assert!(!error.to_string().is_empty());
    }
    (records, octets)
}

proptest! {
    #[test]
    fn any_octets_are_decoded_or_refused(messages in vec(vec(any::<u8>(), 0..200), 1..4)) {
        let mut decoder = Decoder::new(32473);
        for message in messages {
            read_all(&mut decoder, &message);
        }
    }

    #[test]
    fn any_sets_are_decoded_or_refused(messages in vec(sets(), 1..6)) {
        let mut decoder = Decoder::new(32473);
        for sets in messages {
            let message = framed(&sets);
            let (records, octets) = read_all(&mut decoder, &message);
            // Each octet belongs to one record at most, and each record has one at least.
            prop_assert!(records <= octets && octets <= message.len());
        }
    }
}
