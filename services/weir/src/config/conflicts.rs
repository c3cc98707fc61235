//! Settings that are good by themselves and do not go together.

use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};

use weir_delivery::Shards;
use weir_exporter::{
    CollectorAddress, CollectorConfig, FileTarget, OutputTarget, SourceAddress, TlsConfig,
    Transport,
};
use weir_ipfix::{Layout, LayoutPair, PackError, Packer, PackerOptions, Projection};
use weir_report::WindowOptions;
use weir_rpc::endpoints::TargetSource;
use weir_runtime::config::Section;

use super::{Config, OutputSettings};

/// Reports collectors that are listed twice: they would get each record twice.
pub(super) fn same_address(collectors: &[Option<CollectorConfig>], section: &mut Section<'_>) {
    let addresses = collectors.iter().map(|each| Some(each.as_ref()?.address.to_string()));
    repeated("collectors", "address", &addresses.collect::<Vec<_>>(), section);
}

/// Reports outputs that would overwrite each other.
pub(super) fn same_target(outputs: &[Option<OutputSettings>], section: &mut Section<'_>) {
    let targets = outputs.iter().map(|each| Some(identity(each.as_ref()?)));
    repeated("outputs", "target", &targets.collect::<Vec<_>>(), section);
}

/// What no two outputs may have in common. A syslog receiver may have several reports, whose
/// messages it tells apart; in a file they would overwrite each other.
fn identity(output: &OutputSettings) -> String {
    let target = plain_target(&output.target);
    match (&target, &output.window) {
        (OutputTarget::Syslog(_), Some(window)) => {
            format!("{target} with report {}", window.report.number())
        }
        _ => target.to_string(),
    }
}

/// Reports files that have two uses.
pub(super) fn same_file(config: &Config, root: &mut Section<'_>) {
    for SharedFile { key, path, problem } in shared_files(config) {
        root.problem(key, format_args!("\"{}\" {problem}", path.display()));
    }
}

/// Reports two inventories.
pub(super) fn inventory(config: &Config, root: &mut Section<'_>) {
    if config.inventory_store && config.inventory.is_some() {
        root.problem("inventory.store", "there is a file too: give one of them");
    }
}

/// Reports exporters of an enricher that cannot be told apart, or are too many.
pub(super) fn exporters(several: &[TargetSource], has_one: bool, section: &mut Section<'_>) {
    if has_one {
        section.problem("exporters", "exporter is given too: give one of them");
    }
    if Shards::new(several.len()).is_none() {
        let problem = format!("there are {}: list 1 to {} of them", several.len(), Shards::MOST);
        section.problem("exporters", problem);
    }
    for (again, first) in repetitions(several) {
        let problem = format!("{} is exporters[{first}] already: give it once", several[again]);
        section.problem(&format!("exporters[{again}]"), problem);
    }
}

/// Reports reports that have to see every flow, at an exporter that is one of several.
pub(super) fn across_exporters(
    list: &str,
    windows: impl Iterator<Item = Option<WindowOptions>>,
    exporters: Shards,
    section: &mut Section<'_>,
) {
    if exporters.is_one() {
        return;
    }
    for (place, window) in windows.enumerate() {
        if window.is_some_and(|window| window.authoritative_only) {
            let problem = format!(
                "counts each pair of hosts in one VPC of all, and one of {exporters} exporters \
                 sees the flows of its own VPCs alone: leave it out, or have one exporter \
                 (exporters = 1)"
            );
            section.problem(&format!("{list}[{place}].deduplication"), problem);
        }
    }
}

/// What flags and a file together give to two outputs or collectors.
pub(super) fn of_all(config: &Config) -> Result<(), String> {
    let outputs = config.exporter.outputs.iter();
    let outputs: Vec<_> = outputs.map(identity).collect();
    let collectors = config.exporter.collectors.iter();
    let collectors: Vec<_> = collectors.map(|each| each.address.to_string()).collect();
    for list in [&outputs, &collectors] {
        if let Some((again, _)) = repetitions(list).next() {
            return Err(format!("{} is given twice: give it once", list[again]));
        }
    }
    match shared_files(config).first() {
        None => Ok(()),
        Some(SharedFile { path, problem, .. }) => Err(format!("{} {problem}", path.display())),
    }
}

/// Reports a source address that cannot be had.
pub(super) fn source(source: SourceAddress, to: &CollectorAddress, section: &mut Section<'_>) {
    let is_ipv4 = match source {
        SourceAddress::System => return,
        SourceAddress::Fixed(address) => address.is_ipv4(),
        SourceAddress::Exporter => true,
    };
    let peer = to.peer.host.parse::<IpAddr>();
    if to.transport != Transport::Udp {
        section.problem("source_address", "for udp:// alone: leave it out here");
    } else if peer.is_ok_and(|peer| peer.is_ipv4() != is_ipv4) {
        let families = if is_ipv4 { ["IPv4", "IPv6"] } else { ["IPv6", "IPv4"] };
        let [from, to] = families;
        let problem = format!("an {from} address cannot reach an {to} collector");
        section.problem("source_address", problem);
    }
}

/// Reports settings of TLS where there is none, and half a pair of files.
pub(super) fn tls(tls: &TlsConfig, is_tls: bool, section: &mut Section<'_>) {
    if !is_tls && !tls.is_default() {
        section.problem("tls", "for tls:// and syslog+tls:// alone: leave it out here");
    }
    match (&tls.certificate_file, &tls.key_file) {
        (Some(_), None) => section.problem("tls.key_file", "missing: a certificate needs its key"),
        (None, Some(_)) => {
            section.problem("tls.certificate_file", "missing: a key needs its certificate");
        }
        _ => {}
    }
}

/// Whether messages to `collector` have room for its templates, and these have any fields: the
/// key that is at fault and why.
pub(super) fn templates_fit(
    collector: &CollectorConfig,
    layouts: &LayoutPair,
) -> Result<(), (&'static str, String)> {
    let mut packer = Packer::new(PackerOptions {
        max_message_length: collector.max_packet_size,
        max_records_per_message: u32::MAX,
        template_interval: collector.template_interval,
        padded: collector.segmentation_offload && collector.address.transport == Transport::Udp,
    });
    for (layout, family) in [(&layouts.v4, "IPv4"), (&layouts.v6, "IPv6")] {
        match packer.add_template(layout, projection(collector, layout)) {
            Ok(()) => {}
            Err(PackError::NoElements { .. }) => {
                let problem = format!("none of them is in records of {family} flows: add one");
                return Err(("elements", problem));
            }
            Err(error) => return Err(("max_packet_size", error.to_string())),
        }
    }
    Ok(())
}

fn projection(collector: &CollectorConfig, layout: &Layout) -> Projection {
    match &collector.elements {
        Some(elements) => Projection::of_elements(layout, |element| elements.contains(element)),
        None => Projection::whole(layout),
    }
}

fn repeated(list: &str, key: &str, values: &[Option<String>], section: &mut Section<'_>) {
    for (again, first) in repetitions(values) {
        let Some(value) = &values[again] else { continue };
        let problem = format!("{value} is the {key} of {list}[{first}] already: give it once");
        section.problem(&format!("{list}[{again}].{key}"), problem);
    }
}

/// The place of each value that was there before, and the first place where it was.
fn repetitions<T: PartialEq>(values: &[T]) -> impl Iterator<Item = (usize, usize)> {
    values.iter().enumerate().filter_map(|(place, value)| {
        let first = values.iter().position(|each| each == value)?;
        (first < place).then_some((place, first))
    })
}

/// A file with two uses.
struct SharedFile<'a> {
    key: &'static str,
    path: &'a Path,
    problem: &'static str,
}

/// Files that are written and at the same time something else.
fn shared_files(config: &Config) -> Vec<SharedFile<'_>> {
    let outputs: Vec<_> = config.exporter.outputs.iter().filter_map(output_file).collect();
    let (mut written, mut shared) = (outputs.clone(), Vec::new());
    let rejects = [
        ("replay.rejects", &config.rejects),
        ("exporter.rejects", &config.services.exporter.rejects),
    ];
    for (key, path) in rejects {
        let Some(path) = path else { continue };
        // One is of a replay, the other of a service: they may be the same.
        if outputs.contains(&plain(path)) {
            let problem = "is an output too: give rejected lines a file of their own";
            shared.push(SharedFile { key, path, problem });
        }
        written.push(plain(path));
    }
    let problem = "would be overwritten: an output or the rejects have the same file";
    let inputs =
        [("inventory.file", &config.inventory), ("enricher.geo_database", &config.geo_database)];
    for (key, path) in inputs {
        let overwritten = path.as_deref().filter(|path| written.contains(&plain(path)));
        shared.extend(overwritten.map(|path| SharedFile { key, path, problem }));
    }
    shared
}

fn output_file(output: &OutputSettings) -> Option<PathBuf> {
    match &output.target {
        OutputTarget::JsonLines(FileTarget::File(path)) => Some(plain(path)),
        _ => None,
    }
}

fn plain_target(target: &OutputTarget) -> OutputTarget {
    match target {
        OutputTarget::JsonLines(FileTarget::File(path)) => {
            OutputTarget::JsonLines(FileTarget::File(plain(path)))
        }
        other => other.clone(),
    }
}

/// `./flows.jsonl` as `flows.jsonl`.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|component| *component != Component::CurDir).collect()
}
