//! `weir demo`: the main job on a bundled sample, with the collector in the same process.

mod table;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use weir_exporter::{CollectorAddress, CollectorConfig, ExporterConfig, Peer, Transport};
use weir_inventory::{FallbackExporter, Inventory, Snapshot};
use weir_runtime::Shutdown;

use crate::cli::DemoArgs;
use crate::collect::{CollectConfig, Collector};
use crate::replay::{self, Input, Object, Remote, ReplayConfig};

const INVENTORY: &[u8] = include_bytes!("sample/inventory.json");
const FLOW_LOG: Object =
    Object::Bundled { name: "the bundled sample", content: include_bytes!("sample/flow.log") };

/// How long the collector waits for the records that were sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Replays the sample over IPFIX to a collector on loopback, and shows what arrived there.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let snapshot =
        Snapshot::build(&Inventory::from_json(INVENTORY)?, &FallbackExporter::default())?;
    // The sample fits the socket's receive buffer, so that it can be collected afterwards.
    let collector = Collector::bind(&CollectConfig::new(listen))?;
    let config = config(collector.local_addr());
    let summary = replay::run(&config, &Arc::new(snapshot), &Shutdown::never())?;

    let mut lines = Vec::new();
    let start = Instant::now();
    let is_over = || start.elapsed() > PATIENCE;
    let collected = collector.expecting(summary.exported).run(&mut lines, &is_over)?;

    let mut out = io::stdout().lock();
    table::write(&mut out, &lines, args.rows)?;
    writeln!(out, "\n{summary}\n\ncollected        {collected}")?;
    anyhow::ensure!(
        collected.records == summary.exported,
        "{} records were exported and {} arrived",
        summary.exported,
        collected.records
    );
    Ok(())
}

fn config(collector: SocketAddr) -> ReplayConfig {
    let peer = Peer { host: collector.ip().to_string(), port: collector.port() };
    let address = CollectorAddress { transport: Transport::Udp, peer };
    ReplayConfig {
        input: Input::Bundled(FLOW_LOG),
        remote: Remote::default(),
        log_format: None,
        geo_database: None,
        workers: NonZeroUsize::MIN,
        exporter: ExporterConfig {
            collectors: vec![CollectorConfig::new(address)],
            ..ExporterConfig::default()
        },
        shows_progress: false,
    }
}
