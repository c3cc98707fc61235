//! Answers that wait until the test lets them go.

use std::time::Duration;

use tokio::sync::watch;

/// The longest that a gate holds.
const PATIENCE: Duration = Duration::from_secs(60);

/// What holds answers back until it is opened (or a minute has passed).
#[derive(Clone, Debug)]
pub struct Gate {
    is_open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self { is_open: watch::Sender::new(false) }
    }

    /// Lets all answers go, those to come too.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }

    pub(crate) async fn passed(&self) {
        let mut is_open = self.is_open.subscribe();
        // Whether it was opened or not, the answer goes.
        drop(tokio::time::timeout(PATIENCE, is_open.wait_for(|is_open| *is_open)).await);
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::closed()
    }
}
