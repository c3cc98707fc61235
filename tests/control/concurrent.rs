//! Two discovery processes, and people who write through both at a time.

use std::thread;

use serde_json::json;

use crate::client::{Client, SettingsCalls as _};
use crate::installation::Installation;

const CHANGES: u32 = 12;

#[test]
fn what_several_write_through_two_processes_ends_in_one_state_and_loses_nothing() {
    let installation = Installation::new("");
    let services = ["one", "two"].map(|name| installation.discovery(name));
    thread::scope(|scope| {
        // Each has a setting of its own: none may be lost to the others' changes.
        for (at, service) in services.iter().enumerate() {
            for setting in ["s3Concurrency", "maxPacketSize"] {
                let base = if setting == "s3Concurrency" { 1 } else { 1000 };
                let client = Client::of(service);
                let is_mine = (setting == "s3Concurrency") == (at == 0);
                scope.spawn(move || {
                    for change in 0..CHANGES {
                        if is_mine {
                            client.update(&json!({ setting: base + change }));
                        } else {
                            client.update(&json!({ "recordsPerSecond": change.to_string() }));
                        }
                    }
                });
            }
        }
    });
    let settings = services.each_ref().map(|service| Client::of(service).settings());
    assert_eq!(settings[0], settings[1]);
    let settings = &settings[0]["settings"];
    assert_eq!(settings["s3Concurrency"], CHANGES);
    assert_eq!(settings["maxPacketSize"], 1000 + CHANGES - 1);
    assert_eq!(settings["recordsPerSecond"], (CHANGES - 1).to_string());
}
