//! All configured accounts together: the file's, then those of the run time.

use tonic::{Code, Status};
use weir_aws::{AwsConfig, Profile, Role};
use weir_control::accounts::{AccessKey, FileAccounts, StoredAccounts, StoredProfile};
use weir_rpc::status::Failure;

use super::add::NewProfile;
use super::unknown;
use crate::reader::Plan;

/// The most accounts that are added at run time.
const MAX_ACCOUNTS: usize = 1000;

/// All configured accounts.
pub(super) struct Book<'a> {
    pub(super) file: &'a FileAccounts,
    pub(super) stored: StoredAccounts,
}

impl Book<'_> {
    /// The profiles of the run time, each with why it cannot be opened.
    pub(super) fn profiles(&self) -> Vec<(&StoredProfile, Result<AccessKey, String>)> {
        self.file.profiles_of(&self.stored)
    }

    /// The roles of the run time; those that this version cannot read are passed over.
    pub(super) fn roles(&self) -> Vec<Role> {
        self.file.roles_of(&self.stored)
    }

    /// The same with a single account; all of it for an empty id.
    pub(super) fn config_of(&self, id: &str) -> Result<AwsConfig, Status> {
        let mut config = self.file.with(&self.stored);
        if id.is_empty() {
            return Ok(config);
        }
        let is_asked = |place: usize, profile: &Profile| profile_id(place, profile) == id;
        let place = config.profiles.iter().enumerate().position(|(at, each)| is_asked(at, each));
        config.profiles =
            place.map(|place| config.profiles.swap_remove(place)).into_iter().collect();
        config.roles.retain(|role| role.arn.to_string() == id);
        if config.profiles.is_empty() && config.roles.is_empty() {
            return Err(unknown(id));
        }
        // A profile that has no name is known by its place, which it has lost.
        if let Some(profile) = config.profiles.first_mut() {
            profile.name = Some(id.to_owned());
        }
        (config.organization, config.include_own_account) = (None, false);
        Ok(config)
    }

    /// Whether a profile may be added.
    pub(super) fn check_profile(&self, new: &NewProfile) -> Result<(), Status> {
        self.check_room()?;
        let name = &new.stored.name;
        let in_file = self.file.aws.profiles.iter();
        if in_file.clone().any(|each| each.name.as_ref() == Some(name)) {
            return Err(exists(format!("the file has a profile {name:?}")));
        }
        if self.stored.profiles.iter().any(|each| each.name == *name) {
            return Err(exists(format!("there is a profile {name:?}: remove it first")));
        }
        let same_in_file = in_file.enumerate().find(|(_, each)| has_key(each, &new.key.id));
        if let Some((place, each)) = same_in_file {
            let first = profile_id(place, each);
            return Err(exists(format!("the file's profile {first} has this access key")));
        }
        let opened = self.profiles();
        let same =
            opened.iter().find(|(_, key)| key.as_ref().is_ok_and(|key| key.id == new.key.id));
        match same {
            Some((first, _)) => {
                Err(exists(format!("the profile {:?} has this access key", first.name)))
            }
            None => Ok(()),
        }
    }

    /// Whether a role may be added. A profile's account is known from the last plan.
    pub(super) fn check_role(&self, new: &Role, plan: Option<&Plan>) -> Result<(), Status> {
        self.check_room()?;
        let account = new.arn.account_id();
        let of_file = self.file.aws.roles.iter().map(|role| (role, "the file's role"));
        let added = self.roles();
        let added = added.iter().map(|role| (role, "the role"));
        let first = of_file.chain(added).find(|(role, _)| role.arn.account_id() == account);
        if let Some((first, what)) = first {
            let message =
                format!("account {account} is configured already by {what} {}", first.arn);
            return Err(exists(message));
        }
        let planned = plan.iter().flat_map(|plan| &plan.accounts);
        let mut profiles = planned.filter(|each| each.configured_as.starts_with("profile"));
        match profiles.find(|each| each.id == account) {
            Some(first) => Err(exists(format!(
                "account {account} is configured already by {}",
                first.configured_as
            ))),
            None => Ok(()),
        }
    }

    /// Whether an account may be removed here.
    pub(super) fn check_removable(&self, id: &str) -> Result<(), Status> {
        let StoredAccounts { profiles, roles } = &self.stored;
        let is_stored =
            profiles.iter().any(|each| each.name == id) || roles.iter().any(|each| each.arn == id);
        if is_stored {
            return Ok(());
        }
        let aws = &self.file.aws;
        let in_file = aws.profiles.iter().enumerate().any(|(at, each)| profile_id(at, each) == id)
            || aws.roles.iter().any(|role| role.arn.to_string() == id);
        if !in_file {
            return Err(unknown(id));
        }
        let message = "it stands in the file: take it out of its section [aws] and restart";
        Err(Failure::new(Code::FailedPrecondition, "ACCOUNT_OF_THE_FILE", message).into())
    }

    fn check_room(&self) -> Result<(), Status> {
        if self.stored.profiles.len() + self.stored.roles.len() < MAX_ACCOUNTS {
            return Ok(());
        }
        let message = format!(
            "{MAX_ACCOUNTS} accounts were added at run time: put more into the file, or read \
             them through [aws.organization]"
        );
        Err(Failure::new(Code::ResourceExhausted, "TOO_MANY_ACCOUNTS", message).into())
    }
}

/// What a profile is called: its name, or its place.
pub(super) fn profile_id(place: usize, profile: &Profile) -> String {
    profile.name.clone().unwrap_or_else(|| format!("profiles[{place}]"))
}

fn exists(message: String) -> Status {
    Failure::new(Code::AlreadyExists, "ACCOUNT_EXISTS", message).into()
}

/// Whether a profile of the file has this access key; one that cannot be read is passed over.
fn has_key(profile: &Profile, id: &str) -> bool {
    let key = profile.access_key.as_ref().and_then(|source| source.read().ok()).flatten();
    key.is_some_and(|key| key.reveal() == id)
}
