//! Peers that send nonsense, too much, or nothing: each gets a clear status, others feel nothing.

use std::future::Future;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio_stream::iter;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use weir_rpc::pb::enrich_service_client::EnrichServiceClient;
use weir_rpc::pb::export_service_client::ExportServiceClient;
use weir_rpc::pb::{
    Answer, AnswerKind, AnswerReason, EnrichRequest, EnrichResponse, EnrichedRun, ExportRequest,
    ExportResponse, RawBatch, RawRun, RecordBatch, RecordGroup, Resume, RunId, enrich_request,
    enrich_response, export_request, export_response,
};
use weir_tests::{Corpus, Oracle, Pipeline, Plan, UdpCollector, wait_for};

use crate::support::report;

const RECORDS: u64 = 60_000;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a hostile peer does to a pipeline in full flow. All of it still arrives once.
fn attacked(name: &str, attack: impl FnOnce(&Pipeline, &Corpus)) {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000");
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 10);
    attack(&pipeline, &corpus);
    oracle.wait_for_all();
    for service in pipeline.enrichers.iter().chain([&pipeline.exporter]) {
        assert!(service.is_serving(), "{} has suffered", service.name());
    }
    assert_eq!(pipeline.tail.metrics().sum("weir_ingest_rewinds_total"), 0);
    pipeline.end();
    report(name, oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}

/// Runs a client to its end.
fn client<T>(calls: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let timed = async { tokio::time::timeout(PATIENCE, calls).await.expect("an answer in time") };
    runtime.block_on(timed)
}

async fn channel(url: String) -> Channel {
    Endpoint::from_shared(url).unwrap().connect().await.unwrap()
}

/// Sends `requests` to an enricher and ends its half: all answers, and how the stream ended.
async fn enrich(url: String, requests: Vec<EnrichRequest>) -> (Vec<Answer>, Result<(), Status>) {
    let mut client = EnrichServiceClient::new(channel(url).await);
    let mut answers = Vec::new();
    let mut responses = match client.enrich(iter(requests)).await {
        Ok(response) => response.into_inner(),
        Err(status) => return (answers, Err(status)),
    };
    loop {
        match responses.message().await {
            Ok(Some(EnrichResponse { message: Some(enrich_response::Message::Answers(said)) })) => {
                answers.extend(said.answers);
            }
            Ok(Some(_)) => {}
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

/// The same with an exporter.
async fn export(url: String, requests: Vec<ExportRequest>) -> (Vec<Answer>, Result<(), Status>) {
    let mut client = ExportServiceClient::new(channel(url).await);
    let mut answers = Vec::new();
    let mut responses = match client.export(iter(requests)).await {
        Ok(response) => response.into_inner(),
        Err(status) => return (answers, Err(status)),
    };
    loop {
        match responses.message().await {
            Ok(Some(ExportResponse { message: Some(export_response::Message::Answers(said)) })) => {
                answers.extend(said.answers);
            }
            Ok(Some(_)) => {}
            Ok(None) => return (answers, Ok(())),
            Err(status) => return (answers, Err(status)),
        }
    }
}

fn id(low: u64) -> RunId {
    RunId { high: 0xbad, low }
}

fn raw(runs: Vec<RawRun>) -> EnrichRequest {
    EnrichRequest { message: Some(enrich_request::Message::Batch(RawBatch { runs })) }
}

fn enriched(runs: Vec<EnrichedRun>) -> ExportRequest {
    ExportRequest { message: Some(export_request::Message::Batch(RecordBatch { runs })) }
}

/// A run of lines that are none: it becomes no record, and rejected lines.
fn nonsense(low: u64, octets: usize) -> RawRun {
    RawRun {
        id: Some(id(low)),
        log_format: Corpus::log_format(),
        text: b"nonsense\n".repeat(octets / 9).into(),
        first_line: 1,
        ..RawRun::default()
    }
}

fn only(answers: &[Answer]) -> (AnswerKind, AnswerReason) {
    let [answer] = answers else { panic!("{} answers", answers.len()) };
    (answer.kind(), answer.reason())
}

#[test]
fn wrong_runs_are_answered_one_by_one() {
    attacked("wrong runs", |pipeline, _| {
        let (enricher, exporter) = (pipeline.enrichers[0].data_url(), pipeline.exporter.data_url());
        client(async {
            // Announced runs that nobody has.
            let runs = (0..3).map(id).collect();
            let resume = enrich_request::Message::Resume(Resume { runs });
            let resume = EnrichRequest { message: Some(resume) };
            let (answers, end) = enrich(enricher.clone(), vec![resume]).await;
            end.unwrap();
            assert_eq!(answers.len(), 3);
            assert!(answers.iter().all(|answer| answer.kind() == AnswerKind::Unknown));

            // A field list that is none, and a run above the limit.
            let formless = RawRun { log_format: "${no-such-".to_owned(), ..nonsense(10, 90) };
            let (answers, end) = enrich(enricher.clone(), vec![raw(vec![formless])]).await;
            end.unwrap();
            assert_eq!(only(&answers), (AnswerKind::Rejected, AnswerReason::LogFormat));
            let large = vec![raw(vec![nonsense(11, 600 * 1024)])];
            let (answers, end) = enrich(enricher.clone(), large).await;
            end.unwrap();
            assert_eq!(only(&answers), (AnswerKind::Rejected, AnswerReason::TooLarge));

            // The same run many times at once is processed, and answered, once.
            let (answers, end) = enrich(enricher, vec![raw(vec![nonsense(12, 90); 50])]).await;
            end.unwrap();
            let final_ones = answers.iter().filter(|it| it.kind() != AnswerKind::Accepted);
            let final_ones: Vec<_> = final_ones.map(Answer::kind).collect();
            assert_eq!(final_ones, [AnswerKind::Committed]);

            // Records under a layout that nobody has.
            let group = RecordGroup {
                layout_revision: 1,
                observation_domain_id: 1,
                lengths: vec![0, 20].into(),
                records: vec![0; 20].into(),
            };
            let run =
                EnrichedRun { id: Some(id(20)), groups: vec![group], ..EnrichedRun::default() };
            let (answers, end) = export(exporter, vec![enriched(vec![run])]).await;
            end.unwrap();
            assert_eq!(only(&answers).0, AnswerKind::StaleTemplates);
        });
    });
}

#[test]
fn messages_that_make_no_sense_end_their_stream_with_invalid_argument() {
    attacked("senseless messages", |pipeline, _| {
        let (enricher, exporter) = (pipeline.enrichers[0].data_url(), pipeline.exporter.data_url());
        client(async {
            let nameless = RawRun { id: None, ..nonsense(30, 90) };
            let (_, end) = enrich(enricher, vec![raw(vec![nameless])]).await;
            assert_eq!(end.unwrap_err().code(), Code::InvalidArgument);

            let part =
                |low| EnrichedRun { id: Some(id(low)), continues: true, ..EnrichedRun::default() };
            let nested = vec![enriched(vec![part(31), part(32)])];
            let (_, end) = export(exporter, nested).await;
            assert_eq!(end.unwrap_err().code(), Code::InvalidArgument);
        });
    });
}

#[test]
fn a_message_of_five_mebibytes_ends_its_stream_with_out_of_range() {
    attacked("5 MiB", |pipeline, _| {
        let (enricher, exporter) = (pipeline.enrichers[0].data_url(), pipeline.exporter.data_url());
        client(async {
            let large = vec![raw(vec![nonsense(40, 5 << 20)])];
            let (_, end) = enrich(enricher, large).await;
            assert_eq!(end.unwrap_err().code(), Code::OutOfRange);
            let group = RecordGroup { records: vec![0; 5 << 20].into(), ..RecordGroup::default() };
            let run =
                EnrichedRun { id: Some(id(41)), groups: vec![group], ..EnrichedRun::default() };
            let (_, end) = export(exporter, vec![enriched(vec![run])]).await;
            assert_eq!(end.unwrap_err().code(), Code::OutOfRange);
        });
    });
}

#[test]
fn a_peer_that_never_reads_its_answers_is_left_behind() {
    attacked("no reads", |pipeline, _| {
        let enricher = pipeline.enrichers[0].data_url();
        let before = pipeline.enrichers[0].resident();
        client(async {
            let mut client = EnrichServiceClient::new(channel(enricher).await);
            let requests = (0..2_000).map(|number| raw(vec![nonsense(1_000 + number, 90); 8]));
            // Its answers stay where they are, as long as this is not dropped.
            let _unread = client.enrich(iter(requests)).await.unwrap();
            wait_for("its runs to be taken", || {
                let rejected = "weir_enricher_rejected_lines_total";
                (pipeline.enrichers[0].metrics().sum(rejected) >= 2_000).then_some(())
            });
        });
        let grown = pipeline.enrichers[0].resident().saturating_sub(before);
        println!("the enricher grew by {} KiB", grown / 1024);
    });
}

#[test]
fn a_peer_that_half_closes_gets_its_answers() {
    attacked("half-closed", |pipeline, _| {
        let enricher = pipeline.enrichers[0].data_url();
        client(async {
            // With nothing said, and with a run.
            enrich(enricher.clone(), Vec::new()).await.1.unwrap();
            let (answers, end) = enrich(enricher, vec![raw(vec![nonsense(50, 900)])]).await;
            end.unwrap();
            let kinds: Vec<_> = answers.iter().map(Answer::kind).collect();
            assert_eq!(kinds.last(), Some(&AnswerKind::Committed), "{kinds:?}");
        });
    });
}

#[test]
fn garbage_and_silence_are_cut_off() {
    attacked("garbage", |pipeline, _| {
        let addresses = [
            pipeline.enrichers[0].addresses().data,
            pipeline.exporter.addresses().data,
            pipeline.exporter.addresses().admin,
            pipeline.tail.addresses().admin,
        ];
        let texts: [&[u8]; 4] = [
            b"",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            &[0xff; 70_000],
            // The preface of HTTP/2 and settings whose length is none.
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x05\x04\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff",
        ];
        let addresses: Vec<_> = addresses.into_iter().flatten().collect();
        let pairs = addresses.iter().flat_map(|address| texts.map(|text| (*address, text)));
        let peers: Vec<_> = pairs.map(|(address, text)| speak(address, text)).collect();
        // All at once: some are cut off when the time for a first frame is over.
        for mut peer in peers {
            let mut said = Vec::new();
            if let Err(error) = peer.read_to_end(&mut said) {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
            }
            assert!(said.len() < 1024, "{} octets said", said.len());
        }
    });
}

fn speak(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be cut off before all is written.
    drop(stream.write_all(text));
    stream
}

#[test]
fn more_connections_than_a_listener_takes_are_closed_at_once() {
    attacked("many connections", |pipeline, _| {
        let admin = pipeline.exporter.addresses().admin.unwrap();
        let data = pipeline.exporter.addresses().data.unwrap();
        let open = |address: SocketAddr, count: usize| -> Vec<_> {
            (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
        };
        let crowd = [open(admin, 300), open(data, 1_100)];
        let is_closed = |stream: &TcpStream| {
            stream.set_nonblocking(true).unwrap();
            matches!((&*stream).read(&mut [0; 64]), Ok(0))
        };
        for (streams, most) in crowd.iter().zip([128, 1024]) {
            let surplus = streams.len() - most;
            wait_for("surplus connections to be closed", || {
                let closed = streams.iter().filter(|stream| is_closed(stream)).count();
                (closed >= surplus).then_some(())
            });
        }
        drop(crowd);
        wait_for("people to get in again", || pipeline.exporter.is_serving().then_some(()));
    });
}
