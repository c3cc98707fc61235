//! Objects of a bucket, as a queue tells of them, beside the same objects as files.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};
use std::io::Write as _;
use tempfile::TempDir;
use weir_testkit::{Answer, AwsDouble};

use crate::environment::{Block, Environment};
use crate::figure::{Figure, Value};
use crate::measure::{Contestant, Sample, compete};
use crate::process::run;
use crate::service::Service;
use crate::sink::Sink;

/// Objects, and octets of each.
const OBJECTS: usize = 8;
const OBJECT_LENGTH: usize = 20_000_000;

/// AWS closes an object at this length.
const LARGEST_LENGTH: usize = 75_000_000;

/// How long all objects may take.
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
[ingest_s3]
admin_listen = '127.0.0.1:0'
[[ingest_s3.queues]]
queue = 'arn:aws:sqs:eu-west-1:111122223333:flow-logs'
[aws]
region = 'eu-west-1'
[[aws.profiles]]
access_key_id = 'AKIAEXAMPLE'
secret_access_key = 'secret'
";

/// A folder of objects, and how many lines they have in all.
struct Objects {
    folder: TempDir,
    files: Vec<PathBuf>,
    lines: u64,
}

/// The stand-in for S3 and SQS, in this process.
struct Cloud {
    aws: AwsDouble,
    /// Keys of objects that are to be notified.
    waiting: Arc<Mutex<VecDeque<String>>>,
}

pub(crate) fn s3(weir: &Path, flows: &Environment, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let blocks = flows.blocks()?;
    let objects = Objects::write(&blocks, OBJECTS, OBJECT_LENGTH)?;
    let sink = Sink::bind()?;
    let collector = sink.address()?;
    let cloud = Cloud::of(&objects)?;
    let contestants = [
        Contestant::new(objects.lines, || replay(weir, flows, &objects, &collector)),
        Contestant::new(objects.lines, || ingest(weir, flows, &objects, &cloud, &collector)),
    ];
    let [files, bucket] = compete(rounds, contestants)?;
    let largest = Objects::write(&blocks, 1, LARGEST_LENGTH)?;
    let cloud = Cloud::of(&largest)?;
    let alone = ingest(weir, flows, &largest, &cloud, &collector)?;
    let share = 100.0 * bucket.records_per_second / files.records_per_second;
    let passed = |name, rate| Figure::new(name, Value::RecordsPerSecond(rate));
    Ok(vec![
        passed("replay of 8 files of 20 MB, 2 workers, UDP", files.records_per_second),
        passed("run from S3 and SQS, 2 at a time, UDP", bucket.records_per_second)
            .bar("≥ half of replay")
            .note(format!("{share:.0} % of replay; S3 and SQS are on the same two cores")),
        Figure::cpu("replay", files.nanoseconds),
        Figure::cpu("run from S3 and SQS", bucket.nanoseconds),
        Figure::new("one object of 75 MB: peak memory", Value::Memory(alone.peak_memory))
            .note("all stages in one process, or less"),
    ])
}

impl Objects {
    /// Writes the lines of the blocks again and again until there are so many objects.
    fn write(blocks: &[Block], count: usize, length: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let day = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/01/02";
        let place = folder.path().join(day);
        fs::create_dir_all(&place)?;
        let first = blocks.first().context("there are no flow logs")?;
        let mut all = blocks.iter().filter(|block| block.header == first.header).cycle();
        let (mut files, mut lines) = (Vec::new(), 0);
        for number in 0..count {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            writeln!(encoder, "{}", first.header)?;
            while encoder.get_ref().len() < length {
                let block = all.next().context("there are no flow logs")?;
                encoder.write_all(&block.text)?;
                lines += block.lines().count() as u64;
            }
            let name = format!(
                "111122223333_vpcflowlogs_eu-west-1_fl-0a1b2c3d_20260102T0305Z_{number:08x}.log.gz"
            );
            let file = place.join(name);
            fs::write(&file, encoder.finish()?)?;
            files.push(file);
        }
        Ok(Self { folder, files, lines })
    }

    fn keys(&self) -> anyhow::Result<Vec<String>> {
        let key = |file: &PathBuf| {
            let key = file.strip_prefix(self.folder.path())?;
            Ok(key.to_str().context("a path that is no text")?.to_owned())
        };
        self.files.iter().map(key).collect()
    }
}

impl Cloud {
    fn of(objects: &Objects) -> anyhow::Result<Self> {
        let aws = AwsDouble::start();
        aws.add_user("AKIAEXAMPLE", "111122223333", "weir");
        for (file, key) in objects.files.iter().zip(objects.keys()?) {
            let content = Answer::octets(Bytes::from(fs::read(file)?));
            let content = content.with_header("etag", "\"0123456789abcdef\"");
            aws.on("s3", "GetObject").with_parameter("Key", &key).answer(content);
        }
        let waiting = Arc::new(Mutex::new(VecDeque::<String>::new()));
        aws.on("sqs", "*").answer(json!({}));
        let keys = Arc::clone(&waiting);
        aws.on("sqs", "ReceiveMessage").answer_with(move |call| {
            let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
            let most = call.number("MaxNumberOfMessages").unwrap_or(1);
            let most = keys.len().min(usize::try_from(most).unwrap_or(1));
            let messages: Vec<Json> = keys.drain(..most).map(|key| message(&key)).collect();
            let pause = if messages.is_empty() { 20 } else { 0 };
            Answer::json(json!({ "Messages": messages })).after(Duration::from_millis(pause))
        });
        Ok(Self { aws, waiting })
    }

    /// Messages that were deleted.
    fn deleted(&self) -> usize {
        let calls = self.aws.calls_of("sqs", "DeleteMessageBatch");
        let entries = |call: &weir_testkit::Call| {
            call.parameters.get("Entries").and_then(Json::as_array).map_or(0, Vec::len)
        };
        calls.iter().map(entries).sum()
    }
}

fn message(key: &str) -> Json {
    let body = json!({ "Records": [{
        "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": "logs" }, "object": { "key": key, "eTag": "0123456789abcdef" } },
    }] });
    json!({ "MessageId": key, "ReceiptHandle": key, "Body": body.to_string() })
}

fn replay(
    weir: &Path,
    flows: &Environment,
    objects: &Objects,
    collector: &str,
) -> anyhow::Result<Sample> {
    let (folder, inventory) = (objects.folder.path().to_string_lossy(), flows.inventory());
    let inventory = inventory.to_string_lossy();
    let arguments = ["replay", &*folder, "--inventory", &*inventory, "--workers", "2"];
    Ok(run(weir, &[&arguments[..], &["--collector", collector]].concat())?.sample)
}

/// From the first message until the last is deleted; the process takes some time to start and to
/// end, which is its own and not counted in.
fn ingest(
    weir: &Path,
    flows: &Environment,
    objects: &Objects,
    cloud: &Cloud,
    collector: &str,
) -> anyhow::Result<Sample> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("weir.toml");
    fs::write(&config, CONFIG)?;
    let inventory = flows.inventory();
    let (endpoint, collectors) = (cloud.aws.url(), format!("[{{address = '{collector}'}}]"));
    let variables = [
        ("WEIR__AWS__ENDPOINT", endpoint.as_str()),
        ("WEIR__EXPORTER__COLLECTORS", collectors.as_str()),
        ("WEIR__INVENTORY__FILE", inventory.to_str().context("a path that is no text")?),
    ];
    cloud.aws.forget_calls();
    let service = Service::start(weir, "run", &config, &variables)?;
    let start = Instant::now();
    let keys = objects.keys()?;
    let count = keys.len();
    cloud.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
    while cloud.deleted() < count {
        ensure!(start.elapsed() < PATIENCE, "{count} objects took more than {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let wall = start.elapsed();
    Ok(Sample { wall, ..service.finish()? })
}
