//! Limits of calls: buckets of tokens that fill again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::call::Call;
use super::quotas;

/// How many calls of one account in one region an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Calls at once.
    pub burst: u32,
    /// Calls per second after that.
    pub per_second: u32,
}

/// Which calls are limited, and how.
#[derive(Debug)]
pub(crate) enum Limits {
    /// Each operation of a service alike.
    OfService(String, Limit),
    /// As AWS limits an account that has asked for no more.
    OfAws,
}

impl Limits {
    fn of(&self, call: &Call) -> Option<Limit> {
        match self {
            Self::OfService(service, limit) => call.is_of(service, "*").then_some(*limit),
            Self::OfAws => quotas::limit_of(call),
        }
    }
}

/// The buckets of each account, region and operation.
#[derive(Debug)]
pub(crate) struct Buckets {
    limits: Limits,
    levels: HashMap<(String, String, String, String), (f64, Instant)>,
}

impl Buckets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, levels: HashMap::new() }
    }

    /// Whether there is a token for `call`, which is taken then.
    pub(crate) fn takes(&mut self, call: &Call) -> bool {
        let Some(limit) = self.limits.of(call) else { return true };
        let (now, burst) = (Instant::now(), f64::from(limit.burst));
        let account = call.account.as_ref().unwrap_or(&call.access_key).clone();
        let (region, service) = (call.region.clone(), call.service.clone());
        let key = (account, region, service, call.operation.clone());
        let (level, since) = self.levels.entry(key).or_insert((burst, now));
        let gained: Duration = now - *since;
        *level = (*level + gained.as_secs_f64() * f64::from(limit.per_second)).min(burst);
        *since = now;
        let has_token = *level >= 1.0;
        if has_token {
            *level -= 1.0;
        }
        has_token
    }
}
