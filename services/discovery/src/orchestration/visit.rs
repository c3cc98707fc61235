//! One call of the reader, held to its time; a panic in it is its own.

use std::time::Duration;

use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use crate::reader::{Fault, FaultKind};

/// Runs `work` as a task of its own for at most `deadline`.
///
/// # Errors
///
/// When it takes longer, and is dropped; when it panics.
pub(super) async fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Fault> {
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    match tokio::time::timeout(deadline, task).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(of_panic(error)),
        Err(_) => {
            let seconds = deadline.as_secs_f64();
            let cause = format!(
                "not done within {seconds} s: it is tried again with the next sweep, and \
                 region_timeout in [discovery] may be raised"
            );
            Err(Fault::new(FaultKind::Deadline, cause))
        }
    }
}

fn of_panic(error: JoinError) -> Fault {
    let text = match error.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => {
                panic.downcast::<&str>().map_or_else(|_| String::new(), |text| (*text).to_owned())
            }
        },
        Err(_) => "the process ends".to_owned(),
    };
    Fault::new(FaultKind::Panicked, format!("this is a fault of weir, please report it: {text}"))
}
