//! The section `[aws]`.

mod connection;
mod organization;
mod profile;
mod role;

use std::time::Duration;

use weir_runtime::config::{DurationRange, Section};

pub use connection::{Connection, Endpoints, KNOWN_SERVICES};
pub use organization::{OrganizationConfig, RoleTemplate};
pub use profile::Profile;

use crate::partition::Partition;
use crate::regions::RegionFilter;
use crate::role::Role;

/// How long a session of a role may last
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const SESSION_DURATIONS: DurationRange =
    DurationRange { least: Duration::from_secs(900), most: Duration::from_secs(43_200) };

/// Which accounts weir reads, and how it reaches AWS.
///
/// With neither profiles, roles nor an organization it is the account of the default chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsConfig {
    /// Access keys, each of an account.
    pub profiles: Vec<Profile>,
    /// Roles, each of an account. They are assumed by weir's own identity, which the default
    /// chain finds.
    pub roles: Vec<Role>,
    /// The accounts of an organization.
    pub organization: Option<OrganizationConfig>,
    /// Whether weir's own account is read too where roles or an organization are configured.
    /// Default: true.
    pub include_own_account: bool,
    /// How long sessions of roles last; 1 hour where STS refuses more. Default: 1 h.
    pub session_duration: Duration,
    /// The partition of weir's own identity, and of profiles without a region.
    pub partition: Partition,
    /// The default region of roles, of the organization and of weir's own account; otherwise
    /// what the default chain says, and the partition's.
    pub region: Option<String>,
    /// Which regions are read.
    pub regions: RegionFilter,
    /// How AWS is reached.
    pub connection: Connection,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self {
            profiles: Vec::new(),
            roles: Vec::new(),
            organization: None,
            include_own_account: true,
            session_duration: Duration::from_secs(3600),
            partition: Partition::default(),
            region: None,
            regions: RegionFilter::default(),
            connection: Connection::default(),
        }
    }
}

impl AwsConfig {
    /// Takes the known keys out of `[aws]`. Problems are reported to the section.
    pub fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let profiles = section.sections("profiles", profile::read).unwrap_or_default();
        let roles = section.sections("roles", role::read).unwrap_or_default();
        let listed = section.text("role_list", Role::list).unwrap_or_default();
        let switch = section.switch("include_own_account");
        let duration = section.duration("session_duration", &SESSION_DURATIONS);
        Self {
            profiles: profiles.into_iter().flatten().collect(),
            roles: roles.into_iter().flatten().chain(listed).collect(),
            organization: section.section("organization", organization::read),
            include_own_account: switch.unwrap_or(default.include_own_account),
            session_duration: duration.unwrap_or(default.session_duration),
            partition: section.text("partition", str::parse).unwrap_or_default(),
            region: section.text("region", region_code),
            regions: section.section("regions", filter),
            connection: Connection::read(section),
        }
    }

    /// Whether weir's own identity is needed.
    pub(crate) fn needs_own_identity(&self) -> bool {
        self.profiles.is_empty() || self.has_roles()
    }

    /// Whether anything is reached by assuming roles.
    pub(crate) fn has_roles(&self) -> bool {
        !self.roles.is_empty() || self.organization.is_some()
    }

    /// Whether weir's own account is read.
    pub(crate) fn reads_own_account(&self) -> bool {
        if self.has_roles() { self.include_own_account } else { self.profiles.is_empty() }
    }
}

fn filter(section: &mut Section<'_>) -> RegionFilter {
    let allow = section.texts("allow", region_code).unwrap_or_default();
    RegionFilter { allow, deny: section.texts("deny", region_code).unwrap_or_default() }
}

/// A region's code. Which there are, AWS says: new ones come.
///
/// # Errors
///
/// What to give, when it does not look like one.
pub fn region_code(text: &str) -> Result<String, &'static str> {
    let is_allowed = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
    let parts: Vec<_> = text.split('-').collect();
    let are_good = parts.iter().all(|part| !part.is_empty() && part.bytes().all(is_allowed));
    let is_region = (3..=5).contains(&parts.len()) && text.len() <= 32 && are_good;
    is_region.then(|| text.to_owned()).ok_or("give a region's code, such as eu-west-1")
}

/// A name for people.
///
/// # Errors
///
/// What to give, when it is none.
pub fn account_name(text: &str) -> Result<String, &'static str> {
    let is_good = (1..=128).contains(&text.chars().count()) && !text.contains(char::is_control);
    is_good.then(|| text.to_owned()).ok_or("give a name of 1 to 128 characters")
}
