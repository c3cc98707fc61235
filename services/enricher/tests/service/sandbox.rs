//! An enricher whose source, exporter, layouts and inventory are the test's.

use std::collections::VecDeque;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use weir_delivery::{Answer, EnrichedRun, Origin, RawRun, RunAnswer, RunId};
use weir_enricher::service::{
    EnricherConfig, EnricherCore, ExporterEnd, InventorySource, follow_inventory,
};
use weir_flowlog::LogFormat;
use weir_inventory::FallbackExporter;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_rpc::dispatcher::DispatcherConfig;
use weir_rpc::link::{FromReceiver, Local, ReceiverEnd, SenderEnd, ToReceiver, in_process};
use weir_rpc::receiver::ReceiverConfig;

const DEADLINE: Duration = Duration::from_secs(30);

/// The inventory's file, replaced as a whole.
pub(crate) struct InventoryFile {
    folder: TempDir,
}

impl InventoryFile {
    fn path(&self) -> PathBuf {
        self.folder.path().join("inventory.json")
    }

    pub(crate) fn write(&self, json: String) {
        let new = self.folder.path().join("new.json");
        fs::write(&new, json).unwrap();
        fs::rename(new, self.path()).unwrap();
    }
}

/// What has come over an exporter's end of its link.
#[derive(Debug, Default)]
struct Said {
    runs: VecDeque<EnrichedRun>,
    announced: VecDeque<RunId>,
}

/// An exporter whose every word is the test's.
pub(crate) struct Exporter {
    pub(crate) layouts: watch::Sender<Option<Arc<LayoutPair>>>,
    links: mpsc::Receiver<ReceiverEnd<EnrichedRun>>,
    link: Option<ReceiverEnd<EnrichedRun>>,
    said: Said,
}

impl Exporter {
    fn new(
        name: usize,
        layouts: Option<Arc<LayoutPair>>,
    ) -> (Self, ExporterEnd<Local<EnrichedRun>>) {
        let (layouts, known) = watch::channel(layouts);
        let (opened, links) = mpsc::channel(8);
        let receivers = Local::new(move |end| opened.try_send(end).unwrap());
        let target = format!("exporter-{name}");
        let end = ExporterEnd { target, receivers, layouts: known };
        (Self { layouts, links, link: None, said: Said::default() }, end)
    }

    /// The next run, or part of one, that comes to it.
    pub(crate) async fn enriched(&mut self) -> EnrichedRun {
        loop {
            if let Some(run) = self.said.runs.pop_front() {
                return run;
            }
            self.read().await;
        }
    }

    /// The next run that is announced to it.
    pub(crate) async fn announced(&mut self) -> RunId {
        loop {
            if let Some(run) = self.said.announced.pop_front() {
                return run;
            }
            self.read().await;
        }
    }

    /// Lets it say something.
    pub(crate) async fn say(&mut self, answer: RunAnswer) {
        let link = self.link.as_ref().expect("the enricher has opened a link");
        link.responses.send(FromReceiver::Answers(vec![answer])).await.unwrap();
    }

    /// Answers the next run or part that comes to it.
    pub(crate) async fn answer_next(&mut self, answer: Answer) -> EnrichedRun {
        let run = self.enriched().await;
        self.say(RunAnswer { run: run.id, answer }).await;
        run
    }

    async fn read(&mut self) {
        if self.link.is_none() {
            self.link = timeout(DEADLINE, self.links.recv()).await.expect("a link");
        }
        let link = self.link.as_mut().unwrap();
        let said = timeout(DEADLINE, link.requests.next()).await.expect("something is said");
        let said = said.expect("the link is open").unwrap();
        self.said.runs.extend(said.runs);
        self.said.announced.extend(said.resume);
    }
}

pub(crate) struct Sandbox {
    pub(crate) core: Arc<EnricherCore>,
    pub(crate) inventory: InventoryFile,
    pub(crate) exporter: Exporter,
}

impl Sandbox {
    pub(crate) fn start(layouts: Option<Arc<LayoutPair>>) -> Self {
        let (core, inventory, [exporter]) = start([layouts]);
        Self { core, inventory, exporter }
    }

    pub(crate) fn source(&self) -> Source {
        Source::to(&self.core)
    }

    /// Waits until the inventory has been read again.
    pub(crate) async fn until_loaded(&self) {
        until_loaded(&self.core).await;
    }
}

/// An enricher with an exporter for each of these layouts.
pub(crate) fn start<const N: usize>(
    layouts: [Option<Arc<LayoutPair>>; N],
) -> (Arc<EnricherCore>, InventoryFile, [Exporter; N]) {
    let inventory = InventoryFile { folder: TempDir::new().unwrap() };
    let mut ends = Vec::new();
    let exporters = layouts.map(|layouts| {
        let (exporter, end) = Exporter::new(ends.len(), layouts);
        ends.push(end);
        exporter
    });
    let config = EnricherConfig {
        threads: NonZeroUsize::new(2).unwrap(),
        receiver: ReceiverConfig { memory: 0, ..ReceiverConfig::default() },
        dispatcher: DispatcherConfig::default(),
        geo_database: None,
    };
    let source = InventorySource::File(inventory.path());
    let loaded = follow_inventory(source, FallbackExporter::default());
    let core = EnricherCore::start(&config, ends, loaded).unwrap();
    (core, inventory, exporters)
}

/// Waits until the inventory has been read again.
pub(crate) async fn until_loaded(core: &EnricherCore) {
    let mut inventory = core.inventory();
    let before = inventory.borrow_and_update().as_ref().map(Arc::as_ptr);
    let is_other = |now: &Option<Arc<_>>| now.is_some() && now.as_ref().map(Arc::as_ptr) != before;
    timeout(DEADLINE, inventory.wait_for(is_other)).await.expect("in time").unwrap();
}

pub(crate) struct Source {
    end: SenderEnd<RawRun>,
    answers: VecDeque<RunAnswer>,
}

impl Source {
    pub(crate) fn to(core: &Arc<EnricherCore>) -> Self {
        let (end, receiver) = in_process();
        let core = Arc::clone(core);
        tokio::spawn(async move { core.serve(receiver).await });
        Self { end, answers: VecDeque::new() }
    }

    pub(crate) async fn send(&self, run: RawRun) {
        self.say(ToReceiver::runs(vec![run])).await;
    }

    pub(crate) async fn say(&self, said: ToReceiver<RawRun>) {
        self.end.requests.send(said).await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> RunAnswer {
        while self.answers.is_empty() {
            let said = timeout(DEADLINE, self.end.responses.next()).await.expect("an answer");
            if let FromReceiver::Answers(answers) = said.expect("the link is open").unwrap() {
                self.answers.extend(answers);
            }
        }
        self.answers.pop_front().unwrap()
    }
}

/// Whether the text is in some record.
pub(crate) trait Holds {
    fn holds(&self, text: &str) -> bool;
}

impl Holds for EnrichedRun {
    fn holds(&self, text: &str) -> bool {
        let is_at = |octets: &[u8]| octets == text.as_bytes();
        self.groups.iter().any(|group| group.bytes.windows(text.len()).any(is_at))
    }
}

pub(crate) fn answer(run: u128, answer: Answer) -> RunAnswer {
    RunAnswer { run: RunId(run), answer }
}

pub(crate) fn layouts() -> Arc<LayoutPair> {
    Arc::new(LayoutPair::new(DEFAULT_ENTERPRISE_NUMBER))
}

/// One instance of this name at 10.0.0.5.
pub(crate) fn inventory(name: &str) -> String {
    format!(
        r#"{{
        "vpcs": [{{"id": "vpc-1", "account_id": "123456789012", "region": "eu-west-1",
                   "cidrs": ["10.0.0.0/16"]}}],
        "instances": [{{"id": "i-1", "name": "{name}"}}],
        "interfaces": [{{"id": "eni-1", "account_id": "123456789012", "vpc_id": "vpc-1",
                         "instance_id": "i-1", "addresses": [{{"private": "10.0.0.5"}}]}}]
        }}"#
    )
}

/// Two lines of eni-1.
pub(crate) fn run(id: u128) -> RawRun {
    let text = "eni-1 10.0.0.5 192.0.2.1 100 1 1700000000 1700000060\n\
                eni-1 192.0.2.1 10.0.0.5 200 2 1700000000 1700000060\n";
    RawRun { text: Bytes::from_static(text.as_bytes()), ..run_of(id, "") }
}

/// Lines of these fields.
pub(crate) fn run_of(id: u128, text: &str) -> RawRun {
    let format = LogFormat::parse("interface-id srcaddr dstaddr bytes packets start end").unwrap();
    RawRun {
        id: RunId(id),
        origin: Arc::new(Origin { source: "flows.log".to_owned(), ..Origin::default() }),
        format: Arc::new(format),
        first_line: 2,
        text: Bytes::copy_from_slice(text.as_bytes()),
    }
}
