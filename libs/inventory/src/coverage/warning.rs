//! What is read twice, or with less than it could be.

use std::collections::BTreeSet;
use std::fmt;

use super::decide::{Candidate, Places};
use super::{Resources, Source, SourceDecision};
use crate::region::TrafficType;

/// How many warnings are given at most.
const MAX_WARNINGS: usize = 1000;

/// The fields of the default format, version 2.
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} \
    ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// Something that people should know of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Two sources have records in common, and neither has all of the other's.
    ReadTwice {
        /// The better one.
        one: Source,
        /// The other one.
        other: Source,
        /// Whether a subscription or notification leaves out records of the better one.
        is_filtered: bool,
    },
    /// An input is enabled, and nobody has read it: others are read on.
    NotRead {
        /// The input.
        input_id: String,
    },
    /// A source that is passed over has fields that the better one lacks.
    FewerFields {
        /// The one that is passed over.
        flow_log_id: String,
        /// The one that is read.
        by: String,
        /// AWS's names of the fields.
        missing: Vec<String>,
    },
    /// There are more warnings than are told.
    More,
}

impl fmt::Display for Warning {
    /// A sentence for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadTwice { one, other, is_filtered } => {
                let why = match is_filtered {
                    true => "not every record reaches the first",
                    false => "the first does not have all that the second has",
                };
                write!(
                    f,
                    "what {} at `{}` and {} at `{}` have in common is read twice: {why}",
                    one.flow_log_id, one.input_id, other.flow_log_id, other.input_id
                )
            }
            Self::NotRead { input_id } => write!(
                f,
                "`{input_id}` is enabled, and nobody has read it: others are read on until \
                 somebody does; see ListInputStatus and the log of its reader"
            ),
            Self::FewerFields { flow_log_id, by, missing } => write!(
                f,
                "{flow_log_id} is passed over for {by}, which lacks the fields {}: add them to \
                 the log format of {by}",
                missing.join(", ")
            ),
            Self::More => write!(f, "there are more warnings: mend these first"),
        }
    }
}

/// The warnings about `decisions`, which are in the order of `candidates`.
pub(super) fn warnings(
    candidates: &[Candidate<'_>],
    decisions: &[SourceDecision],
    places: &Places<'_>,
    resources: &Resources,
) -> Vec<Warning> {
    let is_read = |at: usize| {
        decisions.get(at).is_some_and(|it| it.until.is_none() && it.passed_over_now().is_none())
    };
    let inputs = candidates.iter().map(|candidate| candidate.input);
    let not_read: BTreeSet<_> = inputs
        .filter(|input| !input.is_read && input.until.is_none())
        .map(|input| input.id.as_str())
        .collect();
    let not_read = not_read.into_iter().take(MAX_WARNINGS);
    let mut warnings: Vec<_> =
        not_read.map(|id| Warning::NotRead { input_id: id.to_owned() }).collect();
    for (place, other) in candidates.iter().enumerate() {
        if let Some(decision) = decisions.get(place) {
            warnings.extend(fewer_fields(other, decision, candidates));
        }
        for at in places.near(other).filter(|at| *at < place && is_read(*at) && is_read(place)) {
            let one = candidates.get(at).filter(|one| one.overlaps(other, resources));
            // Of what nobody reads there is one warning.
            if let Some(one) = one.filter(|one| one.input.is_read && other.input.is_read) {
                warnings.push(Warning::ReadTwice {
                    one: one.source.clone(),
                    other: other.source.clone(),
                    is_filtered: !one.source.is_whole,
                });
            }
        }
        if warnings.len() >= MAX_WARNINGS {
            warnings.truncate(MAX_WARNINGS);
            warnings.push(Warning::More);
            break;
        }
    }
    warnings
}

impl Candidate<'_> {
    /// Whether a record may be in both.
    fn overlaps(&self, other: &Candidate<'_>, resources: &Resources) -> bool {
        let (one, two) = (&self.flow_log.resource_id, &other.flow_log.resource_id);
        let traffic = [self.flow_log.traffic, other.flow_log.traffic];
        (traffic.contains(&TrafficType::All) || traffic[0] == traffic[1])
            && (resources.contains(one, two) || resources.contains(two, one))
    }
}

fn fewer_fields(
    candidate: &Candidate<'_>,
    decision: &SourceDecision,
    candidates: &[Candidate<'_>],
) -> Option<Warning> {
    let by = decision.passed_over_now()?;
    let better = candidates.iter().find(|better| better.flow_log.id == by.flow_log_id)?;
    let has = fields(&better.flow_log.log_format);
    let missing: Vec<_> = fields(&candidate.flow_log.log_format)
        .difference(&has)
        .map(|it| (*it).to_owned())
        .collect();
    let (flow_log_id, by) = (candidate.flow_log.id.clone(), by.flow_log_id.clone());
    (!missing.is_empty()).then_some(Warning::FewerFields { flow_log_id, by, missing })
}

/// The fields of a log format in AWS's notation, `${version} ${account-id}`.
fn fields(log_format: &str) -> BTreeSet<&str> {
    let format = if log_format.trim().is_empty() { DEFAULT_FORMAT } else { log_format };
    format.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0.trim())).collect()
}
