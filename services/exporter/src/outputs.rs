//! Opens what the configuration asks for.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use weir_ipfix::LayoutPair;
use weir_report::{ReportField, WindowOptions};

use crate::address::Transport;
use crate::clock::Clock;
use crate::collector_config::CollectorConfig;
use crate::config::{ExporterConfig, FileTarget, OutputConfig, OutputTarget, WhenDown};
use crate::error::ExportError;
use crate::health::{Backoff, Health};
use crate::json_lines::JsonLines;
use crate::lane_window::LaneWindow;
use crate::live::Live;
use crate::meter::Meter;
use crate::output::Output;
use crate::pending::MAX_OUTPUTS;
use crate::rejects::Rejects;
use crate::report::OutputKind;
use crate::syslog::Syslog;
use crate::tcp::TcpCollector;
use crate::tls_config::TlsConfig;
use crate::udp::UdpCollector;

/// The pause before a file that cannot be written is tried again.
const FILE_PAUSE: Duration = Duration::from_secs(1);

/// An output that is ready for its thread.
pub(crate) struct OpenedOutput {
    pub(crate) output: Box<dyn Output>,
    pub(crate) window: Option<LaneWindow>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) when_down: WhenDown,
    pub(crate) health: Health,
    pub(crate) is_eager: bool,
    pub(crate) changing: Changing,
}

/// What may change while an output works.
#[derive(Debug)]
pub(crate) enum Changing {
    /// All of a collector but who it is.
    Collector(Live<CollectorConfig>),
    /// All of a collector of rows but who it is, and its elements: the layouts of rows, which they
    /// are chosen from, stay.
    CollectorOfRows(Live<CollectorConfig>, Arc<LayoutPair>),
    /// The fields of an output of text.
    Fields(Live<Vec<ReportField>>),
    /// Nothing.
    Nothing,
}

impl Changing {
    /// The same for an output that gets rows.
    fn of_rows(self, rows: &Arc<LayoutPair>) -> Self {
        match self {
            Self::Collector(live) => Self::CollectorOfRows(live, Arc::clone(rows)),
            _ => Self::Nothing,
        }
    }

    /// What a collector goes by, and the layouts of what it gets where `records` are those of
    /// records.
    pub(crate) fn collector<'a>(
        &'a self,
        records: &'a Arc<LayoutPair>,
    ) -> Option<(&'a Live<CollectorConfig>, &'a Arc<LayoutPair>)> {
        match self {
            Self::Collector(live) => Some((live, records)),
            Self::CollectorOfRows(live, rows) => Some((live, rows)),
            Self::Fields(_) | Self::Nothing => None,
        }
    }
}

/// What all outputs are opened with.
pub(crate) struct Opening<'a> {
    pub(crate) config: &'a ExporterConfig,
    pub(crate) layouts: &'a Arc<LayoutPair>,
    pub(crate) clock: &'a Clock,
    /// See [`ExporterConfig::max_held_runs`], which may change.
    pub(crate) max_held_runs: &'a Arc<AtomicUsize>,
}

/// Opens the collectors, the outputs of text and the rejects, in this order.
pub(crate) fn open_outputs(
    config: &ExporterConfig,
    layouts: &Arc<LayoutPair>,
    clock: &Clock,
    max_held_runs: &Arc<AtomicUsize>,
) -> Result<Vec<OpenedOutput>, ExportError> {
    let opening = Opening { config, layouts, clock, max_held_runs };
    let ExporterConfig { collectors, outputs, rejects, .. } = config;
    let count = collectors.len() + outputs.len() + usize::from(rejects.is_some());
    if count > MAX_OUTPUTS {
        return Err(ExportError::TooManyOutputs { outputs: count });
    }
    let collectors = collectors.iter().map(|collector| opening.collector(collector));
    let outputs = outputs.iter().map(|output| opening.output(output));
    let rejects = rejects.iter().map(|target| opening.rejects(target));
    collectors.chain(outputs).chain(rejects).collect()
}

impl Opening<'_> {
    /// A collector of rows is one of records under the rows' layouts.
    fn collector(&self, collector: &CollectorConfig) -> Result<OpenedOutput, ExportError> {
        let Some(window) = &collector.window else { return self.plain_collector(collector) };
        let rows = Arc::new(window.row_layouts(self.config.enterprise_number));
        let elements = collector.elements.clone();
        let elements = elements.unwrap_or_else(|| window.default_elements(&rows));
        let collector = CollectorConfig { elements: Some(elements), ..collector.clone() };
        let opened = Opening { layouts: &rows, ..*self }.plain_collector(&collector)?;
        Ok(self.windowed(opened, window, &rows))
    }

    fn output(&self, output: &OutputConfig) -> Result<OpenedOutput, ExportError> {
        let Some(window) = &output.window else { return self.plain_output(output) };
        let rows = Arc::new(window.row_layouts(self.config.enterprise_number));
        let opened = Opening { layouts: &rows, ..*self }.plain_output(output)?;
        Ok(self.windowed(opened, window, &rows))
    }

    fn windowed(
        &self,
        opened: OpenedOutput,
        options: &WindowOptions,
        rows: &Arc<LayoutPair>,
    ) -> OpenedOutput {
        let window = LaneWindow::new(options, self, rows, &opened.meter);
        let changing = opened.changing.of_rows(rows);
        OpenedOutput { window: Some(window), changing, ..opened }
    }

    fn plain_collector(&self, collector: &CollectorConfig) -> Result<OpenedOutput, ExportError> {
        collector.check_packet_size()?;
        let address = collector.address.to_string();
        if collector.address.transport == Transport::Tls {
            check_tls(&collector.tls, &address)?;
        }
        let meter = Meter::new(address, OutputKind::Collector, collector.records_per_second);
        let meter = Arc::new(meter);
        let live = Live::new(collector.clone());
        let output: Box<dyn Output> = match collector.address.transport {
            Transport::Udp => Box::new(UdpCollector::open(&live, self, &meter)?),
            Transport::Tcp | Transport::Tls => Box::new(TcpCollector::open(&live, self, &meter)?),
        };
        let changing = Changing::Collector(live);
        Ok(OpenedOutput { changing, ..self.peer(output, meter, collector.when_down) })
    }

    fn plain_output(&self, config: &OutputConfig) -> Result<OpenedOutput, ExportError> {
        let OutputConfig { target, fields, when_down, tls, .. } = config;
        let fields = Live::new(fields.clone());
        let name = config.name();
        let meter = |kind| Arc::new(Meter::new(name.clone(), kind, 0));
        match target {
            OutputTarget::JsonLines(file) => {
                let meter = meter(OutputKind::JsonLines);
                let output = JsonLines::open(file, config, &fields, self, &meter)?;
                let opened = self.file(Box::new(output), meter, *when_down);
                Ok(OpenedOutput { changing: Changing::Fields(fields), ..opened })
            }
            OutputTarget::Syslog(address) => {
                if address.transport == Transport::Tls {
                    check_tls(tls, &address.to_string())?;
                }
                let meter = meter(OutputKind::Syslog);
                let output = Syslog::open(address, config, &fields, self, &meter)?;
                let opened = self.peer(Box::new(output), meter, *when_down);
                Ok(OpenedOutput { changing: Changing::Fields(fields), ..opened })
            }
        }
    }

    fn rejects(&self, target: &FileTarget) -> Result<OpenedOutput, ExportError> {
        let meter = Arc::new(Meter::new(target.to_string(), OutputKind::Rejects, 0));
        let output = Rejects::open(target, self, &meter)?;
        Ok(self.file(Box::new(output), meter, WhenDown::Wait))
    }

    /// Something that is reached over the network.
    fn peer(
        &self,
        output: Box<dyn Output>,
        meter: Arc<Meter>,
        when_down: WhenDown,
    ) -> OpenedOutput {
        self.opened(output, meter, when_down, self.config.backoff, self.config.give_up_after)
    }

    /// A file's errors are no passing matter unless one is there to wait for.
    fn file(
        &self,
        output: Box<dyn Output>,
        meter: Arc<Meter>,
        when_down: WhenDown,
    ) -> OpenedOutput {
        let give_up_after = self.config.give_up_after.map(|_| Duration::ZERO);
        self.opened(output, meter, when_down, Backoff::every(FILE_PAUSE), give_up_after)
    }

    fn opened(
        &self,
        output: Box<dyn Output>,
        meter: Arc<Meter>,
        when_down: WhenDown,
        backoff: Backoff,
        give_up_after: Option<Duration>,
    ) -> OpenedOutput {
        // Nobody waits for an output that drops.
        let give_up_after = give_up_after.filter(|_| when_down == WhenDown::Wait);
        let health = Health::new(backoff, give_up_after);
        let is_eager = give_up_after.is_none();
        let (window, changing) = (None, Changing::Nothing);
        OpenedOutput { output, window, meter, when_down, health, is_eager, changing }
    }
}

/// Files that are missing now would be missed at every attempt to connect.
fn check_tls(tls: &TlsConfig, peer: &str) -> Result<(), ExportError> {
    tls.check().map_err(|source| ExportError::Tls { peer: peer.to_owned(), source })
}
