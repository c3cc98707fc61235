//! Writes objects on all cores.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, anyhow};
use crossbeam_channel::Sender;
use weir_flowlog::Field;

use super::crossing::crossings;
use super::environment::{Captures, Environment};
use super::flow::Flow;
use super::gateway_flow::GatewayFlow;
use super::object_file::{ObjectFile, Sizes};
use super::objects::{Object, batches};
use super::records::Records;
use super::rng::Rng;
use super::totals::Totals;
use super::traffic::Traffic;
use super::{GenerateConfig, Progress};

/// Flows that are held and mixed at a time.
const BATCH: u64 = 4_096;

/// What the objects are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) config: &'a GenerateConfig,
    pub(super) environment: &'a Environment,
    /// Of VPC flow logs.
    pub(super) columns: &'a [Field],
    /// Of Transit Gateway flow logs.
    pub(super) gateway_columns: &'a [Field],
}

/// What was written.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) totals: Totals,
    /// Of all objects.
    pub(super) sizes: Sizes,
}

/// Writes all objects and tells `progress` how many records are done. Which core writes an object
/// does not matter: each object's content depends on the seed and its index alone.
pub(super) fn write_objects(
    source: Source<'_>,
    objects: &[Object],
    progress: &dyn Fn(Progress),
) -> anyhow::Result<Written> {
    let workers = thread::available_parallelism().map_or(2, usize::from).min(objects.len());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded(workers * 4);
        let spawn = |sender| scope.spawn(|| work(source, objects, &next, sender));
        let handles: Vec<_> = (0..workers).map(|_| spawn(sender.clone())).collect();
        drop(sender);
        let all = objects.iter().map(|object| object.records).sum();
        let mut done = 0;
        for records in receiver {
            done += records;
            progress(Progress { done, all });
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
    while let Some(object) = objects.get(next.fetch_add(1, Ordering::Relaxed)) {
        let path = object.path(&source.config.out, source.config, source.environment);
        match write_object(source, object, &path, &progress) {
            Ok(one) => written += one,
            Err(error) => {
                next.store(objects.len(), Ordering::Relaxed);
                return Err(error.context(format!("cannot write {}", path.display())));
            }
        }
    }
    Ok(written)
}

fn write_object(
    source: Source<'_>,
    object: &Object,
    path: &Path,
    progress: &Sender<u64>,
) -> anyhow::Result<Written> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).context("its folder cannot be made")?;
    }
    let file = File::create_new(path)?;
    let form = source.config.form;
    let mut totals = Totals { files: 1, ..Totals::default() };
    let sizes = match &source.environment.flow_logs[object.flow_log].captures {
        Captures::Vpcs(vpcs) => {
            let mut file = form.begin(file, source.columns)?;
            write_flows(source, object, vpcs, &mut file, &mut totals, progress)?;
            file.finish()?
        }
        Captures::TransitGateway(_) => {
            let mut file = form.begin(file, source.gateway_columns)?;
            write_gateway_flows(source, object, &mut file, &mut totals, progress)?;
            file.finish()?
        }
    };
    Ok(Written { totals, sizes })
}

fn write_flows(
    source: Source<'_>,
    object: &Object,
    vpcs: &[usize],
    file: &mut ObjectFile<'_>,
    totals: &mut Totals,
    progress: &Sender<u64>,
) -> anyhow::Result<()> {
    let Source { environment, config: GenerateConfig { seed, .. }, .. } = source;
    let records = Records::new(environment, source.columns);
    let mut crossings = crossings(environment, *seed, object.window, &object.crossings);
    let mut traffic =
        Traffic::new(environment, object.flow_log, vpcs, object.window, object_rng(*seed, object));
    let mut flows: Vec<Flow> = Vec::new();
    for (count, crossing) in batches(object, BATCH) {
        traffic.fill(&mut flows, count, crossings.by_ref().take(crossing));
        for flow in &flows {
            file.record(|field| records.flow(field, flow));
            totals.count_flow(flow);
            if let Some(interval) = traffic.without_flow() {
                file.record(|field| records.without_flow(field, &interval));
                totals.count_without_flow(interval.status);
            }
        }
        end_batch(file, count, progress)?;
    }
    Ok(())
}

fn write_gateway_flows(
    source: Source<'_>,
    object: &Object,
    file: &mut ObjectFile<'_>,
    totals: &mut Totals,
    progress: &Sender<u64>,
) -> anyhow::Result<()> {
    let Source { environment, config: GenerateConfig { seed, .. }, .. } = source;
    let mut crossings = crossings(environment, *seed, object.window, &object.crossings);
    let mut rng = object_rng(*seed, object);
    let mut flows: Vec<GatewayFlow> = Vec::new();
    for (_, crossing) in batches(object, BATCH) {
        flows.clear();
        crossings.by_ref().take(crossing).for_each(|one| one.report_gateway(&mut flows));
        rng.shuffle(&mut flows);
        for flow in &flows {
            file.record(|field| flow.value(environment, field));
            totals.count_gateway_flow(flow);
        }
        end_batch(file, flows.len(), progress)?;
    }
    Ok(())
}

fn end_batch(
    file: &mut ObjectFile<'_>,
    records: usize,
    progress: &Sender<u64>,
) -> anyhow::Result<()> {
    file.end_batch()?;
    progress.send(records as u64).context("nobody counts the records")
}

/// Each object has its own stream; stream 0 is the environment's.
fn object_rng(seed: u64, object: &Object) -> Rng {
    Rng::new(seed, object.index + 1)
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.totals += other.totals;
        self.sizes += other.sizes;
    }
}
