//! Observation domains spread over several exporters, each with a collector of its own.

use std::fs;
use std::time::Duration;

use serde_json::json;
use weir_tests::{
    AdminClient, Arrivals, Corpus, Oracle, Plan, Service, TcpCollector, TcpMode, finished_lines,
    free_tcp_port, wait_for,
};

use crate::support::{LINE, MIB, RUN, report, while_it_lasts};

const RECORDS: u64 = 60_000;

/// So many that each of three exporters has some, and that a change of the list moves some.
const VPCS: usize = 16;

/// Budgets that let faults find runs in flight.
const SMALL: &str = "in_flight = \"1MiB\"\nheld = \"2MiB\"";

/// An exporter, its collector, and what it is started with.
struct Branch {
    plan: Plan,
    listen: String,
    collector: TcpCollector,
}

impl Branch {
    /// One of `several`; `keys` are of its collector.
    fn new(corpus: &Corpus, several: usize, keys: &str) -> Self {
        let collector = TcpCollector::open(TcpMode::Reading);
        let mut plan = Plan::new(&corpus.inventory(), &corpus.folder())
            .collector(&collector.url(), keys)
            .exporter(&format!("exporters = {several}"))
            .exporter(SMALL);
        let rejects = plan.scratch().path("rejects.jsonl");
        plan = plan.exporter(&format!("rejects = {:?}", rejects.display().to_string()));
        Self { plan, listen: format!("127.0.0.1:{}", free_tcp_port()), collector }
    }

    fn start(&self) -> Service {
        self.plan.start_exporter_at(&self.listen)
    }

    fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    fn rejected_lines(&self) -> usize {
        let path = self.plan.scratch().path("rejects.jsonl");
        if path.exists() { finished_lines(&path).lines().count() } else { 0 }
    }
}

fn branches(corpus: &Corpus, count: usize, keys: &str) -> Vec<Branch> {
    (0..count).map(|_| Branch::new(corpus, count, keys)).collect()
}

fn urls(branches: &[Branch]) -> Vec<String> {
    branches.iter().map(Branch::url).collect()
}

fn arrivals(branches: &[Branch]) -> Vec<Arrivals> {
    branches.iter().map(|branch| branch.collector.arrivals()).collect()
}

/// Enrichers and a source that reads the corpus.
fn feeding(corpus: &Corpus) -> Plan {
    Plan::new(&corpus.inventory(), &corpus.folder())
        .enricher("in_flight = \"2MiB\"")
        .tail("in_flight = \"2MiB\"")
}

#[track_caller]
fn end<'s>(services: impl IntoIterator<Item = &'s mut Service>) {
    for service in services {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
}

#[test]
fn every_record_arrives_once_and_each_domain_is_at_one_exporter_alone() {
    const DAMAGED: usize = 250;
    let corpus = Corpus::of_vpcs(VPCS);
    corpus.write(0..RECORDS, 5_000);
    let text = "damaged\n".repeat(DAMAGED) + &corpus.text(0..0);
    fs::write(corpus.folder().join("damaged.log"), corpus.text(0..0) + &text).unwrap();
    let branches = branches(&corpus, 2, "");
    let mut exporters: Vec<_> = branches.iter().map(Branch::start).collect();
    let plan = feeding(&corpus);
    let number = |number| plan.start_spreading_enricher(number, &urls(&branches));
    let mut enrichers: Vec<_> = (1..=2).map(number).collect();
    enrichers.iter().for_each(Service::wait_until_serving);
    let targets: Vec<_> = enrichers.iter().map(Service::data_url).collect();
    let mut tail = plan.start_tail(&targets);
    let mut oracle = Oracle::of_all(&corpus, 0..RECORDS, arrivals(&branches));
    oracle.wait_for_all();
    wait_for("everything to be committed", || {
        let is_read = tail.metrics().sum("weir_ingest_read_runs_total") > 0;
        let left = tail.metrics().sum("weir_ingest_in_flight_runs");
        (is_read && left == 0).then_some(())
    });

    let status =
        AdminClient::of(&enrichers[0]).call("EnricherAdminService/GetEnricherStatus", &json!({}));
    let listed = status["exporters"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for (exporter, url) in listed.iter().zip(urls(&branches)) {
        assert_eq!((&exporter["target"], &exporter["isKnown"]), (&json!(url), &json!(true)));
        assert_eq!(exporter["links"], 1, "{exporter}");
    }
    let records = |exporter: &Service| {
        let client = AdminClient::of(exporter);
        let status = client.call("ExporterAdminService/GetExportStatus", &json!({}));
        assert_eq!(status["exporters"], 2);
        status["recordsCommitted"].as_str().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(exporters.iter().map(records).sum::<u64>(), RECORDS);

    // The line of an explanation goes where its records are.
    let line = json!({ "line": corpus.line(7), "logFormat": Corpus::log_format() });
    let explained = AdminClient::of(&enrichers[1]).call("EnricherAdminService/ExplainLine", &line);
    let domain = u32::try_from(explained["observationDomainId"].as_u64().unwrap()).unwrap();
    let domains = oracle.domains();
    let place = domains.iter().position(|domains| domains.contains(&domain)).unwrap();
    assert_eq!(explained["exportTarget"], branches[place].url());

    end([&mut tail].into_iter().chain(&mut enrichers).chain(&mut exporters));
    report("two exporters", oracle.verdict().is_exact());
    println!("domains {domains:?}");
    assert!(
        domains.iter().all(|domains| !domains.is_empty()) && domains[0].is_disjoint(&domains[1])
    );
    let rejected: usize = branches.iter().map(Branch::rejected_lines).sum();
    // The header comes once more, amid the lines.
    assert_eq!(rejected, DAMAGED + 1);
}

#[test]
fn nothing_is_missing_when_one_of_them_is_killed_in_full_flow() {
    let corpus = Corpus::of_vpcs(VPCS);
    corpus.write(0..RECORDS, 5_000);
    let branches = branches(&corpus, 2, "records_per_second = 16000");
    let mut exporters: Vec<_> = branches.iter().map(Branch::start).collect();
    let plan = feeding(&corpus);
    let number = |number| plan.start_spreading_enricher(number, &urls(&branches));
    let mut enrichers: Vec<_> = (1..=2).map(number).collect();
    let targets: Vec<_> = enrichers.iter().map(Service::data_url).collect();
    let mut tail = plan.start_tail(&targets);
    let mut oracle = Oracle::of_all(&corpus, 0..RECORDS, arrivals(&branches));
    oracle.wait_for(RECORDS / 4);
    exporters.remove(0).kill();
    while_it_lasts(Duration::from_secs(1), || {
        assert!(enrichers.iter().all(Service::is_serving), "the other exporter has its runs");
    });
    exporters.push(branches[0].start());

    oracle.wait_for_all();
    end([&mut tail].into_iter().chain(&mut enrichers).chain(&mut exporters));
    let verdict = oracle.verdict();
    report("one of two exporters killed", verdict.is_complete());
    // What the exporter had written of parts that it had not answered, and answers on their way.
    let most = (3 * MIB + 2 * RUN) / LINE;
    assert!(verdict.repeated <= most, "{} above {most}", verdict.repeated);
    let domains = oracle.domains();
    assert!(domains[0].is_disjoint(&domains[1]), "{domains:?}");
}

/// While a list changes, enrichers with the old and the new one work side by side, and what one
/// had in flight when it was killed comes again through the other.
#[test]
fn nothing_is_missing_when_the_list_changes_under_load() {
    const MANY: u64 = 120_000;
    let corpus = Corpus::of_vpcs(VPCS);
    corpus.write(0..MANY, 3_000);
    let branches = branches(&corpus, 3, "records_per_second = 15000");
    let mut exporters: Vec<_> = branches.iter().map(Branch::start).collect();
    let plan = feeding(&corpus);
    let (urls, list) = (urls(&branches), plan.scratch().path("enrichers.txt"));
    let publish = |enrichers: &[Service]| {
        let urls: Vec<_> = enrichers.iter().map(Service::data_url).collect();
        let part = plan.scratch().write("enrichers.part", urls.join("\n") + "\n");
        fs::rename(part, &list).unwrap();
    };
    let start = |number: usize, exporters: &[usize]| {
        let exporters: Vec<_> = exporters.iter().map(|place| urls[*place].clone()).collect();
        let enricher = plan.start_spreading_enricher(number, &exporters);
        enricher.wait_until_serving();
        enricher
    };
    let mut enrichers = vec![start(1, &[0, 1, 2]), start(2, &[0, 1, 2])];
    publish(&enrichers);
    let mut tail = plan.start_tail(&[format!("file:{}", list.display())]);
    let mut oracle = Oracle::of_all(&corpus, 0..MANY, arrivals(&branches));
    // One fewer, one more, another order, one alone.
    let lists: [&[usize]; 4] = [&[0, 1], &[0, 1, 2], &[2, 0, 1], &[2]];
    for (number, exporters) in (0..).zip(lists) {
        oracle.wait_for(MANY * (number + 1) / 8);
        enrichers.push(start(usize::try_from(number).unwrap() + 3, exporters));
        publish(&enrichers);
        oracle.wait_for(MANY * (2 * number + 3) / 16);
        enrichers.remove(0).kill();
        publish(&enrichers);
    }
    let verdict = oracle.wait_for_all();
    assert!(tail.metrics().sum("weir_ingest_read_runs_total") > 0);
    end([&mut tail].into_iter().chain(&mut enrichers).chain(&mut exporters));
    report("four lists", verdict.is_complete());
    oracle.verdict().is_complete();
    assert!(oracle.domains().iter().all(|domains| !domains.is_empty()));
}

/// The others have committed their parts of every run, under the longer list: what is theirs under
/// the shorter one, the domains of the broken exporter too, must not pass for that.
#[test]
fn a_broken_exporter_is_taken_out_of_the_list_and_its_records_come_from_the_others() {
    const FEW: u64 = 20_000;
    let corpus = Corpus::of_vpcs(VPCS);
    corpus.write(0..FEW, 4_000);
    let branches = branches(&corpus, 3, "");
    let (sound, broken) = branches.split_at(2);
    broken[0].collector.set(TcpMode::Refusing);
    let mut exporters: Vec<_> = branches.iter().map(Branch::start).collect();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder());
    let list = plan.scratch().path("enrichers.txt");
    let first = plan.start_spreading_enricher(1, &urls(&branches));
    fs::write(&list, first.data_url()).unwrap();
    let mut tail = plan.start_tail(&[format!("file:{}", list.display())]);
    let mut oracle = Oracle::of_all(&corpus, 0..FEW, arrivals(sound));
    wait_for("the broken exporter to hold all that is left", || {
        let of = |name| first.metrics().sum_of(name, &broken[0].url());
        let left: u64 = sound
            .iter()
            .zip(&exporters)
            .map(|(branch, exporter)| {
                first.metrics().sum_of("weir_enricher_export_pending_runs", &branch.url())
                    + exporter.metrics().sum("weir_exporter_pending_runs")
            })
            .sum();
        let is_read = first.metrics().sum("weir_enricher_records_total") == FEW;
        (is_read && left == 0 && of("weir_enricher_export_pending_runs") > 0).then_some(())
    });
    let before = oracle.verdict().delivered;
    assert!(before > 0 && before < FEW, "{before} of {FEW} came from the others");
    let domains = oracle.domains();
    exporters.pop().unwrap().kill();
    let mut second = plan.start_spreading_enricher(2, &urls(sound));
    second.wait_until_serving();
    first.kill();
    fs::write(&list, second.data_url()).unwrap();
    oracle.wait_for_all();
    end([&mut tail, &mut second].into_iter().chain(&mut exporters));
    report("a broken exporter taken out", oracle.verdict().is_complete());
    for (before, after) in domains.iter().zip(oracle.domains()) {
        assert!(!before.is_empty() && before.len() < after.len(), "{before:?} {after:?}");
        assert!(before.is_subset(&after), "{before:?} {after:?}");
    }
}

/// Nearly every run of this source has records for both: it waits, within its budgets.
#[test]
fn a_blocked_exporter_holds_up_runs_with_records_for_it_and_loses_nothing() {
    const MANY: u64 = 150_000;
    let corpus = Corpus::of_vpcs(VPCS);
    corpus.write(0..MANY, 5_000);
    let branches = branches(&corpus, 2, "");
    // It takes no connection, so that the exporter has to hold what it accepts.
    branches[0].collector.set(TcpMode::Refusing);
    let mut exporters: Vec<_> = branches.iter().map(Branch::start).collect();
    let plan = feeding(&corpus);
    let mut enricher = plan.start_spreading_enricher(1, &urls(&branches));
    let mut tail = plan.start_tail(&[enricher.data_url()]);
    let mut oracle = Oracle::of_all(&corpus, 0..MANY, arrivals(&branches));
    let read = || tail.metrics().sum("weir_ingest_read_bytes_total");
    let mut before = read();
    wait_for("the source to wait", || {
        let now = read();
        let is_waiting = now > 0 && now == before;
        before = now;
        is_waiting.then_some(())
    });
    // A record has more octets than its line, and every second line is of the other exporter: what
    // the blocked one has is of twice as much text at most. The rest is in flight at the source.
    let most = 2 * 3 * MIB + 2 * MIB + 4 * RUN;
    while_it_lasts(Duration::from_secs(2), || {
        let now = read();
        assert!(now <= most, "{now} octets were read");
    });
    let memory = [&tail, &enricher, &exporters[0]].map(Service::resident);
    println!("{} octets of {} at least were read; resident {memory:?}", read(), MANY * LINE);
    assert!(most < MANY * LINE, "the bound shows nothing");
    branches[0].collector.set(TcpMode::Reading);
    oracle.wait_for_all();
    end([&mut tail, &mut enricher].into_iter().chain(&mut exporters));
    report("one of two exporters blocked", oracle.verdict().is_exact());
}

#[test]
fn an_exporter_that_has_to_see_all_domains_refuses_an_enricher_that_spreads_them() {
    let corpus = Corpus::of_vpcs(VPCS);
    let whole = Branch::new(&corpus, 1, "report = \"20267\"\ndeduplication = true");
    let other = Branch::new(&corpus, 2, "");
    let exporters = [whole.start(), other.start()];
    let plan = feeding(&corpus);
    let spreading = plan.start_spreading_enricher(1, &[whole.url(), other.url()]);
    spreading.wait_until_logged("leave deduplication out");
    assert!(!spreading.is_serving());
    let status =
        AdminClient::of(&spreading).call("EnricherAdminService/GetEnricherStatus", &json!({}));
    assert_eq!(status["waitingFor"][0], "exporter", "{status}");
    let known = [0, 1].map(|place| status["exporters"][place]["isKnown"].clone());
    assert_eq!(known, [json!(false), json!(true)]);
    plan.start_enricher(2, &whole.url()).wait_until_serving();
    exporters[1].wait_until_logged("exporter listens");
}
