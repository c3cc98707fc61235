//! Accounts as messages. None has an access key.

use weir_aws::{Profile, Role};
use weir_control::accounts::StoredProfile;
use weir_rpc::pb;

use super::book::profile_id;

/// A profile of the file.
pub(super) fn of_file_profile(place: usize, profile: &Profile) -> pb::ConfiguredAccount {
    pb::ConfiguredAccount {
        id: profile_id(place, profile),
        kind: pb::AccountKind::Profile.into(),
        name: profile.name.clone().unwrap_or_default(),
        region: profile.region.clone().unwrap_or_default(),
        ..pb::ConfiguredAccount::default()
    }
}

/// A profile of the run time, and why it cannot be used.
pub(super) fn of_stored_profile(
    profile: &StoredProfile,
    problem: Option<String>,
) -> pb::ConfiguredAccount {
    pb::ConfiguredAccount {
        id: profile.name.clone(),
        kind: pb::AccountKind::Profile.into(),
        name: profile.name.clone(),
        region: profile.region.clone().unwrap_or_default(),
        is_run_time: true,
        sealed_with: profile.sealed.key_id.clone(),
        problem: problem.unwrap_or_default(),
        ..pb::ConfiguredAccount::default()
    }
}

/// A role.
pub(super) fn of_role(role: &Role, is_run_time: bool) -> pb::ConfiguredAccount {
    pb::ConfiguredAccount {
        id: role.arn.to_string(),
        kind: pb::AccountKind::Role.into(),
        name: role.name.clone().unwrap_or_default(),
        account_id: role.arn.account_id().to_owned(),
        has_external_id: role.external_id.is_some(),
        is_run_time,
        ..pb::ConfiguredAccount::default()
    }
}
