//! Two versions that follow each other work together, as they do while all is upgraded: messages
//! of the next version have fields that this one does not know, and those of the one before lack
//! some that it does.

use std::time::Duration;

use prost::Message;
use tokio::runtime::Builder;
use tokio_stream::iter;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Request, Status};
use weir_rpc::codec::BatchCodec;
use weir_rpc::pb::{
    AnswerKind, EnrichRequest, EnrichResponse, EnrichedRun, ExportRequest, ExportResponse,
    RawBatch, RawRun, RecordBatch, Resume, RunId, RunTally, enrich_request, enrich_response,
    export_request, export_response,
};
use weir_tests::{Corpus, Oracle, Plan, UdpCollector};

use crate::support::report;

/// What goes the ordinary way meanwhile.
const RECORDS: u64 = 20_000;
/// What comes from peers of other versions.
const OTHERS: u64 = 1_000;

/// A message as another version writes it: its octets.
#[derive(Clone, PartialEq, Debug, Default)]
struct Octets(Vec<u8>);

impl Message for Octets {
    fn encode_raw(&self, buffer: &mut impl prost::bytes::BufMut) {
        buffer.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        _: u32,
        _: prost::encoding::WireType,
        _: &mut impl prost::bytes::Buf,
        _: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        unreachable!("it is never read")
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// The message with a text, a number and a message in fields that nobody has as yet.
fn with_more(message: &impl Message) -> Vec<u8> {
    let mut octets = message.encode_to_vec();
    prost::encoding::string::encode(900, &"of the next version".to_owned(), &mut octets);
    prost::encoding::uint64::encode(901, &u64::MAX, &mut octets);
    prost::encoding::message::encode(902, &RunId { high: 1, low: 2 }, &mut octets);
    octets
}

/// A message whose field `tag` is one that is encoded already.
fn around(tag: u32, octets: Vec<u8>) -> Octets {
    let mut outer = Vec::new();
    prost::encoding::bytes::encode(tag, &octets, &mut outer);
    Octets(outer)
}

/// A batch with one run, and more in each message than this version knows.
fn of_next_version(run: &impl Message) -> Octets {
    let Octets(batch) = around(1, with_more(run));
    let Octets(request) = around(1, with_more(&Octets(batch)));
    Octets(with_more(&Octets(request)))
}

fn run(low: u64) -> RunId {
    RunId { high: 0x9e, low }
}

/// Calls `path`, says all of it, and gives what is answered.
fn call<R: Message + Default + 'static>(
    url: String,
    path: &'static str,
    messages: Vec<Octets>,
) -> Result<Vec<R>, Status> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let calls = async {
        let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
        let mut client = Grpc::new(channel);
        client.ready().await.unwrap();
        let codec = BatchCodec::<Octets, R>::default();
        let path = PathAndQuery::from_static(path);
        let answers = client.streaming(Request::new(iter(messages)), path, codec).await?;
        let (mut answers, mut all) = (answers.into_inner(), Vec::new());
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    };
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), calls).await.unwrap() })
}

fn enrich(url: String, messages: Vec<Octets>) -> Vec<(u64, AnswerKind)> {
    let said = call::<EnrichResponse>(url, "/weir.v1.EnrichService/Enrich", messages).unwrap();
    let answers = said.into_iter().filter_map(|each| match each.message {
        Some(enrich_response::Message::Answers(answers)) => Some(answers.answers),
        _ => None,
    });
    let kinds = answers.flatten().map(|answer| (answer.run.unwrap().low, answer.kind()));
    kinds.filter(|(_, kind)| *kind != AnswerKind::Accepted).collect()
}

fn export(url: String, messages: Vec<Octets>) -> Vec<(u64, AnswerKind)> {
    let said = call::<ExportResponse>(url, "/weir.v1.ExportService/Export", messages).unwrap();
    let answers = said.into_iter().filter_map(|each| match each.message {
        Some(export_response::Message::Answers(answers)) => Some(answers.answers),
        _ => None,
    });
    let kinds = answers.flatten().map(|answer| (answer.run.unwrap().low, answer.kind()));
    kinds.filter(|(_, kind)| *kind != AnswerKind::Accepted).collect()
}

#[test]
fn peers_of_the_version_before_and_of_the_next_are_understood_in_full_flow() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 2_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000");
    let mut pipeline = plan.start(1);
    let all = RECORDS + 2 * OTHERS;
    let mut oracle = Oracle::new(&corpus, 0..all, collector.arrivals());
    let (enricher, exporter) = (pipeline.enrichers[0].data_url(), pipeline.exporter.data_url());

    let lines = |numbers| {
        let text = corpus.text(numbers);
        let (_, lines) = text.split_once('\n').unwrap();
        RawRun {
            log_format: Corpus::log_format(),
            text: lines.as_bytes().to_vec().into(),
            ..RawRun::default()
        }
    };
    // A source of the next version: more fields in each message, a kind of message that is not
    // known, and then what an older one says, which has nothing but what it must have.
    let next = RawRun { id: Some(run(1)), ..lines(RECORDS..RECORDS + OTHERS) };
    let next = RawRun { source: "s3://next/1".to_owned(), first_line: 1, ..next };
    let unknown = around(15, with_more(&run(9)));
    let older = RawRun { id: Some(run(2)), ..lines(RECORDS + OTHERS..all) };
    let older = enrich_request::Message::Batch(RawBatch { runs: vec![older] });
    let older = Octets(EnrichRequest { message: Some(older) }.encode_to_vec());
    let answers = enrich(enricher, vec![of_next_version(&next), unknown.clone(), older]);
    let mut answers: Vec<_> = answers.into_iter().collect();
    answers.sort_by_key(|(low, _)| *low);
    assert_eq!(answers, [(1, AnswerKind::Committed), (2, AnswerKind::Committed)]);

    // Enrichers of both, with runs whose lines were all without a flow.
    let tally = Some(RunTally { lines: 3, no_data: 3, ..RunTally::default() });
    let next = EnrichedRun { id: Some(run(11)), tally, ..EnrichedRun::default() };
    let older = EnrichedRun { id: Some(run(12)), ..EnrichedRun::default() };
    let older = export_request::Message::Batch(RecordBatch { runs: vec![older] });
    let older = Octets(ExportRequest { message: Some(older) }.encode_to_vec());
    let resume = export_request::Message::Resume(Resume { runs: vec![run(13)] });
    let resume = Octets(with_more(&ExportRequest { message: Some(resume) }));
    let messages = vec![of_next_version(&next), unknown, older, resume];
    let mut answers = export(exporter, messages);
    answers.sort_by_key(|(low, _)| *low);
    let expected =
        [(11, AnswerKind::Committed), (12, AnswerKind::Committed), (13, AnswerKind::Unknown)];
    assert_eq!(answers, expected);

    oracle.wait_for_all();
    pipeline.end();
    report("versions", oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}
