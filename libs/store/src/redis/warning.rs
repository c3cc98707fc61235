//! Settings of the server that endanger the state.

/// A setting of the server that endangers the state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisWarning {
    /// It removes keys when its memory is full.
    #[error("its maxmemory-policy is {policy}, so that it may remove the state; set noeviction")]
    Evicts {
        /// The policy.
        policy: String,
    },
    /// It does not log writes to disk.
    #[error("its appendonly is off, so that a restart loses what was written last; set it to yes")]
    NotDurable,
    /// The user may not ask.
    #[error("its settings cannot be checked; permit `info`, or see to noeviction and appendonly")]
    Unchecked,
}

/// What the server's answer to `INFO` gives cause for.
pub(super) fn warnings_in(info: &str) -> Vec<RedisWarning> {
    let value_of = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    let policy = value_of("maxmemory_policy").filter(|policy| *policy != "noeviction");
    let evicts = policy.map(|policy| RedisWarning::Evicts { policy: policy.to_owned() });
    let is_forgetful = value_of("aof_enabled").is_some_and(|enabled| enabled == "0");
    evicts.into_iter().chain(is_forgetful.then_some(RedisWarning::NotDurable)).collect()
}
