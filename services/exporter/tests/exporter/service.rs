//! The exporter behind links: what comes again, what is held back, what is unknown.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use weir_delivery::{Answer, EnrichedRun, RetryReason, RunAnswer, RunId};
use weir_exporter::service::ExporterCore;
use weir_exporter::{ExporterConfig, Transport};
use weir_ipfix::{AddressFamily, Layout};
use weir_rpc::link::{FromReceiver, SenderEnd, ToReceiver, in_process};
use weir_rpc::receiver::ReceiverConfig;

use crate::support::collector::Collector;
use crate::support::receiver::{TcpReceiver, UdpReceiver, absent_tcp, peer};
use crate::support::{DEADLINE, collector, flows, run, simple_run, to_collectors};

/// An exporter that holds back as much as it is given.
fn start(config: ExporterConfig) -> Arc<ExporterCore> {
    let core = ExporterCore::start(&config.for_service(), ReceiverConfig::default(), 64 << 20);
    let core = core.expect("starts");
    let holding = Arc::clone(&core);
    tokio::spawn(async move { holding.hold().await });
    core
}

/// The sender's end of a link to the exporter.
struct Sender {
    end: SenderEnd<EnrichedRun>,
    answers: Vec<RunAnswer>,
}

impl Sender {
    fn to(core: &Arc<ExporterCore>) -> Self {
        let (end, receiver) = in_process();
        let core = Arc::clone(core);
        tokio::spawn(async move { core.serve(receiver).await });
        Self { end, answers: Vec::new() }
    }

    async fn send(&self, run: &EnrichedRun) {
        self.say(ToReceiver::runs(vec![run.clone()])).await;
    }

    async fn say(&self, said: ToReceiver<EnrichedRun>) {
        self.end.requests.send(said).await.expect("the exporter reads");
    }

    /// The next answer.
    async fn answer(&mut self) -> RunAnswer {
        while self.answers.is_empty() {
            let said = timeout(DEADLINE, self.end.responses.next()).await.expect("an answer");
            match said.expect("the link is open").expect("the link is whole") {
                FromReceiver::Answers(answers) => self.answers.extend(answers),
                FromReceiver::Closing => panic!("nobody asked the exporter to close"),
            }
        }
        self.answers.remove(0)
    }
}

fn answer(run: u128, answer: Answer) -> RunAnswer {
    RunAnswer { run: RunId(run), answer }
}

#[tokio::test]
async fn a_run_that_comes_again_is_answered_and_not_written_again() {
    let receiver = UdpReceiver::new();
    let core = start(to_collectors(vec![collector(Transport::Udp, receiver.peer())]));
    let run = simple_run(1, 0..100);
    let (mut first, mut second) = (Sender::to(&core), Sender::to(&core));
    for sender in [&mut first, &mut second] {
        sender.send(&run).await;
        assert_eq!(sender.answer().await, answer(1, Answer::Committed));
    }
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 100);
    assert!(receiver.is_silent());
    assert_eq!(collector.numbers(), Vec::from_iter(0..100));
    let status = core.receiver_status();
    assert_eq!((status.duplicates, status.remembered, status.pending), (1, 1, 0));
}

#[tokio::test]
async fn a_run_that_an_output_holds_back_is_accepted_and_every_sender_of_it_hears_the_end() {
    let address = absent_tcp();
    let core = start(to_collectors(vec![collector(Transport::Tcp, peer(address))]));
    let run = simple_run(1, 0..100);
    let mut first = Sender::to(&core);
    first.send(&run).await;
    assert_eq!(first.answer().await, answer(1, Answer::Accepted));
    assert!(core.held_octets() > 0);
    assert_eq!(core.receiver_status().octets_in_flight, 0);
    // One sends it again, another announces it: both are told at once how it is.
    let (mut second, mut third) = (Sender::to(&core), Sender::to(&core));
    second.send(&run).await;
    third.say(ToReceiver::resume(vec![RunId(1)])).await;
    assert_eq!(second.answer().await, answer(1, Answer::Accepted));
    assert_eq!(third.answer().await, answer(1, Answer::Accepted));

    let receiver = TcpReceiver::bind(address);
    let received = tokio::task::spawn_blocking(move || {
        let mut connection = receiver.accept();
        connection.receive(100);
        connection.collector.numbers()
    });
    for sender in [&mut first, &mut second, &mut third] {
        assert_eq!(sender.answer().await, answer(1, Answer::Committed));
    }
    assert_eq!(received.await.expect("receives"), Vec::from_iter(0..100));
    assert_eq!(core.held_octets(), 0);
}

#[tokio::test]
async fn an_announced_run_that_is_not_here_is_unknown_and_can_be_sent_after() {
    let core = start(ExporterConfig::default());
    let mut sender = Sender::to(&core);
    sender.say(ToReceiver::resume(vec![RunId(7)])).await;
    assert_eq!(sender.answer().await, answer(7, Answer::Unknown));
    sender.send(&simple_run(7, 0..1)).await;
    assert_eq!(sender.answer().await, answer(7, Answer::Committed));
}

#[tokio::test]
async fn a_run_of_another_layout_or_a_damaged_one_is_answered_and_the_link_goes_on() {
    let core = start(ExporterConfig::default());
    let mut sender = Sender::to(&core);
    let other = Layout::new(AddressFamily::V4, 1);
    sender.send(&run(1, vec![flows(&other, 7, 0..1)])).await;
    let stale = Answer::Retry(RetryReason::StaleTemplates, std::time::Duration::ZERO);
    assert_eq!(sender.answer().await, answer(1, stale));
    let mut damaged = simple_run(2, 0..2);
    damaged.groups[0].bytes.to_mut().pop();
    sender.send(&damaged).await;
    assert!(matches!(sender.answer().await.answer, Answer::Rejected(_)));
    // Neither is remembered: sent again as it should be, it is written.
    sender.send(&simple_run(1, 0..1)).await;
    assert_eq!(sender.answer().await, answer(1, Answer::Committed));
}

#[tokio::test]
async fn links_end_once_all_is_answered_when_the_exporter_is_closed() {
    let core = start(ExporterConfig::default());
    let mut sender = Sender::to(&core);
    sender.send(&simple_run(1, 0..10)).await;
    assert_eq!(sender.answer().await, answer(1, Answer::Committed));
    core.close();
    let said = timeout(DEADLINE, sender.end.responses.next()).await.expect("in time");
    assert_eq!(said.expect("open").expect("whole"), FromReceiver::Closing);
    // What was on its way is still taken.
    sender.send(&simple_run(2, 10..20)).await;
    assert_eq!(sender.answer().await, answer(2, Answer::Committed));
    let SenderEnd { requests, mut responses } = sender.end;
    drop(requests);
    assert!(timeout(DEADLINE, responses.next()).await.expect("in time").is_none());
    assert_eq!(core.receiver_status().streams, 0);
}
