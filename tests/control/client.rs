//! Calls through grpcurl.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use weir_tests::{Run, Service, python_program, run};

/// The client of one admin listener.
pub(crate) struct Client {
    address: SocketAddr,
    /// Where its certificate is; none in plaintext.
    certificates: Option<std::path::PathBuf>,
}

impl Client {
    pub(crate) fn of(service: &Service) -> Self {
        Self { address: service.addresses().admin.expect("an admin listener"), certificates: None }
    }

    /// Shows the certificate in this folder.
    pub(crate) fn with_certificate(mut self, folder: &Path) -> Self {
        self.certificates = Some(folder.to_owned());
        self
    }

    /// Calls a method of `weir.v1` that must succeed.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, request: &Value) -> Value {
        let called = self.try_call(method, request).ended_with(0);
        serde_json::from_str(&called.stdout).expect("an answer")
    }

    /// Calls a method that must fail: what grpcurl shows.
    #[track_caller]
    pub(crate) fn fail(&self, method: &str, request: &Value) -> String {
        let called = self.try_call(method, request);
        assert_ne!(called.code, Some(0), "{method} {request}: {}", called.stdout);
        called.stderr
    }

    pub(crate) fn try_call(&self, method: &str, request: &Value) -> Run {
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

    /// The settings and where they come from.
    #[track_caller]
    pub(crate) fn settings(&self) -> Value {
        self.call("SettingsService/GetSettings", &serde_json::json!({}))
    }

    /// Sets settings.
    #[track_caller]
    pub(crate) fn update(&self, settings: &Value) -> Value {
        let request = serde_json::json!({ "settings": settings });
        self.call("SettingsService/UpdateSettings", &request)
    }

    /// Resets settings.
    #[track_caller]
    pub(crate) fn reset(&self, paths: &[&str]) -> Value {
        let request = serde_json::json!({ "updateMask": mask(paths) });
        self.call("SettingsService/UpdateSettings", &request)
    }

    /// How it goes with the first output of an exporter.
    #[track_caller]
    pub(crate) fn output(&self) -> Value {
        let status = self.call("ExporterAdminService/GetExportStatus", &serde_json::json!({}));
        status["outputs"][0].clone()
    }
}

/// A field mask in the form that grpcurl 1.8 takes; later ones, and others, take the names in one
/// string.
pub(crate) fn mask(paths: &[&str]) -> Value {
    serde_json::json!({ "paths": paths })
}

/// Where the value of a setting comes from.
pub(crate) fn origin(answer: &Value, path: &str) -> String {
    let sources = answer["sources"].as_array().expect("sources");
    let source = sources.iter().find(|source| source["path"] == path).expect(path);
    source["origin"].as_str().expect("an origin").to_owned()
}
