//! Writes objects on all cores.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, anyhow};
use crossbeam_channel::Sender;
use flate2::Compression;
use flate2::write::GzEncoder;
use weir_flowlog::Field;

use super::environment::Environment;
use super::flow::Flow;
use super::line::LineWriter;
use super::objects::Object;
use super::rng::Rng;
use super::totals::Totals;
use super::traffic::Traffic;

/// Flows that are held and mixed at a time.
const BATCH: usize = 4_096;

/// The level that gzip itself takes, so that the objects unpack as others do.
const GZIP_LEVEL: u32 = 6;

/// What the objects are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) out: &'a Path,
    pub(super) seed: u64,
    pub(super) environment: &'a Environment,
    pub(super) columns: &'a [Field],
}

/// What was written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) totals: Totals,
    /// Bytes of the objects' text.
    pub(super) text_bytes: u64,
    /// Bytes of the objects.
    pub(super) object_bytes: u64,
}

/// Writes all objects and tells `progress` how many records are done. Which core writes an object
/// does not matter: each object's content depends on the seed and its index alone.
pub(super) fn write_objects(
    source: Source<'_>,
    objects: &[Object],
    progress: &dyn Fn(u64),
) -> anyhow::Result<Written> {
    let workers = thread::available_parallelism().map_or(2, usize::from).min(objects.len());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded(workers * 4);
        let spawn = |sender| scope.spawn(|| work(source, objects, &next, sender));
        let handles: Vec<_> = (0..workers).map(|_| spawn(sender.clone())).collect();
        drop(sender);
        let mut done = 0;
        for records in receiver {
            done += records;
            progress(done);
        }
        let mut written = Written::default();
        for handle in handles {
            written +=
                handle.join().map_err(|_| anyhow!("a thread that writes objects panicked"))??;
        }
        Ok(written)
    })
}

/// Takes objects until there are none left. After an error it takes them all, so that the other
/// threads end too.
fn work(
    source: Source<'_>,
    objects: &[Object],
    next: &AtomicUsize,
    progress: Sender<u64>,
) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let mut buffers = Buffers::default();
    while let Some(object) = objects.get(next.fetch_add(1, Ordering::Relaxed)) {
        let flow_log = &source.environment.flow_logs[object.flow_log];
        let path = object.path(source.out, flow_log, source.seed);
        match write_object(source, object, &path, &mut buffers, &progress) {
            Ok(one) => written += one,
            Err(error) => {
                next.store(objects.len(), Ordering::Relaxed);
                return Err(error.context(format!("cannot write {}", path.display())));
            }
        }
    }
    Ok(written)
}

/// Reused from object to object.
#[derive(Default)]
struct Buffers {
    flows: Vec<Flow>,
    text: Vec<u8>,
}

fn write_object(
    source: Source<'_>,
    object: &Object,
    path: &Path,
    buffers: &mut Buffers,
    progress: &Sender<u64>,
) -> anyhow::Result<Written> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).context("its folder cannot be made")?;
    }
    let file = File::create_new(path)?;
    let mut gzip = GzEncoder::new(file, Compression::new(GZIP_LEVEL));
    let Source { environment, seed, .. } = source;
    let lines = LineWriter::new(environment, source.columns);
    // Stream 0 is the environment's.
    let rng = Rng::new(seed, object.index + 1);
    let flow_log = &environment.flow_logs[object.flow_log];
    let mut traffic = Traffic::new(environment, flow_log, object.window, rng);
    let mut written =
        Written { totals: Totals { files: 1, ..Totals::default() }, ..Written::default() };
    let Buffers { flows, text } = buffers;
    text.clear();
    lines.header(text);
    let mut left = object.records;
    while left > 0 {
        let count = left.min(BATCH as u64);
        traffic.fill(flows, count as usize);
        write_lines(flows, &mut traffic, &lines, text, &mut written.totals);
        gzip.write_all(text)?;
        written.text_bytes += text.len() as u64;
        text.clear();
        left -= count;
        progress.send(count).context("nobody counts the records")?;
    }
    written.object_bytes = gzip.finish()?.metadata()?.len();
    Ok(written)
}

fn write_lines(
    flows: &[Flow],
    traffic: &mut Traffic<'_>,
    lines: &LineWriter<'_>,
    text: &mut Vec<u8>,
    totals: &mut Totals,
) {
    for flow in flows {
        lines.flow(text, flow);
        totals.count_flow(flow);
        if let Some(capture) = traffic.without_flow() {
            lines.without_flow(text, &capture);
            totals.count_without_flow(capture.status);
        }
    }
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.totals += other.totals;
        self.text_bytes += other.text_bytes;
        self.object_bytes += other.object_bytes;
    }
}
