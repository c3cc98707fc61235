//! What is written is read, whatever its size.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use weir_delivery::{
    Answer, EnrichedRun, Origin, RawRun, RejectedLine, RetryReason, RunAnswer, RunId, RunRejection,
    RunTally,
};
use weir_flowlog::{LogFormat, RejectReason};
use weir_ipfix::element::SOURCE_GEO_REGION;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair, LayoutRevision, RecordGroup};

use super::*;
use crate::link::{FromReceiver, ToReceiver};

/// A group whose records have these lengths; what is in them does not matter on the wire.
fn group(domain: u32, lengths: Vec<u16>) -> RecordGroup {
    let octets: usize = lengths.iter().map(|length| usize::from(*length)).sum();
    let bytes: Vec<u8> = (0..octets).map(|place| (place % 251) as u8).collect();
    let group = RecordGroup::new(LayoutRevision(7), domain);
    RecordGroup { lengths, bytes: bytes.into(), ..group }
}

fn enriched(id: u128, groups: Vec<RecordGroup>, rejected: usize) -> EnrichedRun {
    let origin = Origin { source: format!("flows-{id}.log"), ..Origin::default() };
    let line = |line| RejectedLine {
        line,
        reason: RejectReason::InvalidNumber,
        text: vec![b'x'; RejectedLine::MAX_TEXT],
    };
    let rejected = (1..=rejected as u64).map(line).collect();
    let tally = RunTally { lines: 5, bytes: 9, strings_cut: 3, ..RunTally::default() };
    EnrichedRun { groups, rejected, tally, ..EnrichedRun::new(RunId(id), Arc::new(origin)) }
}

/// Records in order as (domain, octets), whatever groups they stand in.
fn records(run: &EnrichedRun) -> Vec<(u32, Vec<u8>)> {
    let of_group = |group: &RecordGroup| {
        let mut rest = &*group.bytes;
        let split = |length: &u16| {
            let (record, after) = rest.split_at(usize::from(*length));
            rest = after;
            (group.observation_domain_id, record.to_vec())
        };
        group.lengths.iter().map(split).collect::<Vec<_>>()
    };
    run.groups.iter().flat_map(of_group).collect()
}

fn read_all(messages: Vec<pb::ExportRequest>) -> ToReceiver<EnrichedRun> {
    let (mut reader, mut all) = (EnrichedReader::default(), ToReceiver::default());
    for message in messages {
        let said = reader.read(message).expect("is well formed");
        all.runs.extend(said.runs);
        all.refused.extend(said.refused);
        all.resume.extend(said.resume);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn enriched_runs_are_read_as_they_were_written_in_messages_of_bounded_length(
        shapes in prop::collection::vec(
            (prop::collection::vec(prop::collection::vec(1u16..9000, 0..300), 0..4), 0usize..40),
            0..6,
        ),
        resume in prop::collection::vec(any::<u128>(), 0..5),
    ) {
        let runs: Vec<_> = (0..).zip(shapes).map(|(id, (groups, rejected))| {
            let groups = (0..).zip(groups).map(|(domain, lengths)| group(domain, lengths));
            enriched(id, groups.collect(), rejected)
        }).collect();
        let resume: Vec<_> = resume.into_iter().map(RunId).collect();
        let said = ToReceiver { resume: resume.clone(), ..ToReceiver::runs(runs.clone()) };
        let messages = export_requests(said);
        for message in &messages {
            prop_assert!(prost::Message::encoded_len(message) < 3 * MESSAGE_OCTETS / 2);
        }
        let read = read_all(messages);
        prop_assert_eq!(read.runs.len(), runs.len());
        for (run, read) in runs.iter().zip(&read.runs) {
            prop_assert_eq!(run.id, read.id);
            prop_assert_eq!(&run.origin.source, &read.origin.source);
            prop_assert_eq!(run.tally, read.tally);
            prop_assert_eq!(&run.rejected, &read.rejected);
            prop_assert_eq!(records(run), records(read));
        }
        prop_assert_eq!((read.resume, read.refused), (resume, Vec::new()));
    }

    #[test]
    fn runs_of_lines_are_read_as_they_were_written(
        lengths in prop::collection::vec(0usize..400_000, 0..8),
        first_line in any::<u64>(),
    ) {
        let format = Arc::new(LogFormat::up_to_version(5).unwrap());
        let origin = Arc::new(Origin {
            source: "s3://bucket/key".to_owned(),
            region: Some("eu-west-1".to_owned()),
            ..Origin::default()
        });
        let runs: Vec<_> = (0..).zip(&lengths).map(|(id, length)| RawRun {
            id: RunId(id << 64 | 1),
            origin: Arc::clone(&origin),
            format: Arc::clone(&format),
            first_line,
            text: Bytes::from(vec![b'x'; *length]),
        }).collect();
        let mut reader = RawReader::default();
        let mut read = Vec::new();
        for message in enrich_requests(ToReceiver::runs(runs.clone())) {
            prop_assert!(prost::Message::encoded_len(&message) < 2 * MESSAGE_OCTETS);
            read.extend(reader.read(message).unwrap().runs);
        }
        prop_assert_eq!(read.len(), runs.len());
        for (run, read) in runs.iter().zip(&read) {
            prop_assert_eq!((run.id, &run.origin, &run.text), (read.id, &read.origin, &read.text));
            prop_assert_eq!(run.format.to_string(), read.format.to_string());
            prop_assert_eq!(run.first_line, read.first_line);
        }
    }
}

#[test]
fn answers_are_read_as_they_were_written() {
    let after = std::time::Duration::from_millis(1500);
    let answers = [
        Answer::Accepted,
        Answer::Committed,
        Answer::Unknown,
        Answer::Retry(RetryReason::StaleTemplates, std::time::Duration::ZERO),
        Answer::Retry(RetryReason::Unavailable, after),
        Answer::Retry(RetryReason::Draining, after),
        Answer::Rejected(RunRejection::Malformed),
        Answer::Rejected(RunRejection::TooLarge),
        Answer::Rejected(RunRejection::LogFormat),
    ];
    let answers = (1..).zip(answers).map(|(run, answer)| RunAnswer { run: RunId(run), answer });
    let answers = FromReceiver::Answers(answers.collect());
    for said in [answers, FromReceiver::Answers(Vec::new()), FromReceiver::Closing] {
        assert_eq!(enrich_response_of(enrich_response(said.clone())).unwrap(), said);
        assert_eq!(export_response_of(export_response(said.clone())).unwrap(), said);
    }
}

#[test]
fn layouts_are_read_as_they_were_written_and_unknown_ones_are_refused() {
    let layouts = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &[SOURCE_GEO_REGION]);
    let message = layouts_message(&layouts);
    let read = layouts_of(&message, &[SOURCE_GEO_REGION]).unwrap();
    assert_eq!(read.v4.revision(), layouts.v4.revision());
    assert_eq!(read.v6.revision(), layouts.v6.revision());

    let error = layouts_of(&message, &[]).unwrap_err();
    assert!(error.to_string().contains("sourceGeoRegion"), "{error}");
    let mut shuffled = layouts_message(&layouts);
    shuffled.layouts[0].revision += 1;
    let error = layouts_of(&shuffled, &[SOURCE_GEO_REGION]).unwrap_err();
    assert!(matches!(error, UnknownLayout::Revision { .. }), "{error}");
}

#[test]
fn layouts_with_addresses_of_both_families_are_read_in_their_order() {
    use weir_ipfix::element as ie;
    let number =
        weir_ipfix::InformationElement::weir(129, "number", weir_ipfix::DataType::Unsigned8);
    let mut extras = [
        ie::SOURCE_PACKET_IPV4_ADDRESS,
        ie::SOURCE_PACKET_IPV6_ADDRESS,
        number,
        ie::DESTINATION_PACKET_IPV6_ADDRESS,
        SOURCE_GEO_REGION,
        ie::DESTINATION_PACKET_IPV4_ADDRESS,
    ];
    for turn in 0..extras.len() {
        extras.rotate_left(turn);
        let layouts = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &extras);
        let read = layouts_of(&layouts_message(&layouts), &extras).unwrap();
        assert_eq!(read.v4.revision(), layouts.v4.revision(), "{extras:?}");
        assert_eq!(read.v6.revision(), layouts.v6.revision(), "{extras:?}");
    }
}

fn part(id: u128, continues: bool) -> pb::EnrichedRun {
    pb::EnrichedRun { id: Some(id_message(RunId(id))), continues, ..Default::default() }
}

fn batch(runs: Vec<pb::EnrichedRun>) -> pb::ExportRequest {
    let batch = pb::RecordBatch { runs };
    pb::ExportRequest { message: Some(pb::export_request::Message::Batch(batch)) }
}

#[test]
fn damaged_messages_end_the_stream_with_a_clear_status() {
    let group = pb::RecordGroup { lengths: Bytes::from_static(&[0]), ..Default::default() };
    let reason = pb::RejectedLine { reason: "no such".to_owned(), ..Default::default() };
    let cases = [
        (batch(vec![pb::EnrichedRun::default()]), "no id"),
        (batch(vec![part(1, true), part(2, false)]), "inside another"),
        (batch(vec![pb::EnrichedRun { groups: vec![group], ..part(1, false) }]), "two octets"),
        (batch(vec![pb::EnrichedRun { rejected: vec![reason], ..part(1, false) }]), "no reason"),
    ];
    for (message, expected) in cases {
        let status = EnrichedReader::default().read(message).unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument);
        assert!(status.message().contains(expected), "{status:?}");
    }
    let many = pb::Resume { runs: vec![id_message(RunId(1)); MAX_RESUME + 1] };
    let message = pb::export_request::Message::Resume(many);
    let message = pb::ExportRequest { message: Some(message) };
    assert!(EnrichedReader::default().read(message).is_err());
}

#[test]
fn a_run_of_too_many_octets_is_refused_and_holds_no_memory() {
    let mut reader = EnrichedReader::default();
    let lengths = Bytes::from(vec![0xff; 32]);
    let records = Bytes::from(vec![0; 1 << 20]);
    let group = pb::RecordGroup { lengths, records, ..Default::default() };
    for _ in 0..=MAX_ENRICHED >> 20 {
        let part = pb::EnrichedRun { groups: vec![group.clone()], ..part(9, true) };
        assert!(reader.read(batch(vec![part])).unwrap().runs.is_empty());
    }
    assert!(reader.open.as_ref().unwrap().run.groups.len() <= 1);
    let said = reader.read(batch(vec![part(9, false), part(10, false)])).unwrap();
    assert_eq!(said.refused, [(RunId(9), RunRejection::TooLarge)]);
    assert_eq!(said.runs.len(), 1);
}

#[test]
fn a_run_whose_format_is_undecided_stays_so() {
    let run = RawRun {
        id: RunId(1),
        origin: Arc::default(),
        format: Arc::new(LogFormat::undecided()),
        first_line: 1,
        text: Bytes::from_static(b"443 80\n"),
    };
    let mut reader = RawReader::default();
    let messages = enrich_requests(ToReceiver::runs(vec![run]));
    let read = messages.into_iter().flat_map(|message| reader.read(message).unwrap().runs);
    assert_eq!(read.map(|run| run.format.is_undecided()).collect::<Vec<_>>(), [true]);
}

#[test]
fn a_run_that_nobody_can_enrich_is_refused_by_its_id() {
    let id = |id| Some(id_message(RunId(id)));
    let format = "${version} ${srcaddr}".to_owned();
    let runs = vec![
        pb::RawRun { id: id(1), log_format: String::new(), ..Default::default() },
        pb::RawRun {
            id: id(2),
            log_format: format.clone(),
            text: Bytes::from(vec![0; RawRun::MAX_TEXT + 1]),
            ..Default::default()
        },
        pb::RawRun { id: id(3), log_format: format, ..Default::default() },
    ];
    let message = pb::enrich_request::Message::Batch(pb::RawBatch { runs });
    let said = RawReader::default().read(pb::EnrichRequest { message: Some(message) }).unwrap();
    let refused = [(RunId(1), RunRejection::LogFormat), (RunId(2), RunRejection::TooLarge)];
    assert_eq!(said.refused, refused);
    assert_eq!(said.runs.iter().map(|run| run.id).collect::<Vec<_>>(), [RunId(3)]);
}

#[test]
fn runs_without_an_end_share_a_budget_and_give_it_back() {
    let budget = Unfinished::within(3 << 20);
    let records = Bytes::from(vec![0; 1 << 20]);
    let group = pb::RecordGroup { records, ..Default::default() };
    let open = |id| pb::EnrichedRun { groups: vec![group.clone()], ..part(id, true) };
    let mut readers = [(); 4].map(|()| EnrichedReader::within(budget.clone()));
    let (last, others) = readers.split_last_mut().unwrap();
    for reader in others.iter_mut() {
        assert!(reader.read(batch(vec![open(1)])).unwrap().runs.is_empty());
    }
    let status = last.read(batch(vec![open(2)])).unwrap_err();
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    // A whole run needs none of it, and one that ends gives its share back.
    let whole = pb::EnrichedRun { groups: vec![group.clone()], ..part(3, false) };
    assert_eq!(last.read(batch(vec![whole])).unwrap().runs.len(), 1);
    assert_eq!(others[0].read(batch(vec![part(1, false)])).unwrap().runs.len(), 1);
    assert!(last.read(batch(vec![open(4)])).is_ok());
}
