//! The double's log groups, and what is known of their events.

use std::time::{SystemTime, UNIX_EPOCH};

use weir_testkit::{AwsDouble, LogEvent, LogGroups, Quirks};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const REGION: &str = "eu-west-1";

pub(crate) const KEY: &str = "AKIAOWN";

/// A double with log groups.
pub(crate) struct Cloud {
    pub(crate) aws: AwsDouble,
    pub(crate) groups: LogGroups,
}

impl Cloud {
    pub(crate) fn new(quirks: Quirks) -> Self {
        let (aws, groups) = (AwsDouble::start(), LogGroups::new(quirks));
        aws.add_user(KEY, ACCOUNT, "weir");
        let answered = groups.clone();
        aws.on("logs", "FilterLogEvents").answer_with(move |call| answered.answer(call));
        Self { aws, groups }
    }

    /// Everything that an answer may do.
    pub(crate) fn with_quirks() -> Self {
        Self::new(Quirks { page: 20, empty_every: 5, throttle_every: 80, repeats: true })
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// Numbers that look like chance and are the same in each run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The line of an event: its number is the source port and the packets.
pub(crate) fn line(number: u64) -> String {
    let port = number % 65_536;
    format!("2 {ACCOUNT} eni-0a1b 10.0.0.1 10.0.0.2 {port} 443 6 {number} 40 100 160 ACCEPT OK")
}

/// So many events of a group, the first with the number `first`: timestamps of `seconds` seconds
/// before and after `now`, many of them equal; visible up to `delay` ms later, in no order.
pub(crate) fn events(
    group: &str,
    numbers: std::ops::Range<u64>,
    seconds: u64,
    delay: u64,
) -> Vec<LogEvent> {
    let (mut chance, start) = (Chance::new(numbers.start + 1), now());
    let event = |number| {
        let timestamp = start + chance.below(seconds * 10 + 1) * 100;
        let late = chance.below(delay + 1);
        LogEvent {
            group: group.to_owned(),
            stream: format!("eni-{:x}-all", chance.below(16)),
            id: format!("{number:056}"),
            timestamp,
            ingestion: timestamp + late / 2,
            visible: timestamp + late,
            message: line(number),
        }
    };
    numbers.map(event).collect()
}
