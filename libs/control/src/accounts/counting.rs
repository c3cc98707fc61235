//! The accounts of the file and those of the run time as one configuration of AWS.

use std::path::PathBuf;

use weir_aws::{AwsConfig, Profile, Role, Secret, SecretSource};

use super::{AccessKey, SealingKey, StoredAccounts, StoredProfile, StoredRole};

/// What the file says of accounts.
#[derive(Clone, Debug, Default)]
pub struct FileAccounts {
    /// The section `[aws]`.
    pub aws: AwsConfig,
    /// Whether the file is authoritative: accounts that were added at run time do not count.
    pub is_locked: bool,
    /// What access keys are sealed with.
    pub key_file: Option<PathBuf>,
}

impl FileAccounts {
    /// The section `[aws]` with the accounts of the run time behind its own.
    pub fn with(&self, stored: &StoredAccounts) -> AwsConfig {
        let mut config = self.aws.clone();
        let profiles = self.profiles_of(stored).into_iter();
        config.profiles.extend(profiles.map(|(stored, key)| profile(stored, key)));
        config.roles.extend(self.roles_of(stored));
        config
    }

    /// The profiles of the run time, each with why it cannot be opened.
    pub fn profiles_of<'s>(
        &self,
        stored: &'s StoredAccounts,
    ) -> Vec<(&'s StoredProfile, Result<AccessKey, String>)> {
        let (profiles, _) = self.counting(stored);
        if profiles.is_empty() {
            return Vec::new();
        }
        let key = self.sealing_key();
        let open = |profile: &StoredProfile| match &key {
            Ok(key) => key.open(&profile.name, &profile.sealed).map_err(|error| error.to_string()),
            Err(problem) => Err(problem.clone()),
        };
        profiles.iter().map(|profile| (profile, open(profile))).collect()
    }

    /// The roles of the run time; those that this version cannot read are passed over.
    pub fn roles_of(&self, stored: &StoredAccounts) -> Vec<Role> {
        let (_, roles) = self.counting(stored);
        roles.iter().filter_map(role).collect()
    }

    /// What counts of the run time: nothing where the file is authoritative.
    fn counting<'s>(&self, stored: &'s StoredAccounts) -> (&'s [StoredProfile], &'s [StoredRole]) {
        match self.is_locked {
            true => (&[], &[]),
            false => (&stored.profiles, &stored.roles),
        }
    }

    fn sealing_key(&self) -> Result<SealingKey, String> {
        let path = self.key_file.as_deref();
        let path = path.ok_or(
            "there is no key_file in [control] of this process, with which it was sealed: give it \
             the file that discovery has",
        )?;
        SealingKey::read(path).map_err(|error| error.to_string())
    }
}

/// A profile for the accounts of a sweep or a reader. One that cannot be opened stays, and is told
/// as a fault: the inventory of its account must not vanish.
fn profile(stored: &StoredProfile, key: Result<AccessKey, String>) -> Profile {
    let (name, region) = (Some(stored.name.clone()), stored.region.clone());
    let (access_key, secret) = match key {
        Ok(AccessKey { id, secret }) => {
            (SecretSource::Inline(Secret::new(id)), SecretSource::Inline(Secret::new(secret)))
        }
        Err(problem) => {
            let sealed = SecretSource::Sealed { problem };
            (sealed.clone(), sealed)
        }
    };
    Profile { name, access_key: Some(access_key), secret: Some(secret), region }
}

fn role(stored: &StoredRole) -> Option<Role> {
    let external_id = stored.external_id.as_deref().map(str::parse).transpose();
    let parsed = stored.arn.parse().ok().zip(external_id.ok());
    if parsed.is_none() {
        tracing::warn!(role = stored.arn, "a stored role cannot be read and does not count");
    }
    let (arn, external_id) = parsed?;
    Some(Role { arn, external_id, name: stored.name.clone() })
}
