//! Positions, as people write them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;
use tonic::Status;
use weir_lease::{Checkpoint, InitialPosition, Position};
use weir_rpc::status::Violations;

use super::lease_id::LeaseKind;

/// The most digits of a sequence number
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html>).
const MAX_DIGITS: usize = 129;

/// What people are shown of a checkpoint. What [`given`] takes means the same.
pub(super) fn text(kind: LeaseKind, checkpoint: &Checkpoint) -> String {
    match (kind, checkpoint) {
        (_, Checkpoint::Initial(InitialPosition::AtTimestamp(ms))) => time(*ms),
        (LeaseKind::CloudWatch, Checkpoint::At(position)) => {
            position.as_str().parse().map_or_else(|_| position.to_string(), time)
        }
        (_, other) => other.to_string(),
    }
}

/// The checkpoint that a caller names at `now`. LATEST is a time: what comes until somebody reads
/// it counts too.
///
/// # Errors
///
/// INVALID_ARGUMENT when it is no position of this kind of source, or a time to come.
pub(super) fn given(
    kind: LeaseKind,
    position: &str,
    now: SystemTime,
) -> Result<Checkpoint, Status> {
    let (position, now) = (position.trim(), milliseconds(now));
    let initial = match position {
        "TRIM_HORIZON" => Some(InitialPosition::TrimHorizon),
        "LATEST" => Some(InitialPosition::Latest),
        other => read_time(other).map(InitialPosition::AtTimestamp),
    };
    match initial {
        Some(InitialPosition::Latest) => Ok(Checkpoint::Initial(InitialPosition::AtTimestamp(now))),
        Some(InitialPosition::AtTimestamp(at)) if at > now => {
            Err(Violations::of("position", "a time to come: give one that was").into())
        }
        Some(initial) => Ok(Checkpoint::Initial(initial)),
        None => sequence_number(kind, position)
            .map(Checkpoint::At)
            .ok_or_else(|| Violations::of("position", advice(kind)).into()),
    }
}

fn advice(kind: LeaseKind) -> &'static str {
    match kind {
        LeaseKind::Kinesis => {
            "no position of a shard: give the sequence number of a record, TRIM_HORIZON, LATEST or \
             a time in RFC 3339, such as 2026-03-01T12:00:00Z"
        }
        LeaseKind::CloudWatch => {
            "no position of a log group: give a time in RFC 3339, such as 2026-03-01T12:00:00Z, \
             TRIM_HORIZON or LATEST"
        }
    }
}

fn sequence_number(kind: LeaseKind, text: &str) -> Option<Position> {
    let is_digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let is_number =
        is_digits && text.len() <= MAX_DIGITS && (text == "0" || !text.starts_with('0'));
    let position = Position::new(text).ok();
    position.filter(|_| is_number && kind == LeaseKind::Kinesis)
}

/// Milliseconds since 1970 of a time in RFC 3339 from then on.
fn read_time(text: &str) -> Option<u64> {
    // A date alone is none.
    let time: Timestamp = text.contains(['T', 't']).then(|| text.parse().ok()).flatten()?;
    SystemTime::try_from(time).ok().filter(|time| *time >= UNIX_EPOCH).map(milliseconds)
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time in milliseconds since 1970.
pub(super) fn timestamp(ms: u64) -> Option<Timestamp> {
    UNIX_EPOCH.checked_add(Duration::from_millis(ms)).map(Timestamp::from)
}

fn time(ms: u64) -> String {
    timestamp(ms).map_or_else(|| ms.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn read(kind: LeaseKind, position: &str) -> Option<String> {
        given(kind, position, now()).ok().map(|checkpoint| checkpoint.to_string())
    }

    #[test]
    fn each_kind_of_source_has_positions_of_its_own() {
        let sequence = "49590338271490256608559692538361571095921575989136588898";
        let both = [
            ("TRIM_HORIZON", "TRIM_HORIZON"),
            ("LATEST", "AT_TIMESTAMP:1800000000000"),
            ("2026-03-01T12:00:00Z", "AT_TIMESTAMP:1772366400000"),
            ("2026-03-01T13:00:00.250+01:00", "AT_TIMESTAMP:1772366400250"),
        ];
        for (position, expected) in both {
            for kind in [LeaseKind::Kinesis, LeaseKind::CloudWatch] {
                assert_eq!(read(kind, position).as_deref(), Some(expected));
            }
        }
        assert_eq!(read(LeaseKind::Kinesis, sequence).as_deref(), Some(sequence));
        assert_eq!(read(LeaseKind::CloudWatch, "1772366400000"), None);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        let too_long = "1".repeat(130);
        for position in [
            "",
            "SHARD_END",
            "latest",
            "012",
            "1.2",
            "-1",
            "2026-03-01",
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "AT_TIMESTAMP:17",
            &too_long,
        ] {
            assert_eq!(read(LeaseKind::Kinesis, position), None, "{position}");
            assert_eq!(read(LeaseKind::CloudWatch, position), None, "{position}");
        }
    }

    #[test]
    fn what_is_shown_can_be_given() {
        for (kind, stored) in [
            (LeaseKind::Kinesis, "42"),
            (LeaseKind::Kinesis, "TRIM_HORIZON"),
            (LeaseKind::Kinesis, "AT_TIMESTAMP:1772366400250"),
            (LeaseKind::CloudWatch, "AT_TIMESTAMP:1772366400250"),
        ] {
            let shown = text(kind, &stored.parse().unwrap());
            assert_eq!(read(kind, &shown).as_deref(), Some(stored), "{shown}");
        }
        let high_water = "1772366400250".parse().unwrap();
        assert_eq!(text(LeaseKind::CloudWatch, &high_water), "2026-03-01T12:00:00.250Z");
    }
}
