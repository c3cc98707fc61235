//! A limit of calls as EC2 has it: a bucket of tokens that fills again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::call::Call;

/// How many calls of one account in one region an operation takes
/// (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Calls at once.
    pub burst: u32,
    /// Calls per second after that.
    pub per_second: u32,
}

/// The buckets of a service.
#[derive(Debug)]
pub(crate) struct Buckets {
    service: String,
    limit: Limit,
    levels: HashMap<(String, String, String), (f64, Instant)>,
}

impl Buckets {
    pub(crate) fn new(service: &str, limit: Limit) -> Self {
        Self { service: service.to_owned(), limit, levels: HashMap::new() }
    }

    /// Whether there is a token for `call`, which is taken then.
    pub(crate) fn takes(&mut self, call: &Call) -> bool {
        if !call.is_of(&self.service, "*") {
            return true;
        }
        let (now, burst) = (Instant::now(), f64::from(self.limit.burst));
        let account = call.account.as_ref().unwrap_or(&call.access_key);
        let key = (account.clone(), call.region.clone(), call.operation.clone());
        let (level, since) = self.levels.entry(key).or_insert((burst, now));
        let gained: Duration = now - *since;
        *level = (*level + gained.as_secs_f64() * f64::from(self.limit.per_second)).min(burst);
        *since = now;
        let has_token = *level >= 1.0;
        if has_token {
            *level -= 1.0;
        }
        has_token
    }
}
