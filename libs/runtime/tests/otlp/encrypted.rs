//! A receiver that speaks TLS, with a certificate that the system trusts or not.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use opentelemetry::global;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use weir_runtime::telemetry::{self, TelemetryConfig};

use crate::receiver::{Export, Receiver};

/// Where the child finds the receiver.
const PORT: &str = "SAMPLE_PORT";

/// Runs a process whose system trusts the certificate in the file `trusted` alone.
fn run(receiver: &Receiver, trusted: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let child = "encrypted::a_process_that_exports_to_a_port";
    command.args([child, "--exact", "--ignored", "--nocapture"]);
    command.env("SSL_CERT_FILE", trusted).env(PORT, receiver.address.port().to_string());
    let output = command.output().unwrap();
    let logs = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{logs}");
    logs
}

#[test]
#[ignore = "run by the tests below"]
fn a_process_that_exports_to_a_port() {
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("https://localhost:{}", std::env::var(PORT).unwrap())),
        ..TelemetryConfig::new("sample")
    };
    let telemetry = telemetry::start(&config).unwrap();
    global::meter("weir").u64_counter("weir_sample_runs_total").build().add(1, &[]);
    telemetry.shutdown();
}

/// A certificate of `localhost`, as PEM and as what a server needs.
fn certificate() -> (String, ServerConfig) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (cert.pem(), config)
}

#[test]
fn a_receiver_that_the_system_trusts_gets_what_was_counted() {
    let (pem, server) = certificate();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    fs::write(&trusted, pem).unwrap();
    let receiver = Receiver::start_tls(server);
    let logs = run(&receiver, &trusted);
    assert!(!logs.contains("telemetry is lost"), "{logs}");
    assert!(matches!(receiver.next(), Export::Metrics(_)), "{logs}");
}

#[test]
fn a_receiver_that_nobody_vouches_for_gets_nothing() {
    let (_, server) = certificate();
    let (of_another, _) = certificate();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    fs::write(&trusted, of_another).unwrap();
    let logs = run(&Receiver::start_tls(server), &trusted);
    assert!(logs.contains("telemetry is lost"), "{logs}");
}
