//! Endpoints follow names and files.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use weir_rpc::endpoints::{Endpoints, Resolve, SystemResolver, Target, TargetSource, Targets};
use weir_rpc::tls::Security;

use crate::support::{eventually, soon};

/// Answers from a table; a name that is not there cannot be resolved.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<HashMap<String, Vec<&'static str>>>>);

impl Table {
    fn set(&self, host: &str, addresses: &[&'static str]) {
        self.0.lock().unwrap().insert(host.to_owned(), addresses.to_vec());
    }

    fn remove(&self, host: &str) {
        self.0.lock().unwrap().remove(host);
    }
}

#[tonic::async_trait]
impl Resolve for Table {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let table = self.0.lock().unwrap();
        let addresses = table.get(host).ok_or_else(|| io::Error::other("no such name"))?;
        Ok(addresses.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).collect())
    }
}

fn watch(sources: &[&str], table: &Table) -> Endpoints {
    let sources = sources.iter().map(|source| source.parse().unwrap()).collect();
    let targets = Targets::new(sources, &Security::Plaintext).unwrap();
    targets.every(Duration::from_millis(10)).watch(Arc::new(table.clone()))
}

fn addresses(endpoints: &mut Endpoints) -> Vec<String> {
    endpoints.current().iter().map(|endpoint| endpoint.address().to_string()).collect()
}

/// Waits for exactly these addresses.
#[track_caller]
fn becomes(endpoints: &mut Endpoints, expected: &[&str]) -> impl Future<Output = ()> {
    soon(async move {
        while addresses(endpoints) != expected {
            endpoints.changed().await;
        }
    })
}

/// Waits until some more looks have failed.
async fn fails_again(endpoints: &Endpoints) {
    let before = endpoints.failures();
    eventually(|| async { (endpoints.failures() > before + 3).then_some(()) }).await;
}

#[tokio::test]
async fn all_addresses_of_a_name_are_endpoints_and_follow_it() {
    let table = Table::default();
    table.set("enricher", &["10.0.0.2", "10.0.0.1"]);
    let mut endpoints = watch(&["http://enricher:1"], &table);
    becomes(&mut endpoints, &["10.0.0.1:1", "10.0.0.2:1"]).await;
    let shown: Vec<_> = endpoints.current().iter().map(ToString::to_string).collect();
    assert_eq!(shown[0], "http://enricher:1 at 10.0.0.1:1");
    table.set("enricher", &["10.0.0.2", "10.0.0.3"]);
    becomes(&mut endpoints, &["10.0.0.2:1", "10.0.0.3:1"]).await;
}

#[tokio::test]
async fn an_empty_answer_or_none_keeps_what_was_known() {
    let table = Table::default();
    let mut endpoints = watch(&["http://a:1", "http://b:1"], &table);
    fails_again(&endpoints).await;
    assert_eq!(addresses(&mut endpoints), [""; 0]);
    table.set("a", &["10.0.0.1"]);
    table.set("b", &["10.0.0.2"]);
    becomes(&mut endpoints, &["10.0.0.1:1", "10.0.0.2:1"]).await;
    table.set("a", &[]);
    fails_again(&endpoints).await;
    table.remove("a");
    fails_again(&endpoints).await;
    assert_eq!(addresses(&mut endpoints), ["10.0.0.1:1", "10.0.0.2:1"]);
    table.set("b", &["10.0.0.3"]);
    becomes(&mut endpoints, &["10.0.0.1:1", "10.0.0.3:1"]).await;
}

#[tokio::test]
async fn addresses_need_no_resolver_and_count_once() {
    let table = Table::default();
    table.set("a", &["10.0.0.1"]);
    let mut endpoints = watch(&["http://10.0.0.1:1", "http://a:1", "http://[::1]:2"], &table);
    becomes(&mut endpoints, &["10.0.0.1:1", "[::1]:2"]).await;
}

#[tokio::test]
async fn a_file_is_followed_and_a_bad_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enrichers");
    let table = Table::default();
    table.set("a", &["10.0.0.1"]);
    let mut endpoints = watch(&[&format!("file:{}", path.display())], &table);
    fails_again(&endpoints).await;
    std::fs::write(&path, "# replicas\nhttp://a:1 # the first\n\nhttp://10.0.0.9:2\n").unwrap();
    becomes(&mut endpoints, &["10.0.0.1:1", "10.0.0.9:2"]).await;
    for bad in ["", "# none\n", "http://10.0.0.9:2\nhttp://half", "https://10.0.0.9:2"] {
        std::fs::write(&path, bad).unwrap();
        fails_again(&endpoints).await;
        assert_eq!(addresses(&mut endpoints), ["10.0.0.1:1", "10.0.0.9:2"], "{bad}");
    }
    std::fs::remove_file(&path).unwrap();
    fails_again(&endpoints).await;
    std::fs::write(&path, "http://10.0.0.9:2").unwrap();
    becomes(&mut endpoints, &["10.0.0.9:2"]).await;
}

#[tokio::test]
async fn the_system_resolves_localhost() {
    let found = SystemResolver.resolve("localhost", 7).await.unwrap();
    assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 7));
    assert!(!found.is_empty());
}

#[test]
fn targets_that_are_none_are_refused_with_the_form() {
    let bad = [
        "",
        "a:1",
        "http://a",
        "http://a:0",
        "http://a:65536",
        "http://:1",
        "http://a:1/x",
        "ftp://a:1",
        "http://::1:1",
        "http://[a]:1",
        "http://a b:1",
        "file:",
        "http://u@a:1",
    ];
    for text in bad {
        let error = text.parse::<TargetSource>().unwrap_err().to_string();
        assert!(error.contains("write https://HOST:PORT"), "{text}: {error}");
    }
}

#[test]
fn a_target_of_the_other_security_is_refused() {
    let sources = vec!["https://a:1".parse().unwrap()];
    let error = Targets::new(sources, &Security::Plaintext).unwrap_err().to_string();
    assert!(error.contains("write http://"), "{error}");
}

proptest! {
    #[test]
    fn a_target_reads_back_as_it_is_written(host in "[a-z][a-z0-9.-]{0,20}", port in 1_u16..) {
        for text in [format!("https://{host}:{port}"), format!("http://[::1]:{port}")] {
            prop_assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,40}|https?://.{0,20}") {
        let parsed = text.parse::<TargetSource>();
        prop_assert!(parsed.is_err() || !text.is_empty());
    }
}
