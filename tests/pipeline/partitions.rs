//! The network between two stages is cut, swallows or delays what is said, or leads elsewhere.

use std::time::Duration;

use weir_tests::{
    Corpus, Faults, Oracle, Plan, Proxy, Service, UdpCollector, wait_for, wait_long_for,
};

use crate::support::report;

const RECORDS: u64 = 60_000;

/// How long a silent peer may go unnoticed: keepalive asks after 30 s and waits for 20 s.
const UNNOTICED: Duration = Duration::from_secs(70);

/// Two enrichers, the first behind a proxy, and a proxy before the exporter.
struct Network<'c> {
    before_enricher: Proxy,
    before_exporter: Proxy,
    tail: Service,
    enrichers: Vec<Service>,
    exporter: Service,
    oracle: Oracle<'c>,
    collector: UdpCollector,
    plan: Plan,
}

impl<'c> Network<'c> {
    fn start(corpus: &'c Corpus) -> Self {
        corpus.write(0..RECORDS, 6_000);
        let collector = UdpCollector::open();
        let plan = Plan::new(&corpus.inventory(), &corpus.folder())
            .collector(&collector.url(), "records_per_second = 20000")
            .exporter("in_flight = \"2MiB\"\nheld = \"2MiB\"")
            .tail("in_flight = \"4MiB\"");
        let exporter = plan.start_exporter();
        let before_exporter = Proxy::open(exporter.addresses().data.unwrap());
        let number = |number| plan.start_enricher(number, &before_exporter.url());
        let enrichers: Vec<_> = (1..=2).map(number).collect();
        enrichers.iter().for_each(Service::wait_until_serving);
        let before_enricher = Proxy::open(enrichers[0].addresses().data.unwrap());
        let tail = plan.start_tail(&[before_enricher.url(), enrichers[1].data_url()]);
        let mut oracle = Oracle::new(corpus, 0..RECORDS, collector.arrivals());
        oracle.wait_for(RECORDS / 5);
        let stages = (before_enricher, before_exporter, tail, enrichers, exporter);
        let (before_enricher, before_exporter, tail, enrichers, exporter) = stages;
        Self {
            before_enricher,
            before_exporter,
            tail,
            enrichers,
            exporter,
            oracle,
            collector,
            plan,
        }
    }

    /// Everything has come once, and all end well.
    fn end(mut self, name: &str) {
        self.oracle.wait_for_all();
        let Self { tail, enrichers, exporter, .. } = &mut self;
        for service in [tail].into_iter().chain(enrichers).chain([exporter]) {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
        report(name, self.oracle.verdict().is_exact());
        assert_eq!(self.collector.dropped(), 0);
    }
}

#[test]
fn connections_that_are_cut_are_made_anew() {
    let corpus = Corpus::new();
    let mut network = Network::start(&corpus);
    for part in 2..5 {
        let taken = (network.before_enricher.taken(), network.before_exporter.taken());
        network.before_enricher.cut();
        network.before_exporter.cut();
        wait_for("connections to be made anew", || {
            let is_new = network.before_enricher.taken() > taken.0
                && network.before_exporter.taken() >= taken.1 + 2;
            is_new.then_some(())
        });
        network.oracle.wait_for(RECORDS * part / 5);
    }
    network.end("cut");
}

#[test]
fn an_enricher_whose_answers_are_lost_is_left_for_another() {
    silent("answers lost", Faults { holds_responses: true, ..Faults::default() });
}

#[test]
fn an_enricher_that_hears_and_says_nothing_is_left_for_another() {
    let both = Faults { holds_requests: true, holds_responses: true, ..Faults::default() };
    silent("both ways lost", both);
}

/// The first enricher falls silent, and speaks again later.
fn silent(name: &str, faults: Faults) {
    let corpus = Corpus::new();
    let mut network = Network::start(&corpus);
    network.before_enricher.set(faults);
    // What it had goes over the other one.
    let tail = &network.tail;
    wait_long_for(UNNOTICED, "the link to be given up", || {
        tail.has_logged("no link").then_some(())
    });
    network.oracle.wait_for_all();
    network.before_enricher.set(Faults::default());
    network.end(name);
}

#[test]
fn a_slow_network_delays_and_loses_nothing() {
    let corpus = Corpus::new();
    let network = Network::start(&corpus);
    let faults = Faults { delay: Duration::from_millis(40), ..Faults::default() };
    network.before_exporter.set(faults);
    network.before_enricher.set(faults);
    network.end("delayed");
}

#[test]
fn enrichers_follow_when_the_exporter_s_address_leads_to_another_one() {
    let corpus = Corpus::new();
    let mut network = Network::start(&corpus);
    let other = network.plan.start_exporter();
    network.before_exporter.retarget(other.addresses().data.unwrap());
    assert_eq!(network.exporter.terminate(), Some(0), "{}", network.exporter.log());
    network.exporter = other;
    network.end("another exporter");
}
