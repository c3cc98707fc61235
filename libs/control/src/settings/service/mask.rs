//! Which settings a request is about.

use prost_types::FieldMask;
use weir_rpc::status::Violations;

use crate::settings::catalogue::{Setting, SettingValues};

/// The settings that the mask names; without one all that have a value.
pub(super) fn settings(
    mask: Option<&FieldMask>,
    new: &SettingValues,
    violations: &mut Violations,
) -> Vec<Setting> {
    let Some(mask) = mask.filter(|mask| !mask.paths.is_empty()) else {
        let given = Setting::ALL.iter().copied().filter(|each| each.shown(new).is_some());
        let given: Vec<_> = given.collect();
        if given.is_empty() {
            violations.add("update_mask", format_args!("empty: name what to change: {}", known()));
        }
        return given;
    };
    let mut named = Vec::new();
    for path in &mask.paths {
        match Setting::by_path(path) {
            Some(setting) if named.contains(&setting) => {}
            Some(setting) => named.push(setting),
            None => {
                let shown: String = path.chars().take(60).collect();
                let advice = format!("{shown:?} is no setting: there are {}", known());
                violations.add("update_mask", advice);
            }
        }
    }
    named
}

fn known() -> String {
    Setting::ALL.iter().map(|setting| setting.path()).collect::<Vec<_>>().join(", ")
}
