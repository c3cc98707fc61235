//! Records as plain values, how they are put into groups, and what a collector gets of them.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]
#![allow(dead_code, reason = "no test file needs all of it")]

use std::net::Ipv6Addr;
use std::time::Duration;

use proptest::{collection::vec, option, prelude::*};
use weir_ipfix::decode::{Decoder, MessageSummary};
use weir_ipfix::element::PADDING_OCTETS;
use weir_ipfix::{
    AddressFamily, FixedPart, InformationElement, Layout, MAX_STRING_LENGTH, Packer, PackerOptions,
    RecordGroup, Slot,
};

pub(crate) const PEN: u32 = 32473;

/// The values of a record in the order of its layout.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// In network order, `None` when absent.
    pub(crate) numbers: Vec<Option<Vec<u8>>>,
    pub(crate) texts: Vec<String>,
}

/// A field as a collector sees it: enterprise number, element id and octets.
pub(crate) type Field = (Option<u32>, u16, Vec<u8>);

pub(crate) fn layouts() -> [Layout; 2] {
    [AddressFamily::V4, AddressFamily::V6].map(|family| Layout::new(family, PEN))
}

pub(crate) fn layout(family: AddressFamily) -> Layout {
    Layout::new(family, PEN)
}

/// Options under which only `max_message_length` has an effect.
pub(crate) fn limited_to(max_message_length: usize) -> PackerOptions {
    PackerOptions {
        max_message_length,
        max_records_per_message: u32::MAX,
        template_interval: Duration::MAX,
        padded: false,
    }
}

/// Text whose length is often next to where the encoding changes.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('a', 'z'),
        1 => prop::char::range('\u{80}', '\u{7ff}'),
        1 => prop::char::range('\u{800}', '\u{ffff}'),
        1 => prop::char::range('\u{10000}', '\u{10ffff}'),
    ];
    let length = prop_oneof![
        6 => 0usize..30,
        2 => 250usize..260,
        1 => 200usize..600,
        1 => 1020usize..1100,
    ];
    prop_oneof![
        3 => Just(String::new()),
        3 => prop::sample::select(vec![1, 254, 255, 256, 1024]).prop_map(|length| "x".repeat(length)),
        14 => (vec(character, 1..8), length).prop_map(|(characters, length)| {
            let mut text = String::new();
            for character in characters.iter().cycle() {
                if text.len() >= length {
                    break;
                }
                text.push(*character);
            }
            text
        }),
    ]
}

/// Records that follow `layout`.
pub(crate) fn sample(layout: &Layout) -> impl Strategy<Value = Sample> + use<> {
    let number = |slot: &Slot| option::of(vec(any::<u8>(), usize::from(slot.length)));
    let numbers: Vec<_> = layout.slots().iter().map(number).collect();
    let texts = vec(text(), layout.string_count());
    (numbers, texts).prop_map(|(numbers, texts)| Sample { numbers, texts })
}

impl Sample {
    /// A record whose numbers are absent.
    pub(crate) fn of_texts(layout: &Layout, texts: Vec<String>) -> Self {
        Self { numbers: vec![None; layout.slots().len()], texts }
    }

    /// A record with each string of `length` octets.
    pub(crate) fn of_length(layout: &Layout, length: usize) -> Self {
        Self::of_texts(layout, vec!["x".repeat(length); layout.string_count()])
    }

    pub(crate) fn fixed_part(&self, layout: &Layout) -> FixedPart {
        let mut fixed = FixedPart::new(layout);
        for (slot, number) in layout.slots().iter().zip(&self.numbers) {
            if let Some(octets) = number {
                put(&mut fixed, *slot, octets);
            }
        }
        fixed
    }

    /// Appends the record; returns how many strings were cut.
    pub(crate) fn push_to(&self, group: &mut RecordGroup, layout: &Layout) -> u32 {
        let mut record = group.start_record(&self.fixed_part(layout));
        for text in &self.texts {
            record.push_string(text.as_bytes());
        }
        record.finish()
    }

    /// The fields that a collector gets when nothing had to be cut to fit a message.
    pub(crate) fn fields(&self, layout: &Layout) -> Vec<Field> {
        let numbers = self.numbers.iter().zip(layout.slots());
        let numbers = numbers.map(|(number, slot)| match number {
            Some(octets) => octets.clone(),
            None => vec![0; usize::from(slot.length)],
        });
        let texts = self.texts.iter().map(|text| kept(text).as_bytes().to_vec());
        let specifiers = layout.specifiers().iter();
        specifiers
            .zip(numbers.chain(texts))
            .map(|(specifier, octets)| (specifier.enterprise_number, specifier.id, octets))
            .collect()
    }
}

/// What a record keeps of a text.
pub(crate) fn kept(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_STRING_LENGTH)]
}

fn put(fixed: &mut FixedPart, slot: Slot, octets: &[u8]) {
    match octets.len() {
        1 => fixed.put_u8(slot, octets[0]),
        2 => fixed.put_u16(slot, u16::from_be_bytes(octets.try_into().expect("two"))),
        4 => fixed.put_u32(slot, u32::from_be_bytes(octets.try_into().expect("four"))),
        8 => fixed.put_u64(slot, u64::from_be_bytes(octets.try_into().expect("eight"))),
        _ => fixed.put_ipv6(slot, Ipv6Addr::from(<[u8; 16]>::try_from(octets).expect("sixteen"))),
    }
}

pub(crate) fn group(
    layout: &Layout,
    observation_domain_id: u32,
    samples: &[Sample],
) -> RecordGroup {
    let mut group = RecordGroup::new(layout.revision(), observation_domain_id);
    for sample in samples {
        sample.push_to(&mut group, layout);
    }
    group
}

/// Takes the finished messages out of the packer, each with its count of data records.
pub(crate) fn take_messages(packer: &mut Packer) -> Vec<(Vec<u8>, u32)> {
    let messages = packer.messages();
    let taken = (0..messages.len())
        .map(|index| (messages.stamped(index, 1_700_000_000).to_vec(), messages.records(index)))
        .collect();
    messages.clear();
    taken
}

/// Decodes a message of the one session: its summary, and its records without paddingOctets.
pub(crate) fn decode(decoder: &mut Decoder, message: &[u8]) -> (MessageSummary, Vec<Vec<Field>>) {
    let mut records = Vec::new();
    let summary = decoder.decode(0, message, |record| {
        let fields = record.fields().filter(|field| field.element.id != PADDING_OCTETS.id);
        let fields = fields.map(|field| {
            (field.element.enterprise_number, field.element.id, field.octets.to_vec())
        });
        records.push(fields.collect());
    });
    (summary.expect("the message is well formed"), records)
}

/// The fields of `elements` among `fields`.
pub(crate) fn only(
    fields: Vec<Field>,
    elements: &[InformationElement],
    is_wanted: impl Fn(&InformationElement) -> bool,
) -> Vec<Field> {
    let fields = fields.into_iter().zip(elements);
    fields.filter(|(_, element)| is_wanted(element)).map(|(field, _)| field).collect()
}
