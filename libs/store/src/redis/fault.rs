//! What the server's errors mean.

use redis::{ErrorKind, RedisError};

use crate::error::{Refusal, StoreError};

/// What an error of the server, or of the way to it, means.
pub(super) fn fault(server: &str, error: RedisError) -> StoreError {
    let server = server.to_owned();
    match refusal_of(&error) {
        Some(refusal) => StoreError::Refused { server, refusal, source: Box::new(error) },
        None if is_of_connection(&error) => {
            StoreError::Unreachable { server, source: Box::new(error) }
        }
        None => StoreError::Failed { source: Box::new(error) },
    }
}

/// The connection has to be made anew: it is gone, or another server or login may be better.
pub(super) fn ends_connection(error: &RedisError) -> bool {
    is_of_connection(error)
        || matches!(refusal_of(error), Some(Refusal::ReadOnly | Refusal::NotLoggedIn))
}

pub(super) fn is_of_connection(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error()
}

pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}

fn refusal_of(error: &RedisError) -> Option<Refusal> {
    if error.kind() == ErrorKind::AuthenticationFailed {
        return Some(Refusal::NotLoggedIn);
    }
    let detail = error.detail().unwrap_or_default();
    match error.code()? {
        "OOM" => Some(Refusal::Full),
        "READONLY" => Some(Refusal::ReadOnly),
        "NOAUTH" | "WRONGPASS" => Some(Refusal::NotLoggedIn),
        "MISCONF" => Some(Refusal::Disk),
        "NOPERM" => Some(Refusal::NoPermission),
        // What a script is not permitted to do, in the words of Redis 6 and 7.
        "ERR" if detail.contains("The user executing the script can't") => {
            Some(Refusal::NoPermission)
        }
        "BUSY" | "LOADING" | "MASTERDOWN" | "NOREPLICAS" | "TRYAGAIN" | "CLUSTERDOWN" => {
            Some(Refusal::NotReady)
        }
        "ERR" if detail.contains("max number of clients reached") => Some(Refusal::NotReady),
        _ => None,
    }
}
