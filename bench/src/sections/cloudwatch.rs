//! Events of log groups, as FilterLogEvents answers with them.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use serde_json::{Value as Json, json};
use weir_flowlog::{BlockParser, Line};
use weir_testkit::{Answer, AwsDouble, Call, free_tcp_port};

use crate::environment::{Block, Environment};
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, Sample, compete};
use crate::service::Service;
use crate::sink::Sink;

/// Log groups, which are read side by side.
const GROUPS: usize = 4;

/// Octets of the events of a page: what CloudWatch Logs answers with at most
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>).
const PAGE: usize = 1 << 20;

/// How long all events may take.
const PATIENCE: Duration = Duration::from_secs(300);

const CONFIG: &str = "
[rpc]
plaintext = true
[exporter]
listen = '127.0.0.1:0'
admin_listen = '127.0.0.1:0'
[enricher]
listen = '127.0.0.1:0'
admin_listen = '127.0.0.1:0'
[tail]
admin_listen = '127.0.0.1:0'
[ingest_cloudwatch]
admin_listen = '127.0.0.1:0'
interval = '1s'
settle = '0s'
rate = 1000.0
[aws]
region = 'eu-west-1'
[[aws.profiles]]
access_key_id = 'AKIAEXAMPLE'
secret_access_key = 'secret'
";

/// From the events of a page to those of the next, in milliseconds.
const APART: u64 = 10_000;

/// The pages of each group, in the order of their times.
type Pages = HashMap<String, Vec<Page>>;

/// Events of one time.
struct Page {
    /// Milliseconds since 1970-01-01 00:00 UTC.
    time: u64,
    /// The answer up to the token of the next page.
    text: Vec<u8>,
}

pub(crate) fn cloudwatch(
    weir: &Path,
    flows: &Environment,
    rounds: u32,
) -> anyhow::Result<Vec<Figure>> {
    let blocks = flows.blocks()?;
    let header = Arc::clone(&blocks.first().context("there are no flow logs")?.header);
    let lines: Vec<&str> = blocks
        .iter()
        .filter(|block| block.header == header)
        .flat_map(|block| block.lines())
        .map(|line| std::str::from_utf8(line).map(str::trim_end))
        .collect::<Result<_, _>>()?;
    let pages = Arc::new(pages(&lines)?);
    let (count, flows_of_all) = (lines.len() as u64, records(&blocks, &header));
    let octets: usize = pages.values().flatten().map(|page| page.text.len()).sum();
    let calls: usize = pages.values().map(Vec::len).sum();
    drop(lines);
    let aws = AwsDouble::start();
    aws.add_user("AKIAEXAMPLE", "111122223333", "weir");
    aws.on("logs", "FilterLogEvents").answer_with(move |call| answer(&pages, call));
    let sink = Sink::bind()?;
    let work = Work { weir, flows, header: &header, aws: &aws, collector: sink.address()? };
    let [read] = compete(rounds, [Contestant::new(count, || work.read(flows_of_all))])?;
    let events = count as f64 / calls as f64;
    Ok(vec![
        Figure::new("run from 4 log groups, UDP", Value::RecordsPerSecond(read.records_per_second))
            .note("from the start of the process; CloudWatch Logs is on the same two cores"),
        Figure::cpu("run from 4 log groups", read.nanoseconds).note(format!(
            "{events:.0} events a page, {:.0} octets of JSON each",
            octets as f64 / count as f64
        )),
        Figure::new("peak memory", Value::Memory(read.peak_memory)).note("or less"),
    ])
}

/// The lines that become a record: some tell of no flow.
fn records(blocks: &[Block], header: &Arc<str>) -> u64 {
    let (mut parser, mut records) = (BlockParser::new(), 0);
    for block in blocks.iter().filter(|block| block.header == *header) {
        parser.parse(&block.format, &block.text, |outcome| {
            records += u64::from(matches!(outcome.line, Line::Flow(_)));
        });
    }
    records
}

/// What a run works with.
struct Work<'a> {
    weir: &'a Path,
    flows: &'a Environment,
    header: &'a str,
    aws: &'a AwsDouble,
    collector: String,
}

impl Work<'_> {
    /// From the start of the process until it has written all records.
    fn read(&self, records: u64) -> anyhow::Result<Sample> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("weir.toml");
        let groups = (0..GROUPS).map(|number| {
            format!(
                "[[ingest_cloudwatch.groups]]\nstart = 'oldest'\nlog_formats = ['{}']\n\
                 group = 'arn:aws:logs:eu-west-1:111122223333:log-group:{}'\n",
                self.header,
                group(number)
            )
        });
        fs::write(&config, format!("{CONFIG}{}", groups.collect::<String>()))?;
        let metrics = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
        let (endpoint, inventory) = (self.aws.url(), self.flows.inventory());
        let (listen, collectors) =
            (metrics.to_string(), format!("[{{address = '{}'}}]", self.collector));
        let variables = [
            ("WEIR__AWS__ENDPOINT", endpoint.as_str()),
            ("WEIR__EXPORTER__COLLECTORS", collectors.as_str()),
            ("WEIR__INVENTORY__FILE", inventory.to_str().context("a path that is no text")?),
            ("WEIR__TELEMETRY__METRICS_LISTEN", listen.as_str()),
        ];
        self.aws.forget_calls();
        let start = Instant::now();
        let service = Service::start(self.weir, "run", &config, &variables)?;
        loop {
            let written = written(metrics).unwrap_or_default();
            ensure!(written <= records, "{written} records were written of {records} lines");
            if written == records {
                break;
            }
            ensure!(start.elapsed() < PATIENCE, "{written} of {records} after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        let wall = start.elapsed();
        Ok(Sample { wall, ..service.finish()? })
    }
}

/// The records that the exporter has written, as its metrics say.
fn written(metrics: SocketAddr) -> anyhow::Result<u64> {
    let mut stream = TcpStream::connect(metrics)?;
    write!(stream, "GET /metrics HTTP/1.0\r\nHost: {metrics}\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let line = text.lines().find(|line| line.starts_with("weir_exporter_output_records_total"));
    let number = line.and_then(|line| line.rsplit(' ').next());
    Ok(number.map_or(Ok(0.0), str::parse::<f64>)? as u64)
}

fn group(number: usize) -> String {
    format!("flows-{number}")
}

/// The lines as pages that are dealt out to the groups. The last ones are a minute old.
fn pages(lines: &[&str]) -> anyhow::Result<Pages> {
    let mut cuts = vec![0];
    let mut octets = 0;
    for (place, line) in lines.iter().enumerate() {
        octets += line.len();
        if octets >= PAGE {
            cuts.push(place + 1);
            octets = 0;
        }
    }
    cuts.push(lines.len());
    let ranges: Vec<_> = cuts.windows(2).map(|two| two[0]..two[1]).collect();
    let start = milliseconds().saturating_sub(60_000 + APART * ranges.len() as u64);
    let mut pages = Pages::new();
    for (number, range) in ranges.into_iter().filter(|range| !range.is_empty()).enumerate() {
        let time = start + APART * number as u64;
        let event = |place: usize| {
            json!({
                "logStreamName": format!("eni-{:017x}-all", place / 500),
                "timestamp": time,
                "message": lines[place],
                "ingestionTime": time,
                "eventId": format!("{place:056}"),
            })
        };
        let events: Vec<Json> = range.map(event).collect();
        let mut text = serde_json::to_vec(&json!({ "searchedLogStreams": [], "events": events }))?;
        // The token comes before the end.
        text.pop();
        pages.entry(group(number % GROUPS)).or_default().push(Page { time, text });
    }
    Ok(pages)
}

/// The first page of the times that are asked for, from the one that the token names on.
fn answer(pages: &Pages, call: &Call) -> Answer {
    let first = call.parameter("nextToken").and_then(|token| token.parse::<usize>().ok());
    let start = call.number("startTime").unwrap_or_default();
    let times = start..=call.number("endTime").unwrap_or(u64::MAX);
    let group = call.parameter("logGroupName").and_then(|name| pages.get(name));
    let asked = group.into_iter().flatten().enumerate().skip(first.unwrap_or_default());
    let mut asked = asked.filter(|(_, page)| times.contains(&page.time));
    let Some((_, page)) = asked.next() else { return Answer::json(json!({ "events": [] })) };
    let mut text = Vec::with_capacity(page.text.len() + 32);
    text.extend_from_slice(&page.text);
    match asked.next() {
        Some((next, _)) => {
            text.extend_from_slice(format!(",\"nextToken\":\"{next}\"}}").as_bytes())
        }
        None => text.push(b'}'),
    }
    Answer::octets(text).with_header("content-type", "application/x-amz-json-1.1")
}

fn milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
