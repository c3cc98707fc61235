//! Runs that are not committed before the windows with their records are written.

/// The runs that a window holds back.
///
/// A half of a conversation may wait one more window for its other half. Then the runs of its
/// window are held for that one too, all of them: which of them had a record of it is not kept.
#[derive(Debug)]
pub struct HeldRuns<R> {
    /// With records of the open window.
    open: Vec<R>,
    /// With records of the window before that wait.
    waiting: Vec<R>,
}

impl<R> HeldRuns<R> {
    /// Holds nothing.
    pub const fn new() -> Self {
        Self { open: Vec::new(), waiting: Vec::new() }
    }

    /// The records of `run` are in the open window.
    pub fn take(&mut self, run: R) {
        self.open.push(run);
    }

    /// All rows of the open window are written, but for what is carried on (`carries`) into the
    /// next. Returns the runs of which nothing is left.
    pub fn written(&mut self, carries: bool) -> Vec<R> {
        let mut done = std::mem::take(&mut self.waiting);
        if carries {
            self.waiting = std::mem::take(&mut self.open);
        } else {
            done.append(&mut self.open);
        }
        done
    }

    /// How many runs are held.
    pub fn len(&self) -> usize {
        self.open.len() + self.waiting.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<R> Default for HeldRuns<R> {
    fn default() -> Self {
        Self::new()
    }
}
