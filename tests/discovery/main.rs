//! From an AWS account to an enricher's answer: weir discovery, Redis, weir enricher.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod account;
mod default_chain;
mod exporters;
mod inputs;
mod one_process;
mod processes;
mod recorder;
mod world;

use serde_json::json;

use account::Account;
use processes::Installation;

#[test]
fn an_enricher_knows_the_instances_of_a_swept_account_and_follows_its_changes() {
    let account = Account::open();
    let web = account.run_instance("web-01");
    let mut installation = Installation::start(&account);
    let discovery = installation.discovery();
    let enricher = installation.enricher();

    let asked = json!({"address": web.address, "vpc_id": web.vpc_id});
    let found = enricher.call("weir.v1.EnricherAdminService/LookupAddress", &asked);
    assert_eq!(found["matches"][0]["instanceName"], "web-01", "{found}");
    assert_eq!(found["matches"][0]["instanceId"], web.id.as_str(), "{found}");
    assert_eq!(found["matches"][0]["region"], "eu-west-1", "{found}");

    let database = account.run_instance("database-01");
    let summary = discovery.call("weir.v1.DiscoveryService/RunDiscovery", &json!({}));
    assert!(summary.to_string().contains("123456789012"), "{summary}");
    let asked = json!({"address": database.address, "vpc_id": database.vpc_id});
    let name = || {
        let found = enricher.call("weir.v1.EnricherAdminService/LookupAddress", &asked);
        (found["matches"][0]["instanceName"] == "database-01").then_some(())
    };
    weir_testkit::wait_for("the enricher to load what has changed", name);

    let listed = discovery.call("weir.v1.DiscoveryService/ListInstances", &json!({}));
    let names = listed["instances"].as_array().unwrap().iter().map(|each| each["name"].clone());
    let names: Vec<_> = names.collect();
    assert!(names.contains(&json!("web-01")) && names.contains(&json!("database-01")), "{listed}");
}

#[test]
fn an_enricher_keeps_its_inventory_while_redis_is_away_and_starts_once_it_is_back() {
    let account = Account::open();
    let web = account.run_instance("web-01");
    let mut installation = Installation::start(&account);
    installation.discovery();
    let enricher = installation.enricher();
    let asked = json!({"address": web.address, "vpc_id": web.vpc_id});
    installation.redis.kill();
    let found = enricher.call("weir.v1.EnricherAdminService/LookupAddress", &asked);
    assert_eq!(found["matches"][0]["instanceName"], "web-01", "{found}");

    // One that starts now waits, and has everything once the server is back with its data.
    let other = installation.enricher_that_waits();
    assert!(!other.is_serving());
    installation.redis.restart();
    other.wait_until_serving();
    let found = other.call("weir.v1.EnricherAdminService/LookupAddress", &asked);
    assert_eq!(found["matches"][0]["instanceName"], "web-01", "{found}");
}
