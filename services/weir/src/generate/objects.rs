//! Which objects there are, what they are named and how many records each holds.

use std::path::{Path, PathBuf};

use super::GenerateConfig;
use super::clock::UtcMinute;
use super::environment::{Environment, FlowLog};
use super::exchange::WINDOW;
use super::rng::mix;

/// Windows that the generated time range consists of.
pub(super) const WINDOWS: u64 = 4;

/// The folder that AWS delivers into.
pub(super) const ROOT: &str = "AWSLogs";

/// Bytes of text that an object does not exceed.
const MAX_TEXT: u64 = 40 << 20;
/// Bytes of a line and of each of its columns that lines do not exceed on average, whatever
/// columns a format has: the widest are the names of ECS resources, which few lines have.
pub(super) const LINE_TEXT: u64 = 24;
pub(super) const COLUMN_TEXT: u64 = 18;

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
}

/// All objects. The records are shared out by the flow logs' weights, then evenly by window.
pub(super) fn plan(
    config: &GenerateConfig,
    environment: &Environment,
    columns: usize,
) -> Vec<Object> {
    let max_records = MAX_TEXT / (LINE_TEXT + COLUMN_TEXT * columns as u64);
    let last_window = config.end / WINDOW * WINDOW;
    let weights: Vec<_> = environment.flow_logs.iter().map(|x| environment.weight(x)).collect();
    let whole = weights.iter().sum();
    let mut objects = Vec::new();
    let mut before = 0;
    for (flow_log, weight) in weights.into_iter().enumerate() {
        let of_flow_log = share(config.records, whole, before, before + weight);
        before += weight;
        for number in 0..WINDOWS {
            let window = last_window - (WINDOWS - number) * WINDOW;
            let of_window = share(of_flow_log, WINDOWS, number, number + 1);
            let parts = of_window.div_ceil(max_records);
            for part in 0..parts {
                let index = objects.len() as u64;
                let records = share(of_window, parts, part, part + 1);
                objects.push(Object { index, flow_log, window, records });
            }
        }
    }
    objects
}

/// What falls to the stretch from `from` to `to` when `total` is spread evenly over `whole`;
/// the shares of adjoining stretches add up to the total.
pub(super) fn share(total: u64, whole: u64, from: u64, to: u64) -> u64 {
    let up_to = |end: u64| u128::from(total) * u128::from(end) / u128::from(whole);
    (up_to(to) - up_to(from)) as u64
}

impl Object {
    /// Where the object goes below `out`, as S3 keys of flow logs are made.
    pub(super) fn path(&self, out: &Path, flow_log: &FlowLog, seed: u64) -> PathBuf {
        let FlowLog { id, account_id, region, .. } = flow_log;
        let time = UtcMinute::from_unix(self.window);
        // An odd factor maps 32-bit numbers one to one: no two objects share a name.
        let suffix = (self.index as u32).wrapping_mul(0x9e37_79b1) ^ mix(seed) as u32;
        let name = format!("{account_id}_vpcflowlogs_{region}_{id}_{time}_{suffix:08x}.log.gz");
        let folder = format!("{account_id}/vpcflowlogs/{region}/{}", time.folders());
        out.join(ROOT).join(folder).join(name)
    }
}
