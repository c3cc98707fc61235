//! Progress on a terminal, and messages beside it.

use std::io::{self, Write as _};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line on the terminal that says how far a replay is. In a pipe it shows nothing.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(is_shown: bool) -> Self {
        let target =
            if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {elapsed_precise} {msg} ({per_sec})")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Shows the files and records so far.
    pub(super) fn update(&self, (files, records): (u64, u64)) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(records);
        self.bar.set_message(format!(
            "{} files, {} records",
            HumanCount(files),
            HumanCount(records)
        ));
    }

    /// Prints an error beside the progress.
    pub(super) fn report(&self, error: &anyhow::Error) {
        let line = weir_runtime::describe(error);
        // Where standard error is closed there is nobody to tell.
        self.bar.suspend(|| drop(writeln!(io::stderr(), "{line}")));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
