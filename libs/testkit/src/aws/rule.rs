//! A line of the script: which calls, and what they are answered with.

use std::collections::VecDeque;
use std::fmt;

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::double::AwsDouble;
use super::listing::Listing;

/// A rule that is being written; it is in force once it has an answer.
#[must_use = "a rule without an answer does nothing"]
#[derive(Debug)]
pub struct Rule<'a> {
    double: &'a AwsDouble,
    scope: Scope,
}

/// The calls that a rule is for.
#[derive(Debug, Default)]
struct Scope {
    service: String,
    operation: String,
    region: Option<String>,
    account: Option<String>,
    parameters: Vec<(String, String)>,
    times: Option<u32>,
}

/// A rule in force.
#[derive(Debug)]
pub(crate) struct Active {
    scope: Scope,
    reply: Reply,
}

/// Where the answers of a rule come from.
enum Reply {
    Same(Answer),
    /// One after the other; the last one stays.
    InTurn(VecDeque<Answer>),
    Pages(Listing, usize),
    Made(Box<dyn FnMut(&Call) -> Answer + Send>),
}

impl<'a> Rule<'a> {
    pub(crate) fn new(double: &'a AwsDouble, service: &str, operation: &str) -> Self {
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Self { double, scope: Scope { service, operation, ..Scope::default() } }
    }

    /// Only for calls that are signed for `region`.
    pub fn in_region(mut self, region: &str) -> Self {
        self.scope.region = Some(region.to_owned());
        self
    }

    /// Only for calls of an account, whose keys the double must know
    /// ([`AwsDouble::add_user`], [`AwsDouble::add_role`]).
    pub fn of_account(mut self, account: &str) -> Self {
        self.scope.account = Some(account.to_owned());
        self
    }

    /// Only for calls with this value of a parameter (see [`Call::parameters`]).
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        self.scope.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Only for so many calls; those after go to the rules before this one.
    pub fn times(mut self, times: u32) -> Self {
        self.scope.times = Some(times);
        self
    }

    /// Answers all of them alike.
    pub fn answer(self, answer: impl Into<Answer>) {
        self.reply(Reply::Same(answer.into()));
    }

    /// Answers one after the other; the last answer stays.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn answer_in_turn(self, answers: impl IntoIterator<Item = Answer>) {
        let answers: VecDeque<_> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "a rule needs an answer");
        self.reply(Reply::InTurn(answers));
    }

    /// Answers with pages of at most `size` items, or of fewer when the call asks for fewer.
    pub fn answer_in_pages(self, size: usize, listing: Listing) {
        self.reply(Reply::Pages(listing, size));
    }

    /// Answers as `make` decides. It runs while the double is locked: it must not call it.
    pub fn answer_with(self, make: impl FnMut(&Call) -> Answer + Send + 'static) {
        self.reply(Reply::Made(Box::new(make)));
    }

    fn reply(self, reply: Reply) {
        self.double.add_rule(Active { scope: self.scope, reply });
    }
}

impl Active {
    /// The answer to `call`; `None` if the rule is not for it.
    pub(crate) fn answer(&mut self, call: &Call) -> Option<Answer> {
        if !self.scope.includes(call) {
            return None;
        }
        if let Some(times) = &mut self.scope.times {
            *times = times.checked_sub(1)?;
        }
        Some(match &mut self.reply {
            Reply::Same(answer) => answer.clone(),
            Reply::InTurn(answers) if answers.len() == 1 => answers.front()?.clone(),
            Reply::InTurn(answers) => answers.pop_front()?,
            Reply::Pages(listing, size) => listing.page(call, *size),
            Reply::Made(make) => make(call),
        })
    }
}

impl Scope {
    fn includes(&self, call: &Call) -> bool {
        let is_parameter = |(name, value): &(String, String)| {
            let found = call.parameters.get(name).map(|found| match found {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            found.as_ref() == Some(value)
        };
        call.is_of(&self.service, &self.operation)
            && self.region.as_ref().is_none_or(|region| *region == call.region)
            && (self.account.is_none() || self.account == call.account)
            && self.parameters.iter().all(is_parameter)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Same(_) => "Same",
            Self::InTurn(_) => "InTurn",
            Self::Pages(..) => "Pages",
            Self::Made(_) => "Made",
        })
    }
}
