//! What is known of the formats of log groups, as it is asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use weir_flowlog::LogFormat;

use super::found::{FoundFormats, GroupFlowLog, GroupFormats};
use super::stream::{LogPlace, resource_of};
use super::{FlowLogFormat, fields_of};

/// The formats that lines may have, each once.
type Formats = Arc<[Arc<FlowLogFormat>]>;

/// What is known of a log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// The formats that its lines may have: those of the most special flow logs first; at least
    /// one.
    Formats(Formats),
    /// No flow log is known that writes to its log group.
    NoFlowLog {
        /// When a sweep began that would have found one, in Unix seconds: of the group's region, or
        /// of its account, or of any account where discovery has not read this one. None where
        /// there was no sweep as yet.
        looked: Option<u64>,
    },
}

/// What is known of the formats of log groups.
#[derive(Debug, Default)]
pub struct KnownFormats {
    looked: BTreeMap<String, BTreeMap<String, u64>>,
    /// By the group's account and name, then by region.
    groups: HashMap<(String, String), BTreeMap<String, Group>>,
}

#[derive(Debug)]
struct Group {
    /// Of all flow logs.
    all: Formats,
    /// Of those that are of more than one interface.
    general: Formats,
    /// Of those that cover an interface or attachment.
    covered: HashMap<String, Formats>,
}

impl KnownFormats {
    /// What sweeps found. A flow log whose format cannot be read is left out.
    pub fn of(found: &FoundFormats) -> Self {
        let mut known = Self { looked: found.looked.clone(), groups: HashMap::new() };
        for (id, group) in &found.groups {
            let mut parts = id.splitn(3, '/').map(str::to_owned);
            let (Some(account_id), Some(region), Some(name)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let group = Group::of(group);
            if !group.all.is_empty() {
                let regions = known.groups.entry((account_id, name)).or_default();
                regions.insert(region, group);
            }
        }
        known
    }

    /// What is known of a log stream. Batches of a Kinesis stream do not tell the region of their
    /// log group: where there is no group of this name in the region, one of another region is it.
    pub fn of_stream(&self, place: &LogPlace<'_>) -> Knowledge {
        let key = (place.account_id.to_owned(), place.log_group.to_owned());
        let group = self.groups.get(&key).and_then(|regions| {
            let elsewhere = || regions.values().next().filter(|_| regions.len() == 1);
            regions.get(place.region).or_else(elsewhere)
        });
        match group {
            Some(group) => Knowledge::Formats(group.of_stream(place.log_stream)),
            None => Knowledge::NoFlowLog { looked: self.looked(place.account_id, place.region) },
        }
    }

    fn looked(&self, account_id: &str, region: &str) -> Option<u64> {
        let newest = |regions: &BTreeMap<String, u64>| regions.values().copied().max();
        match self.looked.get(account_id) {
            Some(regions) => regions.get(region).copied().or_else(|| newest(regions)),
            None => self.looked.values().filter_map(newest).max(),
        }
    }
}

impl Group {
    fn of(found: &GroupFormats) -> Self {
        let logs: Vec<_> = found.flow_logs.iter().map(|log| (log, format_of(log))).collect();
        let read = || logs.iter().filter_map(|(log, format)| Some((*log, format.as_ref()?)));
        let covered = found.covered.iter().flat_map(|covering| {
            let read = covering.flow_logs.iter().filter_map(|place| {
                let (log, format) = logs.get(*place)?;
                Some((*log, format.as_ref()?))
            });
            let formats = formats(read);
            let resources = covering.resources.iter().filter(|_| !formats.is_empty());
            resources.map(|id| (id.clone(), Arc::clone(&formats))).collect::<Vec<_>>()
        });
        Self {
            all: formats(read()),
            general: formats(read().filter(|(log, _)| !log.is_of_one())),
            covered: covered.collect(),
        }
    }

    fn of_stream(&self, log_stream: &str) -> Formats {
        let Some(resource) = resource_of(log_stream) else { return Arc::clone(&self.all) };
        let unseen = if self.general.is_empty() { &self.all } else { &self.general };
        Arc::clone(self.covered.get(resource).unwrap_or(unseen))
    }
}

fn format_of(flow_log: &GroupFlowLog) -> Option<Arc<LogFormat>> {
    fields_of(&flow_log.log_format, &flow_log.resource_id).ok().map(Arc::new)
}

/// Each format once. Which flow log writes so is known where it is one alone.
fn formats<'f>(flow_logs: impl Iterator<Item = (&'f GroupFlowLog, &'f Arc<LogFormat>)>) -> Formats {
    let mut formats: Vec<(&Arc<LogFormat>, Option<&str>)> = Vec::new();
    for (flow_log, format) in flow_logs {
        match formats.iter_mut().find(|(known, _)| *known == format) {
            Some((_, id)) => *id = None,
            None => formats.push((format, Some(&flow_log.id))),
        }
    }
    let format = |(format, id): (&Arc<LogFormat>, Option<&str>)| {
        Arc::new(FlowLogFormat::new(Arc::clone(format), id.map(str::to_owned)))
    };
    formats.into_iter().map(format).collect()
}
