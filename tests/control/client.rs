//! Calls of settings.

use serde_json::{Value, json};
pub(crate) use weir_tests::AdminClient as Client;

/// What the tests call of settings.
pub(crate) trait SettingsCalls {
    /// The settings and where they come from.
    fn settings(&self) -> Value;
    /// Sets settings.
    fn update(&self, settings: &Value) -> Value;
    /// Resets settings.
    fn reset(&self, paths: &[&str]) -> Value;
    /// How it goes with the first output of an exporter.
    fn output(&self) -> Value;
}

impl SettingsCalls for Client {
    #[track_caller]
    fn settings(&self) -> Value {
        self.call("SettingsService/GetSettings", &json!({}))
    }

    #[track_caller]
    fn update(&self, settings: &Value) -> Value {
        self.call("SettingsService/UpdateSettings", &json!({ "settings": settings }))
    }

    #[track_caller]
    fn reset(&self, paths: &[&str]) -> Value {
        self.call("SettingsService/UpdateSettings", &json!({ "updateMask": mask(paths) }))
    }

    #[track_caller]
    fn output(&self) -> Value {
        let status = self.call("ExporterAdminService/GetExportStatus", &json!({}));
        status["outputs"][0].clone()
    }
}

/// A field mask in the form that grpcurl 1.8 takes; later ones, and others, take the names in one
/// string.
pub(crate) fn mask(paths: &[&str]) -> Value {
    json!({ "paths": paths })
}

/// Where the value of a setting comes from.
pub(crate) fn origin(answer: &Value, path: &str) -> String {
    let sources = answer["sources"].as_array().expect("sources");
    let source = sources.iter().find(|source| source["path"] == path).expect(path);
    source["origin"].as_str().expect("an origin").to_owned()
}
