//! Bounds on what is read from one object.

/// Bounds on what is read from one object.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A block is cut at the first line end after so many octets of text.
    pub block_length: usize,
    /// Octets of a line that are kept, its end not counted in. One more is kept of a longer
    /// line, so that whoever reads the block sees that it is too long.
    pub max_line_length: usize,
    /// The most octets of text.
    pub max_text_length: u64,
    /// The most octets of text for an octet of a compressed object. Judged once there are
    /// [`Limits::RATIO_GRACE`] octets of text: short texts of equal lines compress well.
    pub max_ratio: u64,
    /// The most octets of a JSON document, and of what is packed in one.
    pub max_document_length: usize,
    /// Log events whose ids are remembered while an object is read, to leave out what
    /// CloudWatch Logs sends twice; each takes some 60 octets.
    pub remembered_events: usize,
}

impl Limits {
    /// Octets of text before the ratio counts.
    pub const RATIO_GRACE: u64 = 64 * 1024 * 1024;
}

impl Default for Limits {
    /// 256 KiB blocks, 16 KiB lines, 16 GiB of text, a ratio of 1000: deflate's own limit is
    /// 1032, flow logs reach about 10. AWS closes a flow log object at 75 MB. 32 MiB documents: a
    /// record of Firehose has 1,000 KiB at most. 262,144 events.
    fn default() -> Self {
        Self {
            block_length: 256 * 1024,
            max_line_length: 16 * 1024,
            max_text_length: 16 * 1024 * 1024 * 1024,
            max_ratio: 1000,
            max_document_length: 32 * 1024 * 1024,
            remembered_events: 262_144,
        }
    }
}
