//! The settings as people read them.

use std::fmt::Display;

use weir_control::settings::ranges::{
    BUDGETS, OVERLAPS, PACKET_SIZES, RATES, REQUEST_INTERVALS, S3_CONCURRENCIES, SESSION_DURATIONS,
    SETTLES,
};
use weir_rpc::pb;
use weir_runtime::config::DurationRange;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it stands; what it takes is told in words.
    Text(&'static str),
    /// A time with a unit.
    Time(&'static DurationRange),
    /// A whole number.
    Number(Number),
    /// One of these.
    Choice(&'static [&'static str]),
    /// Names with commas between them.
    Names,
    /// A size with a unit.
    Size,
}

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    S3Concurrency,
    PacketSize,
    Rate,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Its name in calls.
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) meaning: &'static str,
    pub(super) form: Form,
}

impl Item {
    /// What it takes, by the very ranges that check it.
    pub(super) fn accepted(&self) -> String {
        let of = |range: &dyn Display| {
            let text = range.to_string();
            text.strip_prefix("give ").unwrap_or(&text).to_owned()
        };
        match self.form {
            Form::Text(words) => words.to_owned(),
            Form::Time(range) => of(range),
            Form::Number(Number::S3Concurrency) => of(&S3_CONCURRENCIES),
            Form::Number(Number::PacketSize) => of(&PACKET_SIZES),
            Form::Number(Number::Rate) => format!("{}; 0 is unlimited", of(&RATES)),
            Form::Choice(all) => all.join(", "),
            Form::Names => "names such as flow_direction, tcp_flags, with commas between them; \
                            empty is none"
                .to_owned(),
            Form::Size => of(&BUDGETS),
        }
    }
}

/// All settings in their groups.
pub(super) const GROUPS: &[(&str, &[Item])] = &[
    ("Discovery", DISCOVERY),
    ("Kinesis", KINESIS),
    ("CloudWatch Logs", CLOUDWATCH),
    ("S3", S3),
    ("IPFIX export", EXPORT),
    ("Memory", MEMORY),
];

const DISCOVERY: &[Item] = &[
    Item {
        path: "cron",
        label: "Schedule",
        meaning: "When sweeps of all accounts begin.",
        form: Form::Text(
            "cron with 5 fields, or 6 with the second first, such as */15 * * * * or \
             0 0 6 ? * MON-FRI",
        ),
    },
    Item {
        path: "timezone",
        label: "Time zone of the schedule",
        meaning: "Where the times of the schedule are.",
        form: Form::Text("a name of the IANA database such as UTC or Europe/Berlin"),
    },
    Item {
        path: "session_duration",
        label: "Assume role session duration",
        meaning: "How long sessions of roles last, from the next sweep on.",
        form: Form::Time(&SESSION_DURATIONS),
    },
];

/// The levels of metrics, as they are chosen.
pub(super) const LEVELS: [(&str, pb::KclMetricsLevel); 3] = [
    ("none", pb::KclMetricsLevel::None),
    ("summary", pb::KclMetricsLevel::Summary),
    ("detailed", pb::KclMetricsLevel::Detailed),
];

const KINESIS: &[Item] = &[Item {
    path: "kcl_metrics_level",
    label: "KCL metrics level",
    meaning: "How much is measured of how streams are read: nothing more, each shard, or each call too.",
    form: Form::Choice(&[LEVELS[0].0, LEVELS[1].0, LEVELS[2].0]),
}];

const CLOUDWATCH: &[Item] = &[
    Item {
        path: "cloudwatch_request_interval",
        label: "Request interval",
        meaning: "How often a log group is asked.",
        form: Form::Time(&REQUEST_INTERVALS),
    },
    Item {
        path: "cloudwatch_overlap",
        label: "Overlap",
        meaning: "How far behind its newest event a log group is read again, since events come late.",
        form: Form::Time(&OVERLAPS),
    },
    Item {
        path: "cloudwatch_settle",
        label: "Settle time",
        meaning: "How old events are when they are first asked for; at most the overlap.",
        form: Form::Time(&SETTLES),
    },
];

const S3: &[Item] = &[Item {
    path: "s3_concurrency",
    label: "S3 concurrency",
    meaning: "Objects that are read at a time.",
    form: Form::Number(Number::S3Concurrency),
}];

const EXPORT: &[Item] = &[
    Item {
        path: "max_packet_size",
        label: "Max IPFIX packet size",
        meaning: "The most octets of a message. 3900 is for a collector on the same host; an \
                  exporter refuses what is above the path MTU.",
        form: Form::Number(Number::PacketSize),
    },
    Item {
        path: "records_per_second",
        label: "IPFIX records rate limit",
        meaning: "The most records a second to each collector. Set it when collectors report \
                  dropped messages.",
        form: Form::Number(Number::Rate),
    },
    Item {
        path: "add_fields",
        label: "Added fields",
        meaning: "Fields of the flow log that all collectors and outputs get too.",
        form: Form::Names,
    },
];

const MEMORY: &[Item] = &[
    Item {
        path: "exporter_in_flight",
        label: "Exporter: in flight",
        meaning: "The most octets of runs that an exporter has not accepted.",
        form: Form::Size,
    },
    Item {
        path: "exporter_held",
        label: "Exporter: held",
        meaning: "The most octets of runs that outputs hold back.",
        form: Form::Size,
    },
    Item {
        path: "enricher_in_flight",
        label: "Enricher: in flight",
        meaning: "The most octets of text that an enricher holds.",
        form: Form::Size,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use weir_control::settings::Setting;

    use super::*;

    #[test]
    fn every_setting_has_its_place_once() {
        let shown: Vec<_> =
            GROUPS.iter().flat_map(|(_, items)| items.iter().map(|item| item.path)).collect();
        let known: BTreeSet<_> = Setting::ALL.iter().map(|setting| setting.path()).collect();
        assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(shown.len(), known.len());
    }

    #[test]
    fn ranges_are_told_as_they_are_checked() {
        let accepted = |path: &str| {
            let mut all = GROUPS.iter().flat_map(|(_, items)| *items);
            all.find(|item| item.path == path).unwrap().accepted()
        };
        assert_eq!(accepted("max_packet_size"), "512 to 3900 octets");
        assert_eq!(accepted("records_per_second"), "0 or more records per second; 0 is unlimited");
        assert!(accepted("session_duration").starts_with("a time from 15m to 12h"));
        assert!(accepted("exporter_held").starts_with("a size from 1MiB to 64GiB"));
    }
}
