//! Starts the loop in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use weir_ingest::{
    DeliveryEvent, Dispatch, IngestConfig, Input, InputKind, InputMeter, Report, run,
};
use weir_runtime::Shutdown;

use crate::source::Script;

pub(crate) struct Started {
    task: JoinHandle<Report>,
    pub(crate) shutdown: Shutdown,
    pub(crate) meter: Arc<InputMeter>,
}

pub(crate) fn input() -> Input {
    let meter = Arc::new(InputMeter::new("test", InputKind::Folder, "worker-1"));
    Input { meter, store: None }
}

pub(crate) fn start(script: Script, dispatch: Dispatch<DeliveryEvent>) -> Started {
    start_with(script, dispatch, IngestConfig::default(), input())
}

pub(crate) fn start_with(
    script: Script,
    dispatch: Dispatch<DeliveryEvent>,
    config: IngestConfig,
    input: Input,
) -> Started {
    let shutdown = Shutdown::manual();
    let (asked, meter) = (shutdown.clone(), Arc::clone(&input.meter));
    let task = tokio::spawn(async move { run(script, dispatch, input, config, &asked).await });
    Started { task, shutdown, meter }
}

impl Started {
    pub(crate) async fn end(self) -> Report {
        timeout(Duration::from_secs(3600), self.task).await.unwrap().unwrap()
    }
}
