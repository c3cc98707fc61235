//! Lets a running exporter go by another configuration.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use weir_ipfix::LayoutPair;

use crate::address::Transport;
use crate::collector_config::{CollectorConfig, SourceAddress};
use crate::config::{ExporterConfig, OutputConfig};
use crate::error::ExportError;
use crate::lane_thread::LaneThread;
use crate::live::Live;
use crate::outputs::Changing;
use crate::path_mtu::path_limit;
use crate::templates::templates;
use crate::udp_socket::connect;

/// What a collector is to get, and what it was refused.
struct Step<'a> {
    lane: &'a LaneThread,
    live: &'a Live<CollectorConfig>,
    asked: &'a CollectorConfig,
    /// Whether it gets rows, whose layouts and elements stay.
    gets_rows: bool,
    config: CollectorConfig,
    refused: Option<String>,
}

/// See [`crate::Exporter::reconfigure`]. The lanes are those of the collectors, then those of the
/// outputs, in the order of the configuration.
pub(crate) fn reconfigure(
    lanes: &[LaneThread],
    layouts: &Live<LayoutPair>,
    config: &ExporterConfig,
) -> bool {
    let known = layouts.get();
    let wanted = LayoutPair::with_extras(config.enterprise_number, &config.extra_elements);
    let is_same = revisions(&known) == revisions(&wanted);
    let wanted = if is_same { Arc::clone(&known) } else { Arc::new(wanted) };
    let asked = lanes.iter().zip(&config.collectors);
    let mut steps: Vec<_> =
        asked.filter_map(|(lane, asked)| Step::of_limits(lane, asked, &known)).collect();
    // Collectors share the records: one that cannot hold them stops new fields for all.
    let has_room = steps.iter_mut().all(|step| step.has_room_for(&wanted));
    if has_room {
        steps.iter_mut().for_each(Step::take_elements);
        set_fields(lanes.iter().skip(config.collectors.len()), &config.outputs);
    }
    steps.into_iter().for_each(Step::apply);
    let is_changed = has_room && !is_same;
    if is_changed {
        layouts.set_shared(wanted);
    }
    is_changed
}

impl<'a> Step<'a> {
    /// What is asked for, with the present elements, and with the present packet size where the
    /// other cannot be had.
    fn of_limits(
        lane: &'a LaneThread,
        asked: &'a CollectorConfig,
        records: &'a Arc<LayoutPair>,
    ) -> Option<Self> {
        let (live, layouts) = lane.changing().collector(records)?;
        let gets_rows = matches!(lane.changing(), Changing::CollectorOfRows(..));
        let present = live.get();
        let mut config = CollectorConfig { elements: present.elements.clone(), ..asked.clone() };
        let mut refused = None;
        if config.max_packet_size != present.max_packet_size
            && let Err(error) = check_size(&config, layouts)
        {
            refused = Some(with_cause(&error));
            config.max_packet_size = present.max_packet_size;
        }
        Some(Self { lane, live, asked, gets_rows, config, refused })
    }

    /// Whether messages have room for the templates of `layouts` and the asked elements.
    fn has_room_for(&mut self, layouts: &LayoutPair) -> bool {
        if self.gets_rows {
            return true;
        }
        let elements = self.asked.elements.clone();
        let config = CollectorConfig { elements, ..self.config.clone() };
        let Err(error) = templates(&config, layouts) else { return true };
        self.refused.get_or_insert(format!("the exported fields stay as they were: {error}"));
        false
    }

    fn take_elements(&mut self) {
        if !self.gets_rows {
            self.config.elements.clone_from(&self.asked.elements);
        }
    }

    fn apply(self) {
        self.lane.meter().refuses(self.refused);
        if *self.live.get() != self.config {
            let CollectorConfig { address, records_per_second, max_packet_size, .. } = &self.config;
            tracing::info!(%address, records_per_second, max_packet_size, "changed at run time");
            self.live.set(self.config);
        }
    }
}

fn set_fields<'a>(lanes: impl Iterator<Item = &'a LaneThread>, outputs: &[OutputConfig]) {
    for (lane, output) in lanes.zip(outputs) {
        if let Changing::Fields(live) = lane.changing()
            && *live.get() != output.fields
        {
            live.set(output.fields.clone());
        }
    }
}

/// Whether a packet size can be had: there is room for the templates, and on the way.
fn check_size(config: &CollectorConfig, layouts: &LayoutPair) -> Result<(), ExportError> {
    config.check_packet_size()?;
    let collector = || config.address.to_string();
    templates(config, layouts)
        .map_err(|source| ExportError::Packing { collector: collector(), source })?;
    if config.address.transport != Transport::Udp {
        return Ok(());
    }
    let source = match config.source_address {
        SourceAddress::Fixed(address) => Some(address),
        SourceAddress::Exporter => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        SourceAddress::System => None,
    };
    // Without a route there is no path to ask: the collector's own socket sees to it later.
    let socket = connect(&config.address.peer, source).ok();
    let limit = socket.and_then(|socket| path_limit(&socket).ok()).flatten();
    match limit {
        Some(path) if config.max_packet_size > path.payload => Err(ExportError::PacketSizePath {
            size: config.max_packet_size,
            collector: collector(),
            mtu: path.mtu,
            limit: path.payload,
        }),
        _ => Ok(()),
    }
}

fn with_cause(error: &ExportError) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn revisions(layouts: &LayoutPair) -> [weir_ipfix::LayoutRevision; 2] {
    [layouts.v4.revision(), layouts.v6.revision()]
}
