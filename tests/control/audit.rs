//! Who changed what stands in the log.

use serde_json::json;
use weir_tests::{Authority, Scratch};

use crate::client::{Client, SettingsCalls as _};
use crate::installation::Installation;

#[test]
fn the_log_says_who_changed_what_from_what_to_what() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.update(&json!({ "s3Concurrency": 3 }));
    client.update(&json!({ "s3Concurrency": 4 }));
    service.wait_until_logged("\"from\":\"3\",\"to\":\"4\"");
    service.wait_until_logged("\"setting\":\"s3_concurrency\"");
    service.wait_until_logged("unauthenticated local at 127.0.0.1");
    service.wait_until_logged("\"target\":\"audit\"");
}

#[test]
fn a_certificate_names_who_it_was() {
    let scratch = Scratch::new();
    let authority = Authority::new();
    let ours = authority.issue(&scratch, "weir", &authority);
    let operator = authority.issue(&scratch, "operator.example.org", &authority);
    let file = |name: &str| ours.join(name).display().to_string();
    let installation = Installation::new(&format!(
        "[rpc]\nca_file = \"{}\"\ncertificate_file = \"{}\"\nkey_file = \"{}\"\n",
        file("ca.pem"),
        file("cert.pem"),
        file("key.pem")
    ));
    let service = installation.discovery("discovery");
    let client = Client::of(&service).with_certificate(&operator);
    client.update(&json!({ "cron": "5 * * * *" }));
    service.wait_until_logged("operator.example.org at 127.0.0.1");
}
