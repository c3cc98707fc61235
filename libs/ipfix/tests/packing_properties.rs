//! Whatever records are packed, a collector gets them all, in order and within the limits.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use support::{Field, PEN, Sample, decode, group, layouts, only, sample, take_messages};
use weir_ipfix::decode::Decoder;
use weir_ipfix::{Layout, Packer, PackerOptions, Projection};

const HEADERS: usize = 20;

/// What is done after a group was packed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// More records.
    Pack,
    /// The open message is ended.
    Flush,
    /// The finished messages are sent; the open one stays open.
    Send,
    /// Both.
    FlushAndSend,
}

#[derive(Clone, Debug)]
struct Step {
    /// Index in [`layouts`].
    layout: usize,
    observation_domain_id: u32,
    samples: Vec<Sample>,
    next: Next,
}

fn step() -> impl Strategy<Value = Step> {
    let next = prop_oneof![
        4 => Just(Next::Pack),
        1 => Just(Next::Flush),
        1 => Just(Next::Send),
        1 => Just(Next::FlushAndSend),
    ];
    let [v4, v6] = layouts().map(|layout| vec(sample(&layout), 0..6));
    let content =
        prop_oneof![v4.prop_map(|samples| (0, samples)), v6.prop_map(|samples| (1, samples)),];
    (content, 0u32..3, next).prop_map(|((layout, samples), domain, next)| Step {
        layout,
        observation_domain_id: domain.wrapping_sub(1),
        samples,
        next,
    })
}

fn options() -> impl Strategy<Value = PackerOptions> {
    let records = prop_oneof![1u32..6, Just(u32::MAX)];
    (512usize..=3900, records, any::<bool>()).prop_map(|(max_message_length, records, padded)| {
        PackerOptions {
            max_message_length,
            max_records_per_message: records,
            template_interval: Duration::from_secs(60),
            padded,
        }
    })
}

/// Packs all steps and returns the messages and how many strings were cut to fit.
fn pack_all(
    layouts: &[Layout],
    projections: Vec<Projection>,
    options: PackerOptions,
    steps: &[Step],
) -> (Vec<(Vec<u8>, u32)>, u64) {
    let mut packer = Packer::new(options);
    for (layout, projection) in layouts.iter().zip(projections) {
        packer.add_template(layout, projection).expect("fits");
    }
    let mut messages = Vec::new();
    for step in steps {
        let layout = &layouts[step.layout];
        let group = group(layout, step.observation_domain_id, &step.samples);
        packer.pack(&group, layout, Duration::ZERO).expect("packs");
        if matches!(step.next, Next::Flush | Next::FlushAndSend) {
            packer.flush();
        }
        if matches!(step.next, Next::Send | Next::FlushAndSend) {
            messages.extend(take_messages(&mut packer));
        }
    }
    packer.flush();
    messages.extend(take_messages(&mut packer));
    (messages, packer.strings_cut())
}

/// Checks each message for itself and against the ones before; returns the records per domain.
fn collect(messages: &[(Vec<u8>, u32)], options: &PackerOptions) -> BTreeMap<u32, Vec<Vec<Field>>> {
    let mut decoder = Decoder::new(PEN);
    let mut domains: BTreeMap<u32, Vec<Vec<Field>>> = BTreeMap::new();
    for (message, stated_records) in messages {
        let (summary, records) = decode(&mut decoder, message);
        assert!(message.len() <= options.max_message_length, "{} octets", message.len());
        assert_eq!(summary.without_template + summary.reserved_sets, 0);
        assert_eq!((summary.records, records.len()), (*stated_records, *stated_records as usize));
        assert!(summary.records <= options.max_records_per_message);
        assert!(summary.records > 0 || summary.templates > 0, "a message of nothing");
        if options.padded && summary.records > 0 {
            assert_eq!(message.len(), options.max_message_length);
        }
        let domain = domains.entry(summary.observation_domain_id).or_default();
        assert_eq!(summary.sequence_number as usize, domain.len());
        assert!(matches!(summary.sequence_gap, None | Some(0)));
        domain.extend(records);
    }
    domains
}

fn encoded_length(fields: &[Field], layout: &Layout) -> usize {
    let texts = &fields[fields.len().min(layout.slots().len())..];
    let texts = texts.iter().map(|(_, _, text)| text.len() + if text.len() < 255 { 1 } else { 3 });
    layout.fixed_length() + texts.sum::<usize>()
}

/// Checks that `found` is `sent` with its strings cut to one length, at characters, and no
/// shorter than necessary. Returns how many were cut.
fn check_cut(sent: &[Field], found: &[Field], layout: &Layout, room: usize) -> u64 {
    let (numbers, texts) = sent.split_at(layout.slots().len());
    let (found_numbers, found_texts) = found.split_at(layout.slots().len());
    assert_eq!((numbers, texts.len()), (found_numbers, found_texts.len()));
    let (mut cut, mut longest_whole, mut shortest_next) = (0, 0, usize::MAX);
    for ((_, _, text), (_, _, found)) in texts.iter().zip(found_texts) {
        let text = str::from_utf8(text).expect("UTF-8");
        let found = str::from_utf8(found).expect("UTF-8");
        assert!(text.starts_with(found));
        if found.len() < text.len() {
            cut += 1;
            shortest_next = shortest_next.min(text.ceil_char_boundary(found.len() + 1));
        } else {
            longest_whole = longest_whole.max(text.len());
        }
    }
    assert!(cut > 0, "too long, and yet nothing was cut");
    assert!(longest_whole < shortest_next, "a string was cut before a longer one");
    // One octet more for each string would not have fit: up to three are lost at its character,
    // two more come with its longer prefix.
    let unused = room - encoded_length(found, layout);
    assert!(unused < texts.len() * 6, "{unused} octets unused");
    cut
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_collector_gets_every_record_once_and_in_order(
        steps in vec(step(), 1..10),
        options in options(),
    ) {
        let layouts = layouts();
        let projections = layouts.iter().map(Projection::whole).collect();
        let (messages, strings_cut) = pack_all(&layouts, projections, options, &steps);
        let domains = collect(&messages, &options);

        let mut sent: BTreeMap<u32, Vec<(&Layout, Vec<Field>)>> = BTreeMap::new();
        for step in &steps {
            let layout = &layouts[step.layout];
            let records = step.samples.iter().map(|sample| (layout, sample.fields(layout)));
            sent.entry(step.observation_domain_id).or_default().extend(records);
        }
        prop_assert!(domains.keys().eq(sent.keys()));
        let room = options.max_message_length - HEADERS - usize::from(options.padded);
        let mut cut = 0;
        for (found, sent) in domains.values().zip(sent.values()) {
            prop_assert_eq!(found.len(), sent.len());
            for (found, (layout, sent)) in found.iter().zip(sent) {
                if encoded_length(sent, layout) <= room {
                    prop_assert_eq!(found, sent);
                } else {
                    cut += check_cut(sent, found, layout, room);
                }
            }
        }
        prop_assert_eq!(strings_cut, cut);
    }

    #[test]
    fn a_projection_exports_its_elements_and_nothing_else(
        steps in vec(step(), 1..6),
        wanted in vec(any::<bool>(), 31),
        padded: bool,
    ) {
        let layouts = layouts();
        let is_wanted = |element: &weir_ipfix::InformationElement| {
            // The same element is wanted or not in both layouts.
            let known = layouts[0].elements().iter().position(|known| known == element);
            known.is_none_or(|position| wanted[position])
        };
        prop_assume!(wanted.contains(&true));
        let options = PackerOptions {
            max_message_length: 65535,
            max_records_per_message: 7,
            template_interval: Duration::from_secs(60),
            padded,
        };
        let projections =
            layouts.iter().map(|layout| Projection::of_elements(layout, is_wanted)).collect();
        let (messages, strings_cut) = pack_all(&layouts, projections, options, &steps);
        prop_assert_eq!(strings_cut, 0);

        let mut sent: BTreeMap<u32, Vec<Vec<Field>>> = BTreeMap::new();
        for step in &steps {
            let layout = &layouts[step.layout];
            let fields = step.samples.iter().map(|sample| sample.fields(layout));
            let fields = fields.map(|fields| only(fields, layout.elements(), is_wanted));
            sent.entry(step.observation_domain_id).or_default().extend(fields);
        }
        prop_assert_eq!(collect(&messages, &options), sent);
    }

    #[test]
    fn a_projected_record_is_cut_to_the_limit_as_well(
        texts in vec(support::text(), 14),
        limit in 200usize..1500,
        padded: bool,
    ) {
        let layout = &layouts()[0];
        let is_text = |element: &weir_ipfix::InformationElement| element.data_type.length() == 65535;
        let sample = Sample::of_texts(layout, texts);
        let options = PackerOptions { padded, ..support::limited_to(limit) };
        let step = Step {
            layout: 0, observation_domain_id: 1, samples: vec![sample.clone()], next: Next::Pack,
        };
        let projection = Projection::of_elements(layout, is_text);
        let layouts = [layout.clone()];
        let (messages, strings_cut) = pack_all(&layouts, vec![projection], options, &[step]);
        let domains = collect(&messages, &options);
        let found = &domains[&1][0];
        let sent = only(sample.fields(layout), layout.elements(), is_text);
        let lost = sent.iter().zip(found).filter(|(sent, found)| sent != found).count();
        prop_assert_eq!(found.len(), sent.len());
        prop_assert!(sent.iter().zip(found).all(|(sent, found)| sent.2.starts_with(&found.2)));
        prop_assert_eq!(strings_cut, lost as u64);
    }
}
