//! A rate limit far below the input: everything waits, nothing grows, nothing is dropped.

use weir_tests::{
    Corpus, MemoryWatch, Oracle, Plan, TcpCollector, TcpMode, UdpCollector, wait_for,
};

use crate::support::{LINE, MIB, RUN, is_long, report};

/// Records a second that the pipeline delivers where nothing holds it back.
fn unlimited_rate() -> u64 {
    const RECORDS: u64 = 100_000;
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let mut pipeline = plan.start(2);
    Oracle::new(&corpus, 0..RECORDS, collector.arrivals()).wait_for_all().is_exact();
    pipeline.end();
    let arrivals = collector.arrivals().since(0);
    let took = arrivals.last().unwrap().at - arrivals[0].at;
    (RECORDS as f64 / took.as_secs_f64()) as u64
}

#[test]
fn with_a_tenth_of_the_input_rate_memory_stays_flat_and_the_source_waits() {
    let unlimited = unlimited_rate();
    let rate = unlimited / 10;
    let seconds = if is_long() { 60 } else { 12 };
    let records = (rate * seconds).max(80_000);
    println!("{unlimited} records a second without a limit, {rate} with, {records} in all");
    let corpus = Corpus::new();
    corpus.write(0..records, 10_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), &format!("records_per_second = {rate}"))
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"")
        .tail("in_flight = \"1MiB\"");
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..records, collector.arrivals());
    // All budgets are full by then.
    oracle.wait_for(records / 4);
    let watch = MemoryWatch::start(pipeline.processes());
    let half = oracle.wait_for(records / 2);

    // The source has read what was delivered and what the budgets hold, and no more.
    let read = pipeline.tail.metrics().sum("weir_ingest_read_bytes_total");
    let held = pipeline.exporter.metrics().sum("weir_exporter_held_bytes");
    let most = half.delivered * 160 + 4 * MIB + 2 * RUN;
    println!("delivered {}, read {read} octets, held {held} octets", half.delivered);
    assert!(read <= most, "read {read} octets for {} records", half.delivered);
    assert!(read < records * LINE, "the source did not wait");
    oracle.wait_for(records * 9 / 10);
    let memory = watch.stop();

    let (tail, exporter) = (&pipeline.tail, &pipeline.exporter);
    oracle.wait_for_all();
    wait_for("everything to drain", || {
        let left = tail.metrics().sum("weir_ingest_in_flight_runs")
            + exporter.metrics().sum("weir_exporter_pending_runs");
        (left == 0).then_some(())
    });
    assert_eq!(exporter.metrics().sum("weir_exporter_output_dropped_records_total"), 0);
    pipeline.end();
    report("rate limit at a tenth", oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
    for (name, looks) in memory {
        assert_flat(&name, &looks);
    }
}

/// The last third of the time takes no more than the first, but for 4 MiB.
fn assert_flat(name: &str, looks: &[u64]) {
    let third = looks.len() / 3;
    let most = |looks: &[u64]| looks.iter().copied().max().unwrap_or_default();
    let (first, last) = (most(&looks[..third]), most(&looks[looks.len() - third..]));
    let mib = |octets: u64| octets as f64 / MIB as f64;
    let steps = looks.chunks(looks.len().div_ceil(16));
    let steps: Vec<_> = steps.map(|step| format!("{:.1}", mib(most(step)))).collect();
    println!("{name}: MiB over time {}", steps.join(" "));
    println!(
        "{name}: {} looks, {:.1} MiB at first, {:.1} MiB at last",
        looks.len(),
        mib(first),
        mib(last)
    );
    assert!(last <= first + 4 * MIB, "{name} grew from {first} to {last} octets");
}
