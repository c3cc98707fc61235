//! The report of an output or a collector: how records are counted together for it.

use std::time::Duration;

use ipnet::IpNet;
use weir_report::{Report, Top, WindowOptions};
use weir_runtime::config::{DurationRange, NumberRange, OctetRange, Section};

/// How long records are counted together.
const WINDOWS: DurationRange =
    DurationRange { least: Duration::from_secs(5), most: Duration::from_secs(1800) };

/// After how long without a flow a TCP session counts as ended.
const SESSION_TIMEOUTS: DurationRange =
    DurationRange { least: Duration::from_secs(10), most: Duration::from_secs(86_400) };

/// Rows of a VPC; 0 is all.
const ROWS: NumberRange = NumberRange { least: 0, most: 100_000, unit: "rows" };

/// Percent of a VPC's octets.
const SHARES: NumberRange = NumberRange { least: 1, most: 100, unit: "percent" };

/// What an open window may take.
const MEMORIES: OctetRange = OctetRange { least: 1 << 20, most: 64 << 30 };

/// The keys of one section as they are given.
struct Given {
    interval: Option<Duration>,
    rows: Option<u64>,
    share: Option<u64>,
    stitches: Option<bool>,
    authoritative_only: Option<bool>,
    counts_once: Option<bool>,
    session_timeout: Option<Duration>,
    local_subnets: Option<Vec<IpNet>>,
    memory: Option<u64>,
}

/// Reads `report` and what belongs to it; `None` where each record is written by itself.
pub(super) fn window(section: &mut Section<'_>) -> Option<WindowOptions> {
    let report = section.text("report", report).unwrap_or_default();
    let given = Given::read(section);
    given.refuse(report, section);
    if report == Report::Flows && given.interval.is_none() {
        return None;
    }
    Some(given.options(report))
}

impl Given {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            interval: section.duration("interval", &WINDOWS),
            rows: section.number("top_n", &ROWS),
            share: section.number("share", &SHARES),
            stitches: section.switch("stitching"),
            authoritative_only: section.switch("deduplication"),
            counts_once: section.switch("count_once"),
            session_timeout: section.duration("session_timeout", &SESSION_TIMEOUTS),
            local_subnets: section.texts("local_subnets", subnet),
            memory: section.octets("memory", &MEMORIES),
        }
    }

    /// Reports what `report` has no use for.
    fn refuse(&self, report: Report, section: &mut Section<'_>) {
        let of_top = [("top_n", self.rows.is_some()), ("share", self.share.is_some())];
        let of_conversations = [
            ("session_timeout", self.session_timeout.is_some()),
            ("local_subnets", self.local_subnets.is_some()),
        ];
        let of_windows = [
            ("stitching", self.stitches.is_some()),
            ("deduplication", self.authoritative_only.is_some()),
            ("count_once", self.counts_once.is_some()),
            ("memory", self.memory.is_some()),
        ];
        let given = |keys: &[(&'static str, bool)]| -> Vec<&'static str> {
            keys.iter().filter(|(_, is_given)| *is_given).map(|(key, _)| *key).collect()
        };
        if report != Report::TopTraffic {
            for key in given(&of_top) {
                section.problem(key, "for report 20267 alone: leave it out here");
            }
        }
        if report != Report::Conversations {
            for key in given(&of_conversations) {
                section.problem(key, "for report 20062 alone: leave it out here");
            }
        }
        if report == Report::Flows && self.interval.is_none() {
            for key in given(&of_windows) {
                let problem = "report 20201 has one line for each record: give interval too";
                section.problem(key, problem);
            }
        }
        if report == Report::TopTraffic && self.stitches.is_some() {
            section.problem("stitching", "report 20267 has one row for each way: leave it out");
        }
    }

    fn options(self, report: Report) -> WindowOptions {
        let default = WindowOptions::new(report);
        let top = default.top.map(|top| Top {
            rows: self.rows.and_then(|rows| rows.try_into().ok()).unwrap_or(top.rows),
            share: self.share.and_then(|share| share.try_into().ok()).unwrap_or(top.share),
        });
        let memory = self.memory.and_then(|memory| memory.try_into().ok());
        WindowOptions {
            interval: self.interval.unwrap_or(default.interval),
            max_octets: memory.unwrap_or(default.max_octets),
            stitches: self.stitches.unwrap_or(default.stitches),
            counts_once: self.counts_once.unwrap_or(default.counts_once),
            authoritative_only: self.authoritative_only.unwrap_or(default.authoritative_only),
            top,
            session_timeout: self.session_timeout.unwrap_or(default.session_timeout),
            local_subnets: self.local_subnets.unwrap_or_default(),
            ..default
        }
    }
}

fn report(text: &str) -> Result<Report, &'static str> {
    let found = Report::ALL.into_iter().find(|report| report.number().to_string() == text);
    found.ok_or("write 20201, 20267 or 20062")
}

fn subnet(text: &str) -> Result<IpNet, &'static str> {
    text.parse().map_err(|_| "write a subnet such as 10.0.0.0/8")
}

/// The keys of a section as they are dumped.
#[derive(serde::Serialize)]
pub(super) struct Dump {
    report: String,
    interval: Option<String>,
    top_n: Option<u32>,
    share: Option<u8>,
    stitching: Option<bool>,
    deduplication: Option<bool>,
    count_once: Option<bool>,
    session_timeout: Option<String>,
    local_subnets: Option<Vec<String>>,
    memory: Option<String>,
}

impl Dump {
    pub(super) fn of(window: Option<&WindowOptions>) -> Self {
        use weir_runtime::config::{duration_text, octets_text};
        let report = window.map_or(Report::Flows, |window| window.report);
        let conversations = window.filter(|_| report == Report::Conversations);
        let top = window.and_then(|window| window.top);
        let subnets = |window: &WindowOptions| -> Vec<String> {
            window.local_subnets.iter().map(ToString::to_string).collect()
        };
        Self {
            report: report.number().to_string(),
            interval: window.map(|window| duration_text(window.interval)),
            top_n: top.map(|top| top.rows),
            share: top.map(|top| top.share),
            stitching: window
                .filter(|_| report != Report::TopTraffic)
                .map(|window| window.stitches),
            deduplication: window.map(|window| window.authoritative_only),
            count_once: window.map(|window| window.counts_once),
            session_timeout: conversations.map(|window| duration_text(window.session_timeout)),
            local_subnets: conversations.map(subnets),
            memory: window.map(|window| octets_text(window.max_octets as u64)),
        }
    }
}
