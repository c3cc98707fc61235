//! The script, what was asked, and the time of the double.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::answer::Answer;
use super::call::Call;
use super::fault::Fault;
use super::identities::Identities;
use super::limit::Buckets;
use super::rule::Active;
use super::sts;

/// The calls that are remembered; of more, the first are forgotten.
const MOST_CALLS: usize = 100_000;

/// All that the server and the test share.
#[derive(Debug)]
pub(crate) struct State {
    start: Instant,
    /// How far the clock of the double was moved.
    pub(crate) offset: Duration,
    /// Those that were added last are asked first.
    pub(crate) rules: VecDeque<Active>,
    pub(crate) limits: Vec<Buckets>,
    pub(crate) identities: Identities,
    pub(crate) otherwise: Option<Answer>,
    pub(crate) calls: VecDeque<Call>,
    next: usize,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            offset: Duration::ZERO,
            rules: VecDeque::new(),
            limits: Vec::new(),
            identities: Identities::default(),
            otherwise: None,
            calls: VecDeque::new(),
            next: 0,
        }
    }

    /// Notes a call and says what it is answered with.
    pub(crate) fn begin(&mut self, mut call: Call) -> (Call, Answer) {
        call.order = self.next;
        call.started = self.start.elapsed();
        self.next += 1;
        let answer = self.answer(&mut call);
        if self.calls.len() == MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call.clone());
        (call, answer)
    }

    /// Notes what became of a call.
    pub(crate) fn end(&mut self, order: usize, status: Option<u16>, error: Option<String>) {
        let ended = self.start.elapsed();
        let place = self.calls.front().and_then(|first| order.checked_sub(first.order));
        if let Some(call) = place.and_then(|place| self.calls.get_mut(place)) {
            call.ended = Some(ended);
            call.status = status;
            call.error = error;
        }
    }

    fn answer(&mut self, call: &mut Call) -> Answer {
        let now = self.now();
        let caller = match self.identities.check(&call.access_key, now) {
            Ok(caller) => caller.cloned(),
            Err(fault) => return fault.into(),
        };
        call.account = caller.as_ref().map(|caller| caller.account.clone());
        if !self.limits.iter_mut().all(|limit| limit.takes(call)) {
            return Fault::Throttled.into();
        }
        let scripted = self.rules.iter_mut().find_map(|rule| rule.answer(call));
        let known = || sts::answer(&mut self.identities, call, caller.as_ref(), now);
        let answer = scripted.or_else(known).or_else(|| self.otherwise.clone());
        answer.unwrap_or_else(|| not_scripted(call))
    }

    fn now(&self) -> Timestamp {
        let offset = SignedDuration::try_from(self.offset).unwrap_or(SignedDuration::MAX);
        Timestamp::now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }
}

fn not_scripted(call: &Call) -> Answer {
    let call = call.described();
    Answer::error("NotScripted", &format!("the double has no answer to {call}: add one with on()"))
}
