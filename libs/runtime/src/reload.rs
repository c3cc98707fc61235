//! The wish to read configuration and files again, as SIGHUP expresses it.

use std::future;
use std::io;

use signal_hook::consts::SIGHUP;
use tokio::sync::watch;

use crate::signals;

/// Hands out the wish to reload. Clones share it.
///
/// A service makes one even when it has nothing to read again: without it SIGHUP ends the
/// process.
#[derive(Clone, Debug, Default)]
pub struct Reload {
    wishes: watch::Sender<u64>,
}

impl Reload {
    /// Asked for with SIGHUP, which does not end the process from now on.
    ///
    /// # Errors
    ///
    /// When the system refuses a handler or a thread.
    pub fn on_signal() -> io::Result<Self> {
        let reload = Self::manual();
        let signalled = reload.clone();
        signals::forward(&[SIGHUP], move || signalled.trigger())?;
        Ok(reload)
    }

    /// Asked for with [`Reload::trigger`] alone.
    pub fn manual() -> Self {
        Self::default()
    }

    /// Asks all subscribers to reload.
    pub fn trigger(&self) {
        self.wishes.send_modify(|wishes| *wishes = wishes.wrapping_add(1));
    }

    /// What is asked for from now on.
    pub fn subscribe(&self) -> ReloadRequests {
        ReloadRequests { wishes: self.wishes.subscribe() }
    }
}

/// The wishes that one part of a service follows.
#[derive(Debug)]
pub struct ReloadRequests {
    wishes: watch::Receiver<u64>,
}

impl ReloadRequests {
    /// Waits for the next wish; several that came since the last are one. It waits for ever when
    /// nobody can ask any more. Cancel-safe.
    pub async fn next(&mut self) {
        if self.wishes.changed().await.is_err() {
            future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use signal_hook::low_level::raise;
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn sighup_asks_every_subscriber_and_ends_nothing() {
        let reload = Reload::on_signal().unwrap();
        let mut subscribers = [reload.subscribe(), reload.subscribe()];
        raise(SIGHUP).unwrap();
        for subscriber in &mut subscribers {
            timeout(DEADLINE, subscriber.next()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn wishes_that_nobody_waited_for_become_one() {
        let reload = Reload::manual();
        let mut requests = reload.subscribe();
        reload.trigger();
        reload.trigger();
        timeout(DEADLINE, requests.next()).await.unwrap();
        assert!(timeout(Duration::ZERO, requests.next()).await.is_err());
        assert!(timeout(Duration::ZERO, reload.subscribe().next()).await.is_err());
    }

    #[tokio::test]
    async fn nobody_left_to_ask_is_no_wish() {
        let mut requests = Reload::manual().subscribe();
        assert!(timeout(Duration::ZERO, requests.next()).await.is_err());
    }
}
