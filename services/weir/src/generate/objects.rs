//! Which objects there are and how many records each holds.

use std::path::{Path, PathBuf};

use super::GenerateConfig;
use super::clock::UtcMinute;
use super::crossing::{self, Link, Stretch, Way};
use super::environment::{Captures, Environment};
use super::exchange::WINDOW;
use super::rng::mix;

/// Windows that the generated time range consists of.
pub(super) const WINDOWS: u64 = 4;

/// Bytes of text that an object does not exceed; one of Parquet holds as many records.
const MAX_TEXT: u64 = 40 << 20;
/// Bytes of a line and of each of its columns that lines do not exceed on average, whatever
/// columns a format has: the widest are the names of ECS resources, which few lines have.
pub(super) const LINE_TEXT: u64 = 24;
pub(super) const COLUMN_TEXT: u64 = 18;

/// The most of a flow log's records, in per cent, that tell of traffic to and from other VPCs.
const CROSSING_PERCENT: u64 = 8;
/// Of so many conversations that would go to another VPC one goes to a network that is gone.
const CROSSINGS_PER_LOST: u64 = 8;

/// One object that is to be written.
pub(super) struct Object {
    /// Its place among all objects, which seeds what it holds.
    pub(super) index: u64,
    /// Its flow log's index in the environment.
    pub(super) flow_log: usize,
    /// Unix seconds of the first moment at which its flows end.
    pub(super) window: u64,
    /// Flows, at least one.
    pub(super) records: u64,
    /// The conversations with other VPCs that it tells of among others, or of a transit gateway
    /// all that it tells of.
    pub(super) crossings: Vec<Stretch>,
}

/// How many columns the flow logs have.
#[derive(Clone, Copy)]
pub(super) struct ColumnCounts {
    pub(super) vpc: usize,
    pub(super) transit_gateway: usize,
}

/// All objects. The records are shared out by the flow logs' weights, then evenly by window.
/// Those of the transit gateways come last and change nothing about the others.
pub(super) fn plan(
    config: &GenerateConfig,
    environment: &Environment,
    columns: ColumnCounts,
) -> Vec<Object> {
    let records = records_by_window(config.records, environment);
    let planner = Planner {
        environment,
        conversations: conversations(environment, &records),
        first_window: config.end / WINDOW * WINDOW - WINDOWS * WINDOW,
    };
    let mut objects = Vec::new();
    for (flow_log, records) in records.iter().enumerate() {
        for number in 0..WINDOWS {
            match environment.flow_logs[flow_log].captures {
                Captures::Vpcs(_) => {
                    let records = records[number as usize];
                    let parts = records.div_ceil(max_records(columns.vpc));
                    planner.add_vpc_objects(&mut objects, flow_log, number, records, parts);
                }
                Captures::TransitGateway(gateway) if config.transit_gateways => {
                    let max_records = max_records(columns.transit_gateway);
                    let place = (flow_log, number);
                    planner.add_gateway_objects(&mut objects, place, gateway, max_records);
                }
                Captures::TransitGateway(_) => {}
            }
        }
    }
    objects
}

/// Records that an object of so many columns holds at most.
fn max_records(columns: usize) -> u64 {
    MAX_TEXT / (LINE_TEXT + COLUMN_TEXT * columns as u64)
}

/// The records of each flow log in each window.
fn records_by_window(total: u64, environment: &Environment) -> Vec<[u64; WINDOWS as usize]> {
    let weights: Vec<_> = environment.flow_logs.iter().map(|x| environment.weight(x)).collect();
    let whole = weights.iter().sum();
    let mut before = 0;
    let of_flow_log = |weight| {
        let records = share(total, whole, before, before + weight);
        before += weight;
        std::array::from_fn(|window| share(records, WINDOWS, window as u64, window as u64 + 1))
    };
    weights.into_iter().map(of_flow_log).collect()
}

/// The conversations over each link in each window: as many as the flow logs on both sides
/// have room for.
fn conversations(
    environment: &Environment,
    records: &[[u64; WINDOWS as usize]],
) -> Vec<[u64; WINDOWS as usize]> {
    let flow_logs = |link: &Link| link.vpcs.map(|vpc| environment.vpcs[vpc].flow_log);
    let mut ends = vec![0; records.len()];
    for flow_log in environment.links.iter().flat_map(flow_logs) {
        ends[flow_log] += 1;
    }
    // Each side of a conversation takes two records.
    let room = |flow_log: usize, window: usize| {
        records[flow_log][window] * CROSSING_PERCENT / 100 / 2 / ends[flow_log]
    };
    let over = |link: &Link, window| {
        let [one, other] = flow_logs(link);
        let room = room(one, window).min(room(other, window));
        match link.way {
            Way::Blackhole(_) => room.div_ceil(CROSSINGS_PER_LOST),
            Way::Peering(_) | Way::TransitGateway(_) => room,
        }
    };
    let of_link = |link| std::array::from_fn(|window| over(link, window));
    environment.links.iter().map(of_link).collect()
}

struct Planner<'a> {
    environment: &'a Environment,
    /// By link and window.
    conversations: Vec<[u64; WINDOWS as usize]>,
    first_window: u64,
}

impl Planner<'_> {
    fn add_vpc_objects(
        &self,
        objects: &mut Vec<Object>,
        flow_log: usize,
        number: u64,
        records: u64,
        parts: u64,
    ) {
        let touches = |link: &Link| {
            link.vpcs.iter().any(|&vpc| self.environment.vpcs[vpc].flow_log == flow_log)
        };
        for part in 0..parts {
            objects.push(Object {
                index: objects.len() as u64,
                flow_log,
                window: self.first_window + number * WINDOW,
                records: share(records, parts, part, part + 1),
                crossings: self.stretches(touches, number, part, parts),
            });
        }
    }

    fn add_gateway_objects(
        &self,
        objects: &mut Vec<Object>,
        (flow_log, number): (usize, u64),
        gateway: usize,
        max_records: u64,
    ) {
        let on_gateway = |link: &Link| link.way.gateway().is_some_and(|(x, _)| x == gateway);
        let all = self.gateway_records(&self.stretches(on_gateway, number, 0, 1));
        // The parts' numbers of conversations may differ by one for each link.
        let parts = all.div_ceil(max_records);
        for part in 0..parts {
            let crossings = self.stretches(on_gateway, number, part, parts);
            let records = self.gateway_records(&crossings);
            if records == 0 {
                continue;
            }
            objects.push(Object {
                index: objects.len() as u64,
                flow_log,
                window: self.first_window + number * WINDOW,
                records,
                crossings,
            });
        }
    }

    /// What falls to one of `parts` objects of the conversations over some links.
    fn stretches(
        &self,
        is_wanted: impl Fn(&Link) -> bool,
        window: u64,
        part: u64,
        parts: u64,
    ) -> Vec<Stretch> {
        let links = self.environment.links.iter().enumerate();
        let stretch = |(link, _): (usize, &Link)| {
            let all = self.conversations[link][window as usize];
            let first = share(all, parts, 0, part);
            Stretch { link, numbers: first..first + share(all, parts, part, part + 1) }
        };
        links.filter(|(_, link)| is_wanted(link)).map(stretch).collect()
    }

    fn gateway_records(&self, crossings: &[Stretch]) -> u64 {
        let of_stretch = |stretch: &Stretch| {
            let way = self.environment.links[stretch.link].way;
            let each = way.gateway().map_or(0, |(_, records)| records);
            each * crossing::count(std::slice::from_ref(stretch))
        };
        crossings.iter().map(of_stretch).sum()
    }
}

/// What falls to the stretch from `from` to `to` when `total` is spread evenly over `whole`;
/// the shares of adjoining stretches add up to the total.
pub(super) fn share(total: u64, whole: u64, from: u64, to: u64) -> u64 {
    let up_to = |end: u64| u128::from(total) * u128::from(end) / u128::from(whole);
    (up_to(to) - up_to(from)) as u64
}

/// How an object is written in batches of up to `size`: how many records and conversations with
/// other VPCs each has.
pub(super) fn batches(object: &Object, size: u64) -> impl Iterator<Item = (usize, usize)> {
    let batches = object.records.div_ceil(size);
    let (records, crossings) = (object.records, crossing::count(&object.crossings));
    (0..batches).map(move |batch| {
        let of = |total| share(total, batches, batch, batch + 1) as usize;
        (of(records), of(crossings))
    })
}

impl Object {
    /// Where the object goes below `out`.
    pub(super) fn path(
        &self,
        out: &Path,
        config: &GenerateConfig,
        environment: &Environment,
    ) -> PathBuf {
        let flow_log = &environment.flow_logs[self.flow_log];
        // An odd factor maps 32-bit numbers one to one: no two objects share a name.
        let suffix = (self.index as u32).wrapping_mul(0x9e37_79b1) ^ mix(config.seed) as u32;
        let time = UtcMinute::from_unix(self.window);
        out.join(config.layout.key(flow_log, time, suffix, config.form))
    }
}
