//! Templates, limits and errors of one session.

#![allow(clippy::expect_used, reason = "what is not as expected fails the test")]

mod support;

use std::time::Duration;

use support::{PEN, Sample, decode, group, layout, layouts, limited_to, take_messages};
use weir_ipfix::decode::Decoder;
use weir_ipfix::element::{PADDING_OCTETS, PROTOCOL_IDENTIFIER};
use weir_ipfix::{
    AddressFamily, DataType, InformationElement, Layout, MalformedGroup, PackError, Packer,
    PackerOptions, Projection,
};

const INTERVAL: Duration = Duration::from_secs(60);

fn session(options: PackerOptions) -> Packer {
    let mut packer = Packer::new(options);
    for layout in &layouts() {
        packer.add_template(layout, Projection::whole(layout)).expect("fits");
    }
    packer
}

/// What of a session's messages a collector of its own decoded.
#[derive(Debug, Default, PartialEq)]
struct Received {
    templates: u32,
    records: u32,
    without_template: u32,
    domains: Vec<u32>,
}

fn receive(decoder: &mut Decoder, messages: &[(Vec<u8>, u32)]) -> Received {
    let mut received = Received::default();
    for (message, _) in messages {
        let (summary, _) = decode(decoder, message);
        received.templates += summary.templates;
        received.records += summary.records;
        received.without_template += summary.without_template;
        received.domains.push(summary.observation_domain_id);
    }
    received.domains.sort_unstable();
    received
}

/// Packs one IPv4 record at `now` and sends it.
fn send_record(packer: &mut Packer, observation_domain_id: u32, now: Duration) -> Received {
    let layout = layout(AddressFamily::V4);
    let group = group(&layout, observation_domain_id, &[Sample::of_length(&layout, 3)]);
    packer.pack(&group, &layout, now).expect("packs");
    packer.flush();
    receive(&mut Decoder::new(PEN), &take_messages(packer))
}

#[test]
fn templates_go_first_and_again_after_the_interval_and_not_before() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    let start = Duration::from_secs(1000);
    assert_eq!(send_record(&mut packer, 7, start).templates, 2);
    let almost = start + INTERVAL - Duration::from_nanos(1);
    assert_eq!(send_record(&mut packer, 7, almost).templates, 0);
    assert_eq!(send_record(&mut packer, 7, start + INTERVAL).templates, 2);
    assert_eq!(send_record(&mut packer, 7, start + INTERVAL).templates, 0);
    assert_eq!(send_record(&mut packer, 7, start + INTERVAL * 2).templates, 2);
}

#[test]
fn each_domain_has_its_own_templates_and_interval() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    assert_eq!(send_record(&mut packer, 7, Duration::ZERO).templates, 2);
    assert_eq!(send_record(&mut packer, 8, INTERVAL / 2).templates, 2);
    assert_eq!(send_record(&mut packer, 7, INTERVAL).templates, 2);
    assert_eq!(send_record(&mut packer, 8, INTERVAL).templates, 0);
}

#[test]
fn templates_are_repeated_in_silent_domains_when_they_are_due() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    packer.repeat_templates(Duration::ZERO);
    assert!(packer.messages().is_empty(), "no domain is known yet");
    send_record(&mut packer, 7, Duration::ZERO);
    send_record(&mut packer, 8, Duration::from_secs(1));
    let mut repeat = |now| {
        packer.repeat_templates(now);
        receive(&mut Decoder::new(PEN), &take_messages(&mut packer))
    };
    assert_eq!(repeat(INTERVAL - Duration::from_nanos(1)), Received::default());
    let of_seven = Received { templates: 2, domains: vec![7], ..Received::default() };
    assert_eq!(repeat(INTERVAL), of_seven);
    assert_eq!(repeat(INTERVAL + Duration::from_secs(1)).domains, [8]);
    assert_eq!(repeat(INTERVAL * 3).domains, [7, 8]);
}

#[test]
fn a_late_collector_decodes_after_the_next_templates() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    send_record(&mut packer, 7, Duration::ZERO);
    let layout = layout(AddressFamily::V4);
    let records = group(&layout, 7, &[Sample::of_length(&layout, 3)]);
    let mut late = Decoder::new(PEN);
    let mut send = |now| {
        packer.pack(&records, &layout, now).expect("packs");
        packer.flush();
        receive(&mut late, &take_messages(&mut packer))
    };
    assert_eq!((send(INTERVAL / 2).without_template, send(INTERVAL).records), (1, 1));
}

#[test]
fn templates_end_the_open_message_and_come_behind_it() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    let layout = layout(AddressFamily::V4);
    let records = group(&layout, 7, &[Sample::of_length(&layout, 3)]);
    packer.pack(&records, &layout, Duration::ZERO).expect("packs");
    packer.pack(&records, &layout, INTERVAL).expect("packs");
    packer.flush();
    let mut decoder = Decoder::new(PEN);
    let messages = take_messages(&mut packer);
    let summaries = messages.iter().map(|(message, _)| decode(&mut decoder, message).0);
    let shown: Vec<_> = summaries
        .map(|summary| (summary.sequence_number, summary.templates, summary.records))
        .collect();
    assert_eq!(shown, [(0, 2, 0), (0, 0, 1), (1, 2, 0), (1, 0, 1)]);
}

#[test]
fn a_template_added_later_goes_before_the_next_data_of_each_domain() {
    let [v4, v6] = layouts();
    let mut packer = Packer::new(limited_to(1420));
    packer.add_template(&v4, Projection::whole(&v4)).expect("fits");
    assert_eq!(send_record(&mut packer, 7, Duration::ZERO).templates, 1);
    packer.add_template(&v6, Projection::whole(&v6)).expect("fits");
    assert_eq!(send_record(&mut packer, 7, Duration::ZERO).templates, 2);
    assert_eq!(send_record(&mut packer, 7, Duration::ZERO).templates, 0);
}

#[test]
fn templates_that_do_not_fit_one_message_are_spread_over_several() {
    let lowest = layouts().map(|layout| needed(&layout, Projection::whole(&layout), false));
    let limit = lowest.into_iter().max().expect("two layouts");
    let mut packer = session(limited_to(limit));
    packer.pack(&group(&layouts()[0], 7, &[]), &layouts()[0], Duration::ZERO).expect("packs");
    packer.flush();
    let messages = take_messages(&mut packer);
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|(message, _)| message.len() <= limit));
    assert_eq!(receive(&mut Decoder::new(PEN), &messages).templates, 2);
}

#[test]
fn a_message_carries_the_time_at_which_it_is_sent() {
    let mut packer = session(limited_to(1420));
    let layout = layout(AddressFamily::V4);
    packer.pack(&group(&layout, 7, &[]), &layout, Duration::ZERO).expect("packs");
    for time in [1, u32::MAX] {
        let message = packer.messages().stamped(0, time).to_vec();
        assert_eq!(decode(&mut Decoder::new(PEN), &message).0.export_time, time);
    }
    assert!(packer.messages().stamped(1, 0).is_empty(), "there is no second message");
}

#[test]
fn a_restarted_session_sends_templates_again_and_counts_from_zero() {
    let mut packer = session(limited_to(1420));
    let layout = layout(AddressFamily::V4);
    let records = group(&layout, 7, &[Sample::of_length(&layout, 3)]);
    send_record(&mut packer, 7, Duration::ZERO);
    packer.pack(&records, &layout, Duration::ZERO).expect("packs");
    packer.restart();
    assert!(packer.messages().is_empty());
    packer.pack(&records, &layout, Duration::ZERO).expect("packs");
    packer.flush();
    let mut decoder = Decoder::new(PEN);
    let messages = take_messages(&mut packer);
    let summaries: Vec<_> =
        messages.iter().map(|(message, _)| decode(&mut decoder, message).0).collect();
    assert!(summaries.iter().all(|summary| summary.sequence_number == 0));
    assert_eq!(summaries.iter().map(|summary| summary.templates).sum::<u32>(), 2);
    assert_eq!(summaries.iter().map(|summary| summary.records).sum::<u32>(), 1);
}

#[test]
fn sending_the_finished_messages_leaves_the_open_one_intact() {
    let mut packer = session(limited_to(1420));
    let layout = layout(AddressFamily::V4);
    let one = group(&layout, 7, &[Sample::of_length(&layout, 3)]);
    let mut messages = Vec::new();
    for _ in 0..20 {
        packer.pack(&one, &layout, Duration::ZERO).expect("packs");
        messages.extend(take_messages(&mut packer));
    }
    packer.flush();
    messages.extend(take_messages(&mut packer));
    assert_eq!(messages.len(), 1 + 20usize.div_ceil(1400 / (68 + 14 * 4)));
    assert_eq!(receive(&mut Decoder::new(PEN), &messages).records, 20);
}

fn always(_: &InformationElement) -> bool {
    true
}

/// The lowest limit according to the error.
fn needed(layout: &Layout, projection: Projection, padded: bool) -> usize {
    let options = PackerOptions { padded, ..limited_to(0) };
    match Packer::new(options).add_template(layout, projection) {
        Err(PackError::LimitTooLow { limit: 0, needed }) => needed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_limit_that_the_error_names_is_the_lowest_one_that_works() {
    let is_protocol = |element: &InformationElement| *element == PROTOCOL_IDENTIFIER;
    let is_number = |element: &InformationElement| element.data_type.length() < 65535;
    let choices: [&dyn Fn(&InformationElement) -> bool; 4] =
        [&always, &is_protocol, &is_number, &|element| !is_number(element)];
    for (layout, padded) in layouts().iter().flat_map(|layout| [(layout, false), (layout, true)]) {
        for is_wanted in choices {
            let projection = Projection::of_elements(layout, is_wanted);
            let needed = needed(layout, projection.clone(), padded);
            let try_limit = |limit| {
                let mut packer = Packer::new(PackerOptions { padded, ..limited_to(limit) });
                packer.add_template(layout, projection.clone()).map(|()| packer)
            };
            let too_low = PackError::LimitTooLow { limit: needed - 1, needed };
            assert_eq!(try_limit(needed - 1).expect_err("is too low"), too_low);
            let mut packer = try_limit(needed).expect("is enough");
            let records = [Sample::of_length(layout, 1000), Sample::of_length(layout, 0)];
            packer.pack(&group(layout, 7, &records), layout, Duration::ZERO).expect("packs");
            packer.flush();
            let messages = take_messages(&mut packer);
            assert!(messages.iter().all(|(message, _)| message.len() <= needed));
            assert_eq!(receive(&mut Decoder::new(PEN), &messages).records, 2);
        }
    }
}

#[test]
fn a_limit_beyond_what_a_message_can_state_is_lowered() {
    for padded in [false, true] {
        let mut packer = session(PackerOptions { padded, ..limited_to(1_000_000) });
        let layout = layout(AddressFamily::V4);
        let records = group(&layout, 7, &vec![Sample::of_length(&layout, 250); 40]);
        packer.pack(&records, &layout, Duration::ZERO).expect("packs");
        packer.flush();
        let messages = take_messages(&mut packer);
        assert!(messages.iter().all(|(message, _)| message.len() <= 65535));
        assert_eq!(receive(&mut Decoder::new(PEN), &messages).records, 40);
    }
}

#[test]
fn a_message_is_full_when_it_is_exactly_as_long_as_the_limit() {
    let layout = layout(AddressFamily::V4);
    let sample = Sample::of_length(&layout, 30);
    let two_records = 20 + 2 * (layout.fixed_length() + 14 * 31);
    for (limit, expected) in [(two_records, vec![2]), (two_records - 1, vec![1, 1])] {
        let mut packer = session(limited_to(limit));
        let records = group(&layout, 7, &[sample.clone(), sample.clone()]);
        packer.pack(&records, &layout, Duration::ZERO).expect("packs");
        packer.flush();
        let counts = take_messages(&mut packer).into_iter().map(|(_, records)| records);
        assert_eq!(counts.filter(|records| *records > 0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_string_keeps_every_octet_that_fits_and_shorter_ones_are_whole() {
    let layout = layout(AddressFamily::V4);
    for limit in [512, 600, 1000] {
        let mut sample = Sample::of_length(&layout, 9);
        sample.texts[3] = "x".repeat(1024);
        let mut packer = session(limited_to(limit));
        packer.pack(&group(&layout, 7, &[sample]), &layout, Duration::ZERO).expect("packs");
        packer.flush();
        let messages = take_messages(&mut packer);
        assert_eq!(messages.last().map(|(message, _)| message.len()), Some(limit));
        assert_eq!(packer.strings_cut(), 1);
    }
}

#[test]
fn extra_elements_of_a_layout_are_packed_as_well() {
    let version = InformationElement::iana(60, "ipVersion", DataType::Unsigned8);
    let name = InformationElement::iana(82, "interfaceName", DataType::String);
    for family in [AddressFamily::V4, AddressFamily::V6] {
        let layout = Layout::with_extras(family, PEN, &[name, version]);
        let mut sample = Sample::of_length(&layout, 20);
        *sample.numbers.last_mut().expect("numbers") = Some(vec![4]);
        let mut packer = Packer::new(limited_to(1420));
        packer.add_template(&layout, Projection::whole(&layout)).expect("fits");
        let records = group(&layout, 7, std::slice::from_ref(&sample));
        packer.pack(&records, &layout, Duration::ZERO).expect("packs");
        packer.flush();
        let mut decoder = Decoder::new(PEN);
        let found: Vec<_> = take_messages(&mut packer)
            .iter()
            .flat_map(|(message, _)| decode(&mut decoder, message).1)
            .collect();
        assert_eq!(found, [sample.fields(&layout)]);
        assert!(found[0].contains(&(None, 60, vec![4])));
    }
}

#[test]
fn each_fill_has_the_length_prefix_that_fits_it() {
    let layout = layout(AddressFamily::V4);
    let sample = Sample::of_length(&layout, 50);
    let record = layout.fixed_length() + 14 * 51 + 1;
    for fill in [0, 1, 253, 254, 255, 256, 257, 258, 2000] {
        let limit = 20 + record + fill;
        let mut packer = session(PackerOptions { padded: true, ..limited_to(limit) });
        // One record to a message, so that all of the fill is this one's.
        let records = group(&layout, 7, std::slice::from_ref(&sample));
        packer.pack(&records, &layout, Duration::ZERO).expect("packs");
        packer.flush();
        let messages = take_messages(&mut packer);
        let (message, records) = messages.last().expect("a data message");
        assert_eq!((message.len(), *records), (limit, 1));
        let mut found = Vec::new();
        let mut decoder = Decoder::new(PEN);
        for (message, _) in &messages {
            found.extend(decode(&mut decoder, message).1);
        }
        assert_eq!(found, [sample.fields(&layout)]);
    }
}

#[test]
fn a_projection_that_is_padded_already_is_not_padded_twice() {
    let layout = layout(AddressFamily::V4);
    let once = Projection::whole(&layout).padded();
    assert_eq!(once.clone().padded().specifiers(), once.specifiers());
    assert_eq!(once.specifiers().last(), Some(&PADDING_OCTETS.specifier(PEN)));
    assert_eq!(once.shortest_record(), Projection::whole(&layout).shortest_record() + 1);
}

#[test]
fn what_cannot_be_packed_is_refused_and_leaves_the_session_as_it_was() {
    let [v4, v6] = layouts();
    let mut packer = Packer::new(limited_to(1420));
    packer.add_template(&v4, Projection::whole(&v4)).expect("fits");
    let records = group(&v6, 7, &[Sample::of_length(&v6, 1)]);
    let revision = v6.revision();
    let refused = packer.pack(&records, &v6, Duration::ZERO);
    assert_eq!(refused, Err(PackError::UnknownLayout { revision }));

    let mut damaged = group(&v4, 7, &[Sample::of_length(&v4, 1), Sample::of_length(&v4, 1)]);
    damaged.bytes.to_mut().pop();
    let refused = packer.pack(&damaged, &v4, Duration::ZERO);
    assert_eq!(refused, Err(PackError::Malformed(MalformedGroup::Lengths { record: 1 })));

    packer.flush();
    assert!(packer.messages().is_empty());
    assert_eq!(send_record(&mut packer, 7, Duration::ZERO).records, 1);
}

#[test]
fn a_projection_without_elements_is_refused() {
    let layout = layout(AddressFamily::V4);
    for padded in [false, true] {
        let mut packer = Packer::new(PackerOptions { padded, ..limited_to(1420) });
        let refused = packer.add_template(&layout, Projection::of_elements(&layout, |_| false));
        assert_eq!(refused, Err(PackError::NoElements { revision: layout.revision() }));
    }
}

#[test]
fn a_changed_exporter_is_described_again_within_a_second_and_not_more_often() {
    let mut packer = session(PackerOptions { template_interval: INTERVAL, ..limited_to(1420) });
    packer.describe(layout(AddressFamily::V4).elements(), PEN);
    let second = Duration::from_secs(1);
    // The name is the first text of a record.
    let mut named = |name: &str, now: Duration| {
        let layout = layout(AddressFamily::V4);
        let mut texts = vec![String::new(); layout.string_count()];
        texts[0] = name.to_owned();
        let group = group(&layout, 7, &[Sample::of_texts(&layout, texts)]);
        packer.pack(&group, &layout, now).expect("packs");
        packer.flush();
        let messages = take_messages(&mut packer);
        let described = messages.iter().filter(|(_, records)| *records == 0);
        let octets: Vec<u8> = described.flat_map(|(message, _)| message.clone()).collect();
        String::from_utf8_lossy(&octets).contains(name)
    };
    assert!(named("before", Duration::ZERO));
    assert!(!named("before", 5 * second));
    assert!(named("after", 6 * second));
    assert!(!named("after", 7 * second));
    // Senders that do not agree fill nothing.
    assert!(named("before", 7 * second));
    assert!(!named("after", 7 * second + second / 2));
    assert!(named("after", 8 * second));
}
