//! The processes of a pipeline.

use super::service::Service;

/// All processes of a pipeline. They end in the order of the fields: readers first.
#[derive(Debug)]
pub struct Pipeline {
    /// `weir tail`.
    pub tail: Service,
    /// The replicas of `weir enricher`.
    pub enrichers: Vec<Service>,
    /// `weir exporter`.
    pub exporter: Service,
}

impl Pipeline {
    /// All processes: each by its name and id.
    pub fn processes(&self) -> Vec<(String, u32)> {
        let services = [&self.tail, &self.exporter].into_iter().chain(&self.enrichers);
        services.map(|service| (service.name().to_owned(), service.id())).collect()
    }

    /// Ends all of it from the source on: each stage with SIGTERM, and each ends well.
    #[track_caller]
    pub fn end(&mut self) {
        let Self { tail, enrichers, exporter } = self;
        for service in [tail].into_iter().chain(enrichers).chain([exporter]) {
            assert_eq!(service.terminate(), Some(0), "{}", service.log());
        }
    }
}
