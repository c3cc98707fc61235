//! A file that is authoritative.

use serde_json::json;

use crate::client::{Client, SettingsCalls as _, origin};
use crate::installation::Installation;

#[test]
fn a_locked_file_refuses_changes_and_what_was_set_before_does_not_count() {
    let installation = Installation::new("");
    let open = installation.discovery("open");
    Client::of(&open).update(&json!({ "s3Concurrency": 9, "cron": "0 * * * *" }));
    let locked = installation.with("[control]\nlocked = true\n");
    let service = locked.discovery("locked");
    let client = Client::of(&service);
    let settings = client.settings();
    assert_eq!(settings["isLocked"], true);
    assert_eq!(
        (&settings["settings"]["s3Concurrency"], &settings["runTime"]["s3Concurrency"]),
        (&json!(2), &json!(9))
    );
    assert_eq!(origin(&settings, "s3_concurrency"), "SETTING_ORIGIN_DEFAULT");
    let request = json!({ "settings": { "s3Concurrency": 3 } });
    let refused = client.fail("SettingsService/UpdateSettings", &request);
    assert!(refused.contains("FailedPrecondition"), "{refused}");
    assert!(refused.contains("take `locked = true` out"), "{refused}");
    let status = client.call("DiscoveryService/GetDiscoveryStatus", &json!({}));
    assert_eq!(status["cron"], "*/15 * * * *");
}
