//! Admin calls through grpcurl, which knows nothing of weir but what reflection tells.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Deserializer, Value};

use crate::python::python_program;
use crate::services::Service;
use crate::weir::{Run, run};

/// The client of one admin listener.
#[derive(Debug)]
pub struct AdminClient {
    address: SocketAddr,
    /// Where its certificate is; none in plaintext.
    certificates: Option<PathBuf>,
}

impl AdminClient {
    /// The client of a service.
    ///
    /// # Panics
    /// When it has no admin listener.
    pub fn of(service: &Service) -> Self {
        Self { address: service.addresses().admin.expect("an admin listener"), certificates: None }
    }

    /// Shows the certificate in this folder.
    #[must_use]
    pub fn with_certificate(mut self, folder: &Path) -> Self {
        self.certificates = Some(folder.to_owned());
        self
    }

    /// Calls a method of `weir.v1`: its answer, of a stream the last.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn call(&self, method: &str, request: &Value) -> Value {
        let answers = self.try_call(method, request).ended_with(0).stdout;
        let answers = Deserializer::from_str(&answers).into_iter::<Value>();
        answers.last().expect("an answer").expect("JSON")
    }

    /// Calls a method that must fail: what grpcurl shows.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn fail(&self, method: &str, request: &Value) -> String {
        let called = self.try_call(method, request);
        assert_ne!(called.code, Some(0), "{method} {request}: {}", called.stdout);
        called.stderr
    }

    /// Calls a method that may fail.
    pub fn try_call(&self, method: &str, request: &Value) -> Run {
        let mut command = python_program("grpcurl");
        match &self.certificates {
            None => drop(command.arg("-plaintext")),
            Some(folder) => {
                for (flag, file) in
                    [("-cacert", "ca.pem"), ("-cert", "cert.pem"), ("-key", "key.pem")]
                {
                    command.arg(flag).arg(folder.join(file));
                }
            }
        }
        command.args(["-emit-defaults", "-max-time", "110", "-d", &request.to_string()]);
        run(command.arg(self.address.to_string()).arg(format!("weir.v1.{method}")))
    }

    /// The leases that the process shows.
    ///
    /// # Panics
    /// When the call fails.
    #[track_caller]
    pub fn leases(&self) -> Vec<Value> {
        let listed = self.call("IngestService/ListLeases", &serde_json::json!({}));
        listed["leases"].as_array().expect("leases").clone()
    }
}
