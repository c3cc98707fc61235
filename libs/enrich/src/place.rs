//! Where lines come from.

/// What the place where lines come from says of all of them: an S3 key names both.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'p> {
    /// The account that the flow log is of; empty when unknown.
    pub account_id: &'p [u8],
    /// Its region; empty when unknown.
    pub region: &'p [u8],
}
