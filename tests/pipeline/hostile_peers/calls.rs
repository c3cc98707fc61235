//! Calls with wrong, senseless and oversized messages, and answers that nobody reads.

use tokio_stream::iter;
use tonic::Code;
use weir_rpc::pb::enrich_service_client::EnrichServiceClient;
use weir_rpc::pb::{
    Answer, AnswerKind, AnswerReason, EnrichRequest, EnrichedRun, RawRun, RecordGroup, Resume,
    enrich_request,
};
use weir_tests::wait_for;

use super::attacked;
use super::client::{channel, client, enrich, enriched, export, id, nonsense, raw};

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
