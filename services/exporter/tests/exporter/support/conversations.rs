//! Conversations to be counted together, and the files that their rows go to.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use weir_delivery::EnrichedRun;
use weir_exporter::{ExporterConfig, FileTarget, OutputConfig, OutputTarget};
use weir_ipfix::{FixedPart, LayoutPair, RecordGroup, standard as slot};
use weir_report::{Report, WindowOptions};

use super::{file, run};

/// Longer than any test.
pub(crate) const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
/// Shorter than is accepted from people, so that tests need not wait.
pub(crate) const MOMENT: Duration = Duration::from_millis(300);

pub(crate) fn window(report: Report, interval: Duration) -> WindowOptions {
    WindowOptions { interval, ..WindowOptions::new(report) }
}

fn layouts(window: &WindowOptions) -> LayoutPair {
    let number = weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;
    LayoutPair::with_extras(number, &window.record_elements())
}

/// [`conversations_under`] the layouts that the window asks for.
pub(crate) fn conversations(window: &WindowOptions, id: u128, ports: Range<u16>) -> EnrichedRun {
    conversations_under(&layouts(window), id, ports)
}

/// UDP flows of one octet from port 40000 and up, each a conversation, and the flows back of two.
pub(crate) fn conversations_under(
    layouts: &LayoutPair,
    id: u128,
    ports: Range<u16>,
) -> EnrichedRun {
    let mut group = RecordGroup::new(layouts.v4.revision(), 7);
    for port in ports {
        for is_back in [false, true] {
            let mut fixed = FixedPart::new(&layouts.v4);
            let mut ends = [([10, 0, 0, 9], 40_000 + port), ([10, 0, 0, 1], 53)];
            if is_back {
                ends.swap(0, 1);
            }
            fixed.put_u64(slot::OCTETS, 1 + u64::from(is_back));
            fixed.put_u64(slot::PACKETS, 1);
            fixed.put_u8(slot::PROTOCOL, 17);
            fixed.put_u8(slot::FORWARDING_STATUS, 64);
            fixed.put_ipv4(slot::SOURCE_V4, ends[0].0.into());
            fixed.put_ipv4(slot::DESTINATION_V4, ends[1].0.into());
            fixed.put_u16(slot::SOURCE_PORT, ends[0].1);
            fixed.put_u16(slot::DESTINATION_PORT, ends[1].1);
            let mut record = group.start_record(&fixed);
            (0..layouts.v4.string_count()).for_each(|_| record.push_string(b""));
            record.finish();
        }
    }
    run(id, vec![group])
}

pub(crate) fn exporter_config(window: &WindowOptions) -> ExporterConfig {
    ExporterConfig { extra_elements: window.record_elements(), ..ExporterConfig::default() }
}

pub(crate) fn to_file(name: &str, window: &WindowOptions) -> (ExporterConfig, PathBuf) {
    let path = file(name);
    // A service appends, also to what an earlier run of the tests has left.
    drop(std::fs::remove_file(&path));
    let target = OutputTarget::JsonLines(FileTarget::File(path.clone()));
    let outputs = vec![OutputConfig::windowed(target, window.clone())];
    (ExporterConfig { outputs, ..exporter_config(window) }, path)
}

pub(crate) fn rows(path: &PathBuf) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("is readable");
    text.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect()
}

pub(crate) fn sum(rows: &[Value], key: &str) -> u64 {
    rows.iter().filter_map(|row| row[key].as_u64()).sum()
}
