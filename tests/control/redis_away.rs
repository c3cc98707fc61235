//! A Redis that dies around a change.

use serde_json::json;
use weir_tests::{Corpus, wait_for};

use crate::client::{Client, SettingsCalls as _};
use crate::installation::Installation;

#[test]
fn settings_stay_while_redis_is_away_and_all_end_in_the_same_state_when_it_is_back() {
    let corpus = Corpus::new();
    corpus.write(0..1000, 1000);
    let mut installation = Installation::new("");
    let service = installation.discovery("discovery");
    let other = installation.discovery("other");
    let client = Client::of(&service);
    let running = installation.pipeline(&corpus, "");
    let exporter = running.exporter();
    let limit = |value: &str| {
        wait_for(&format!("a limit of {value}"), || {
            (exporter.output()["recordsPerSecondLimit"] == value).then_some(())
        });
    };
    client.update(&json!({ "recordsPerSecond": "5000" }));
    limit("5000");
    // Nobody is told: the connections of who listens are cut, and the server is killed after it
    // has written.
    installation.redis.command("CLIENT KILL TYPE pubsub");
    client.update(&json!({ "recordsPerSecond": "6000" }));
    installation.redis.kill();
    let refused = client.fail(
        "SettingsService/UpdateSettings",
        &json!({ "settings": { "recordsPerSecond": "7000" } }),
    );
    assert!(refused.contains("Unavailable"), "{refused}");
    assert!(refused.contains("the store cannot be reached"), "{refused}");
    let told = exporter.output()["recordsPerSecondLimit"].clone();
    assert!(told == "5000" || told == "6000", "{told}");
    installation.redis.restart();
    limit("6000");
    for client in [client, Client::of(&other)] {
        wait_for("the calls to work again", || {
            let read = client.try_call("SettingsService/GetSettings", &json!({}));
            (read.code == Some(0) && read.stdout.contains("\"6000\"")).then_some(())
        });
    }
    running.end();
}
