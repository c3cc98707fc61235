//! Times in sentences.

use std::fmt;

/// Unix seconds as RFC 3339 has them, `2026-11-26T15:20:21Z`; the number of seconds where
/// it is beyond the year 9999.
#[derive(Clone, Copy)]
pub(super) struct Rfc3339(pub(super) u64);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0).ok();
        match seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
            Some(time) => write!(f, "{time}"),
            None => write!(f, "{} s after 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_has_it_and_any_number_can_be() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_706_421, "2026-11-26T15:20:21Z"),
            (u64::MAX, "18446744073709551615 s after 1970"),
        ] {
            assert_eq!(Rfc3339(seconds).to_string(), text);
        }
    }
}
