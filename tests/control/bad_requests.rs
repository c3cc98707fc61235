//! What cannot be done, and what is said about it.

use serde_json::{Value, json};
use weir_tests::{Service, python, run};

use crate::client::{Client, SettingsCalls as _, mask, origin};
use crate::installation::Installation;

const UPDATE: &str = "SettingsService/UpdateSettings";

#[test]
fn each_bad_change_is_refused_with_what_to_do_and_changes_nothing() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    let before = client.settings();
    let set = |settings: Value| json!({ "settings": settings });
    let cases = [
        (set(json!({ "s3Concurrency": 65 })), "give 1 to 64 objects"),
        (set(json!({ "maxPacketSize": 511 })), "give 512 to 3900 octets"),
        (set(json!({ "sessionDuration": "899s" })), "15m to 12h"),
        (set(json!({ "sessionDuration": "-1s" })), "settings.session_duration"),
        (set(json!({ "cloudwatchRequestInterval": "0s" })), "1s to 1d"),
        (set(json!({ "cloudwatchSettle": "3601s" })), "0s to 1h"),
        (set(json!({ "cron": "99 * * * *" })), "write it as */15 * * * *"),
        (set(json!({ "cron": "" })), "0 fields: give 5"),
        (set(json!({ "timezone": "Berlin" })), "give a name such as UTC"),
        (set(json!({ "kclMetricsLevel": 9 })), "give NONE, SUMMARY or DETAILED"),
        (set(json!({ "addFields": { "names": ["flow_directon"] } })), "did you mean"),
        (set(json!({ "exporterHeld": "1" })), "give 1048576 to"),
        (set(json!({})), "name what to change"),
        (
            json!({ "updateMask": mask(&["nothing"]) }),
            "\"nothing\" is no setting: there are cron, timezone",
        ),
        (json!({ "settings": { "s3Concurrency": 3 }, "etag": "yesterday" }), "no etag"),
    ];
    for (request, expected) in cases {
        let refused = client.fail(UPDATE, &request);
        assert!(refused.contains("InvalidArgument"), "{request}: {refused}");
        assert!(refused.contains(expected), "{request}: {refused}");
    }
    // All that is wrong is told at once.
    let both = set(json!({ "s3Concurrency": 0, "maxPacketSize": 1 }));
    let refused = client.fail(UPDATE, &both);
    assert!(refused.contains("s3_concurrency") && refused.contains("max_packet_size"));
    assert_eq!(client.settings(), before);
}

#[test]
fn a_stale_etag_is_refused_with_the_present_one() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    let first = client.update(&json!({ "s3Concurrency": 3 }));
    let second = client.update(&json!({ "s3Concurrency": 4 }));
    let etag = |answer: &Value| answer["etag"].as_str().unwrap().to_owned();
    assert_ne!(etag(&first), etag(&second));
    let change = |etag: &str| json!({ "settings": { "s3Concurrency": 5 }, "etag": etag });
    let refused = client.fail(UPDATE, &change(&etag(&first)));
    assert!(refused.contains("Aborted"), "{refused}");
    assert!(refused.contains(&etag(&second)), "{refused}");
    assert!(refused.contains("STALE_ETAG"), "the details have it too: {refused}");
    let done = client.call(UPDATE, &change(&etag(&second)));
    assert_eq!(done["settings"]["s3Concurrency"], 5);
}

#[test]
fn a_mask_sets_resets_and_leaves_alone() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let client = Client::of(&service);
    client.update(&json!({ "s3Concurrency": 3, "cloudwatchOverlap": "60s" }));
    let request = json!({
        "settings": { "kclMetricsLevel": "KCL_METRICS_LEVEL_SUMMARY", "maxPacketSize": 3000 },
        "updateMask": mask(&["kcl_metrics_level", "s3_concurrency"])
    });
    let done = client.call(UPDATE, &request);
    assert_eq!(done["settings"]["kclMetricsLevel"], "KCL_METRICS_LEVEL_SUMMARY");
    // Named and without a value: reset. Not named: left alone, whatever its value.
    assert_eq!(origin(&done, "s3_concurrency"), "SETTING_ORIGIN_DEFAULT");
    assert_eq!(origin(&done, "max_packet_size"), "SETTING_ORIGIN_DEFAULT");
    assert_eq!(done["settings"]["cloudwatchOverlap"], "60s");
    let now = client.settings();
    assert_eq!(now["settings"], done["settings"]);
    assert_eq!(now["etag"], done["etag"]);
}

/// The same through a client that knows nothing but what reflection tells.
#[test]
fn grpcio_reads_and_changes_settings_by_reflection_alone() {
    let installation = Installation::new("");
    let service = installation.discovery("discovery");
    let call = |service: &Service, method: &str, request: Value| -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/reflection_client.py");
        let address = service.addresses().admin.unwrap().to_string();
        let path = format!("weir.v1.SettingsService/{method}");
        let mut command = python();
        command.arg(script).args([&address, "call", &path, &request.to_string()]);
        serde_json::from_str(&run(&mut command).ended_with(0).stdout).unwrap()
    };
    let request = json!({ "settings": { "recordsPerSecond": "10000" } });
    call(&service, "UpdateSettings", request);
    let settings = call(&service, "GetSettings", json!({}));
    assert_eq!(settings["settings"]["records_per_second"], "10000");
    let reset = call(&service, "UpdateSettings", json!({ "updateMask": "recordsPerSecond,cron" }));
    assert_eq!(reset["settings"]["records_per_second"], "0");
    assert_eq!(settings["sources"].as_array().unwrap().len(), 14);
}
