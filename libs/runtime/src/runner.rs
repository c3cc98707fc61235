//! The async runtime of a service.

use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

/// The most threads for calls that block: files, names of hosts.
const BLOCKING_THREADS: usize = 8;

/// How long tasks that are still there may take to notice that the service has ended.
const LEFTOVERS: Duration = Duration::from_secs(1);

/// Runs `service` to its end. On one thread everything, input and output included, happens on
/// the calling thread: the least work for each record. On more, `service` stays on the calling
/// thread and what it spawns is spread over `threads` others.
///
/// What still runs when `service` ends is dropped, and a call that blocks is left behind after a
/// second.
///
/// # Errors
///
/// Those of `service`, or when the system refuses threads or handles.
pub fn run_service<T>(
    threads: NonZeroUsize,
    service: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let runtime = build(threads).context("the async runtime could not be started")?;
    let result = runtime.block_on(service);
    runtime.shutdown_timeout(LEFTOVERS);
    result
}

fn build(threads: NonZeroUsize) -> io::Result<Runtime> {
    let mut builder = match threads.get() {
        1 => Builder::new_current_thread(),
        more => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(more);
            builder
        }
    };
    builder.enable_all().thread_name("weir-worker").max_blocking_threads(BLOCKING_THREADS).build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::thread;

    use anyhow::bail;
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;

    #[test]
    fn by_default_everything_happens_on_the_calling_thread() {
        let here = thread::current().id();
        let spawned = run_service(NonZeroUsize::MIN, async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            drop(listener);
            Ok(tokio::spawn(async { thread::current().id() }).await?)
        });
        assert_eq!(spawned.unwrap(), here);
    }

    #[test]
    fn more_threads_run_tasks_at_the_same_time() {
        let two = NonZeroUsize::new(2).unwrap();
        let ids = run_service(two, async {
            // Neither gets past it unless both threads are in it.
            let both = Arc::new(std::sync::Barrier::new(2));
            let mut tasks = JoinSet::new();
            for _ in 0..2 {
                let both = Arc::clone(&both);
                tasks.spawn(async move {
                    both.wait();
                    thread::current().id()
                });
            }
            Ok(tasks.join_all().await.into_iter().map(|id| format!("{id:?}")).collect())
        });
        assert_eq!(ids.map(|ids: BTreeSet<String>| ids.len()).unwrap(), 2);
    }

    #[test]
    fn an_error_comes_back_and_tasks_that_are_left_do_not_keep_it() {
        let result: anyhow::Result<()> = run_service(NonZeroUsize::MIN, async {
            tokio::spawn(std::future::pending::<()>());
            bail!("no such stream")
        });
        assert_eq!(result.unwrap_err().to_string(), "no such stream");
    }
}
