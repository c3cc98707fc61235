//! What there is to say of runs whose parts are on their way to several exporters.

use std::collections::HashMap;

use crate::answer::{Answer, RetryReason, RunRejection};
use crate::run::RunId;

/// The runs of an enricher and what has become of their parts.
///
/// A run is committed when every part of its present split is, and accepted when every part is
/// accepted or has its final answer. What an exporter has not taken is encoded again from the
/// run's text, as long as that is there: until the run is accepted. Then a part that is unknown
/// makes the run unknown. Parts that another split had count for nothing, but for those that are
/// in the present one too.
#[derive(Debug, Default)]
pub struct Parts {
    runs: HashMap<RunId, Split>,
    /// The run of each part.
    owners: HashMap<RunId, RunId>,
}

/// The parts of one run.
#[derive(Debug, Default)]
struct Split {
    /// Few: at most one for each exporter.
    parts: Vec<(RunId, State)>,
    /// Some of it was not taken, and its text is being encoded again.
    is_encoding: bool,
    /// Its source was told that it is accepted.
    is_accepted: bool,
    /// Its text cannot be encoded.
    failure: Option<RunRejection>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sent,
    Accepted,
    Committed,
    Rejected(RunRejection),
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing as yet.
    Nothing,
    /// The run's text is to be encoded again: this part of it was not taken.
    Encode(RunId),
    /// The run's source is to hear this.
    Say(RunId, Answer),
}

impl Parts {
    /// Knows no run.
    pub fn new() -> Self {
        Self::default()
    }

    /// `run` was encoded into these parts. Returns those that are to be sent: all the first time,
    /// later those that are new. What there is to say of the run comes with it.
    pub fn encoded(&mut self, run: RunId, parts: &[RunId]) -> (Vec<RunId>, Consequence) {
        let split = self.runs.entry(run).or_default();
        let before = std::mem::take(&mut split.parts);
        let known = |part: &RunId| before.iter().find(|(each, _)| each == part);
        let fresh: Vec<_> = parts.iter().filter(|part| known(part).is_none()).copied().collect();
        let state = |part: &RunId| known(part).map_or((*part, State::Sent), |known| *known);
        split.parts = parts.iter().map(state).collect();
        (split.is_encoding, split.failure) = (false, None);
        for (part, _) in before.iter().filter(|(part, _)| !parts.contains(part)) {
            self.owners.remove(part);
        }
        self.owners.extend(parts.iter().map(|part| (*part, run)));
        (fresh, self.consequence(run))
    }

    /// `run` cannot be encoded. What was sent of it keeps its answer waiting.
    pub fn failed(&mut self, run: RunId, rejection: RunRejection) -> Consequence {
        let split = self.runs.entry(run).or_default();
        (split.is_encoding, split.failure) = (false, Some(rejection));
        self.consequence(run)
    }

    /// A run that an exporter may have is announced to it: there is one exporter, which knows
    /// the run by its own id.
    pub fn announced(&mut self, run: RunId) {
        let parts = vec![(run, State::Accepted)];
        self.runs.insert(run, Split { parts, is_accepted: true, ..Split::default() });
        self.owners.insert(run, run);
    }

    /// The exporter's answer to a part. One that is of no run any more, or of no present split,
    /// has no consequence.
    pub fn answered(&mut self, part: RunId, answer: Answer) -> Consequence {
        let Some(run) = self.owners.get(&part).copied() else { return Consequence::Nothing };
        let Some(split) = self.runs.get_mut(&run) else { return Consequence::Nothing };
        match answer {
            Answer::Accepted => split.set(part, State::Accepted),
            Answer::Committed => split.set(part, State::Committed),
            Answer::Rejected(rejection) => split.set(part, State::Rejected(rejection)),
            Answer::Unknown if split.is_accepted => return self.finish(run, Answer::Unknown),
            Answer::Unknown | Answer::Retry(RetryReason::StaleTemplates, _) => {
                split.parts.retain(|(each, _)| *each != part);
                self.owners.remove(&part);
                let is_first = !std::mem::replace(&mut split.is_encoding, true);
                return if is_first { Consequence::Encode(run) } else { Consequence::Nothing };
            }
            // Whoever sends it keeps it until its time.
            Answer::Retry(..) => {}
        }
        self.consequence(run)
    }

    /// Runs without a final answer.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether every run has its final answer.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn consequence(&mut self, run: RunId) -> Consequence {
        let Some(split) = self.runs.get_mut(&run) else { return Consequence::Nothing };
        if split.is_encoding || split.any(State::Sent) {
            return Consequence::Nothing;
        }
        if split.any(State::Accepted) {
            let is_told = std::mem::replace(&mut split.is_accepted, true);
            let say = Consequence::Say(run, Answer::Accepted);
            return if is_told { Consequence::Nothing } else { say };
        }
        let answer = split.rejection().map_or(Answer::Committed, Answer::Rejected);
        self.finish(run, answer)
    }

    fn finish(&mut self, run: RunId, answer: Answer) -> Consequence {
        let split = self.runs.remove(&run).unwrap_or_default();
        for (part, _) in &split.parts {
            self.owners.remove(part);
        }
        Consequence::Say(run, answer)
    }
}

impl Split {
    fn set(&mut self, part: RunId, state: State) {
        if let Some((_, known)) = self.parts.iter_mut().find(|(each, _)| *each == part) {
            *known = state;
        }
    }

    fn rejection(&self) -> Option<RunRejection> {
        let rejected = self.parts.iter().find_map(|(_, state)| match state {
            State::Rejected(rejection) => Some(*rejection),
            _ => None,
        });
        self.failure.or(rejected)
    }

    fn any(&self, state: State) -> bool {
        self.parts.iter().any(|(_, each)| *each == state)
    }
}
