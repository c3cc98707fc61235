//! Every call of AWS goes through here: paced, bounded, counted, its errors told in words.

mod action;
mod attempts;
mod bucket;
mod meter;
mod pacing;

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_ec2::config::SharedInterceptor;
use aws_sdk_ec2::config::retry::RetryPartition;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) use action::*;
pub use action::{ACTIONS, Action};
use attempts::Attempts;
pub(crate) use meter::CallMeter;
pub use meter::{CallKind, CallOutcome};
pub(crate) use pacing::Pacing;
use pacing::Payer;

use super::faults::CallError;
use crate::reader::{Place, RegionProgress};

/// What all regions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) pacing: Arc<Pacing>,
    pub(crate) meter: Arc<CallMeter>,
    /// Calls on their way in all.
    pub(crate) at_once: Semaphore,
}

/// The calls of one region.
#[derive(Debug)]
pub(crate) struct Calls {
    shared: Arc<Shared>,
    place: Arc<Place>,
    /// Calls on their way in this region.
    at_once: Semaphore,
    progress: RegionProgress,
}

impl Calls {
    pub(crate) fn new(
        shared: Arc<Shared>,
        place: &Place,
        at_once: usize,
        progress: RegionProgress,
    ) -> Self {
        let place = Arc::new(place.clone());
        Self { shared, place, at_once: Semaphore::new(at_once.max(1)), progress }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn progress(&self) -> &RegionProgress {
        &self.progress
    }

    /// What a client of `service` is given, so that its attempts are seen.
    pub(crate) fn interceptor(&self, service: &'static str) -> SharedInterceptor {
        SharedInterceptor::new(Attempts {
            payer: self.payer(service),
            pacing: Arc::clone(&self.shared.pacing),
            meter: Arc::clone(&self.shared.meter),
        })
    }

    /// The SDKs slow all clients of a partition down together; by default a partition is a
    /// service, so that one throttled account would hold up the others.
    pub(crate) fn retry_partition(&self, service: &'static str) -> RetryPartition {
        RetryPartition::new(format!("{service} {}", self.place))
    }

    /// Makes one call.
    pub(crate) async fn once<T, E>(
        &self,
        action: Action,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let _turn = self.turn(action).await;
        let answer = call.await;
        self.progress.call();
        answer.map_err(|error| CallError::new(action, &error))
    }

    /// Makes one call for each page, and gives each page to `take`.
    pub(crate) async fn pages<T, E>(
        &self,
        action: Action,
        mut pages: PaginationStream<Result<T, SdkError<E, HttpResponse>>>,
        mut take: impl FnMut(T),
    ) -> Result<(), CallError>
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        loop {
            let page = {
                let _turn = self.turn(action).await;
                pages.next().await
            };
            let Some(page) = page else { return Ok(()) };
            self.progress.call();
            take(page.map_err(|error| CallError::new(action, &error))?);
        }
    }

    /// Waits for a token, then for a place among the calls that are on their way.
    async fn turn(&self, action: Action) -> Turn<'_> {
        let wait = self.shared.pacing.take(&self.payer(action.service), Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        // Neither is ever closed; in a region first, so that its queue holds no place in all.
        let in_region = self.at_once.acquire().await.ok();
        let in_all = self.shared.at_once.acquire().await.ok();
        Turn { _places: [in_region, in_all] }
    }

    fn payer(&self, service: &'static str) -> Payer {
        Payer { place: Arc::clone(&self.place), service }
    }
}

/// A place among the calls that are on their way.
struct Turn<'c> {
    _places: [Option<SemaphorePermit<'c>>; 2],
}

/// A client of `$sdk` in a region, whose attempts are seen.
macro_rules! client {
    ($sdk:ident, $service:literal, $calls:expr, $config:expr) => {{
        let builder = $sdk::config::Builder::from($config);
        let mut builder = builder.retry_partition($calls.retry_partition($service));
        builder.push_interceptor($calls.interceptor($service));
        $sdk::Client::from_conf(builder.build())
    }};
}
pub(crate) use client;
