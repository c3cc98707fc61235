//! Which fields the lines of a log stream have.

use std::sync::Arc;

use weir_flowlog::LogFormat;

/// Where lines come from, as their batch says.
#[derive(Clone, Copy, Debug)]
pub struct LogPlace<'a> {
    /// The account of the log group.
    pub owner: &'a str,
    /// The region of the stream.
    pub region: &'a str,
    /// The log group.
    pub log_group: &'a str,
    /// The log stream: `eni-0a1b2c3d4e5f67890-all`.
    pub log_stream: &'a str,
}

impl<'a> LogPlace<'a> {
    /// The network interface that the log stream is of.
    pub fn network_interface(&self) -> Option<&'a str> {
        let end = self.log_stream.rfind('-')?;
        self.log_stream.get(..end).filter(|id| id.starts_with("eni-"))
    }
}

/// Knows the fields of the lines of a log stream: the inventory, which has the flow logs that
/// feed a log group.
pub trait LogFormats: Send + Sync {
    /// The fields; none when they are not known, so that those of the configuration count.
    fn format_of(&self, place: &LogPlace<'_>) -> Option<Arc<LogFormat>>;
}

/// Knows nothing: the configuration counts.
pub(crate) struct Configured;

impl LogFormats for Configured {
    fn format_of(&self, _: &LogPlace<'_>) -> Option<Arc<LogFormat>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_stream_tells_its_network_interface() {
        let of = |log_stream| {
            let place = LogPlace { owner: "", region: "", log_group: "", log_stream };
            place.network_interface()
        };
        assert_eq!(of("eni-0a1b-all"), Some("eni-0a1b"));
        assert_eq!(of("eni-0a1b-reject"), Some("eni-0a1b"));
        assert_eq!(of("other-all"), None);
        assert_eq!(of(""), None);
    }
}
