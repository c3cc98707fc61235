//! The end of a service: what is in flight gets some time to be done.

use std::time::Duration;

use anyhow::anyhow;

use crate::config::duration_text;
use crate::exit::cut;

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a cut drain ends the process with 2"]
pub enum Drained {
    /// All work in flight was done.
    Complete,
    /// The time ran out and the work was given up; its source delivers it again.
    Cut {
        /// The time that it had.
        grace: Duration,
    },
}

impl Drained {
    /// The result of main: a cut drain ends the process with
    /// [`ExitStatus::Cut`](crate::ExitStatus::Cut).
    ///
    /// # Errors
    ///
    /// When the drain was cut.
    pub fn into_result(self) -> anyhow::Result<()> {
        match self {
            Self::Complete => Ok(()),
            Self::Cut { grace } => Err(cut(anyhow!(
                "not all work in flight was done within {}: its sources deliver it again",
                duration_text(grace)
            ))),
        }
    }
}

/// Lets `work` come to its end within `grace`, else drops it.
pub async fn with_grace(grace: Duration, work: impl Future<Output = ()>) -> Drained {
    match tokio::time::timeout(grace, work).await {
        Ok(()) => Drained::Complete,
        Err(_) => Drained::Cut { grace },
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;
    use crate::{describe, finish};

    #[tokio::test]
    async fn work_that_ends_in_time_is_complete() {
        let drained = with_grace(Duration::from_secs(60), tokio::task::yield_now()).await;
        assert_eq!(drained, Drained::Complete);
        drained.into_result().unwrap();
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_cut_and_the_process_ends_with_2() {
        let grace = Duration::from_millis(20);
        let drained = with_grace(grace, future::pending()).await;
        assert_eq!(drained, Drained::Cut { grace });
        let error = drained.into_result().unwrap_err();
        assert!(describe(&error).contains("within 20ms"), "{error:#}");
        let two = std::process::ExitCode::from(2);
        assert_eq!(format!("{:?}", finish(Err(error))), format!("{two:?}"));
    }

    #[tokio::test]
    async fn work_that_is_done_is_complete_even_without_any_time() {
        assert_eq!(with_grace(Duration::ZERO, future::ready(())).await, Drained::Complete);
    }
}
