//! SIGTERM under load: nothing is lost, nothing comes twice.

use rustix::process::Signal;
use weir_tests::{
    Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, UdpCollector, free_tcp_port, wait_for,
};

use crate::support::report;

const RECORDS: u64 = 60_000;

/// A pipeline in full flow, and its oracle.
struct Flow<'c> {
    plan: Plan,
    listen: String,
    exporter: Service,
    enrichers: Vec<Service>,
    tail: Service,
    oracle: Oracle<'c>,
    _collector: UdpCollector,
}

impl<'c> Flow<'c> {
    fn start(corpus: &'c Corpus) -> Self {
        corpus.write(0..RECORDS, 6_000);
        let collector = UdpCollector::open();
        let plan = Plan::new(&corpus.inventory(), &corpus.folder())
            .collector(&collector.url(), "records_per_second = 20000")
            .exporter("in_flight = \"2MiB\"\nheld = \"2MiB\"")
            .tail("in_flight = \"4MiB\"")
            .store();
        let listen = format!("127.0.0.1:{}", free_tcp_port());
        let exporter = plan.start_exporter_at(&listen);
        let number = |number| plan.start_enricher(number, &exporter.data_url());
        let enrichers: Vec<_> = (1..=2).map(number).collect();
        enrichers.iter().for_each(Service::wait_until_serving);
        let tail = plan.start_tail(&urls(&enrichers));
        let mut oracle = Oracle::new(corpus, 0..RECORDS, collector.arrivals());
        oracle.wait_for(RECORDS / 4);
        Self { plan, listen, exporter, enrichers, tail, oracle, _collector: collector }
    }

    /// Everything arrives once, and all end well.
    fn end(mut self, name: &str) {
        let verdict = self.oracle.wait_for_all();
        assert_eq!(self.tail.terminate(), Some(0), "{}", self.tail.log());
        for service in self.enrichers.iter_mut().chain([&mut self.exporter]) {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
        report(name, verdict.is_exact());
        self.oracle.verdict().is_exact();
    }
}

fn urls(enrichers: &[Service]) -> Vec<String> {
    enrichers.iter().map(Service::data_url).collect()
}

#[test]
fn an_enricher_that_is_asked_to_end_finishes_what_it_has() {
    let corpus = Corpus::new();
    let mut flow = Flow::start(&corpus);
    let mut enricher = flow.enrichers.remove(0);
    assert_eq!(enricher.terminate(), Some(0), "{}", enricher.log());
    assert!(flow.oracle.verdict().missing > 0, "there was no load left");
    flow.end("enricher drained");
}

#[test]
fn an_exporter_that_is_asked_to_end_writes_what_it_has() {
    let corpus = Corpus::new();
    let mut flow = Flow::start(&corpus);
    assert_eq!(flow.exporter.terminate(), Some(0), "{}", flow.exporter.log());
    assert!(flow.oracle.verdict().missing > 0, "there was no load left");
    flow.exporter = flow.plan.start_exporter_at(&flow.listen);
    flow.end("exporter drained");
}

#[test]
fn a_source_that_is_asked_to_end_goes_on_where_it_was() {
    let corpus = Corpus::new();
    let mut flow = Flow::start(&corpus);
    assert_eq!(flow.tail.terminate(), Some(0), "{}", flow.tail.log());
    assert!(flow.oracle.verdict().missing > 0, "there was no load left");
    flow.tail = flow.plan.start_tail(&urls(&flow.enrichers));
    flow.end("tail drained");
}

#[test]
fn a_second_sigterm_ends_each_service_at_once() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    // Nothing is ever committed: a drain cannot come to its end.
    let collector = TcpCollector::open(TcpMode::Refusing);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let mut pipeline = plan.start(1);
    let exporter = &pipeline.exporter;
    wait_for("runs to be held", || {
        (exporter.metrics().sum("weir_exporter_held_bytes") > 0).then_some(())
    });
    let services = [&mut pipeline.exporter, &mut pipeline.enrichers[0], &mut pipeline.tail];
    for service in services {
        service.signal(Signal::TERM);
        wait_for(&format!("{} to drain", service.name()), || (!service.is_serving()).then_some(()));
        assert_eq!(service.exit_code(), None, "{} did not wait", service.name());
        // 128 and the number of the signal.
        assert_eq!(service.terminate(), Some(143), "{}", service.log());
    }
}
