//! The services of a listener.

use std::convert::Infallible;

use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};
use tonic_reflection::server::{Builder, Error};

use crate::health::Health;
use crate::pb::FILE_DESCRIPTOR_SET;

/// The services of a listener. Health is among them from the start; reflection comes with an
/// admin listener.
pub struct Services {
    health: Health,
    names: Vec<&'static str>,
    routes: RoutesBuilder,
}

impl Services {
    /// Health alone.
    pub fn new(health: &Health) -> Self {
        let mut routes = RoutesBuilder::default();
        routes.add_service(crate::limited!(health.server()));
        Self { health: health.clone(), names: vec!["grpc.health.v1.Health"], routes }
    }

    /// Adds a generated server, which [`limited!`](crate::limited) has held to its limits.
    /// Health answers for it by its name.
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.health.know(S::NAME);
        self.names.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    pub(super) fn into_routes(mut self, has_reflection: bool) -> Result<Routes, Error> {
        if has_reflection {
            let v1 = self.reflection().build_v1()?;
            let v1alpha = self.reflection().build_v1alpha()?;
            self.routes.add_service(v1).add_service(v1alpha);
        }
        Ok(self.routes.routes())
    }

    /// Describes what this listener has, of all that the descriptions hold.
    fn reflection(&self) -> Builder<'static> {
        let builder = Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // So that tools can show the details of errors.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET);
        self.names.iter().fold(builder, |builder, name| builder.with_service_name(*name))
    }
}
