//! Accounts, credentials, assumed roles, clients, and what errors of AWS mean.
//!
//! - [`AwsConfig`]: the section `[aws]`.
//! - [`Accounts::resolve`]: each configured account with its id and credentials, and one clear
//!   [`AccountFault`] for each that cannot be had, while the others go on.
//! - [`AccessAccounts`]: the one whose credentials something is read with.
//! - [`Account::config`]: what clients of any service are made from.
//! - [`classify`]: what an error of any service means, and [`classify_event`] one in a stream.

mod account;
mod accounts;
mod arn;
mod base;
mod config;
mod fault;
mod kept;
mod partition;
mod regions;
mod role;
mod secret;
mod session;

pub use account::{Account, Origin};
pub use accounts::{
    Access, AccessAccounts, AccessFault, AccountFault, AccountProblem, Accounts, FollowedAccounts,
    Resolution,
};
pub use arn::{InvalidRoleArn, RoleArn};
pub use config::{
    AwsConfig, Connection, Endpoints, KNOWN_SERVICES, OrganizationConfig, Profile, RoleTemplate,
    SESSION_DURATIONS, account_name, region_code,
};
pub use fault::{AwsFault, Denial, DenyingPolicy, FaultKind, KmsFault, classify, classify_event};
pub use partition::Partition;
pub use regions::{FoundRegion, LeftOut, LeftOutRegion, RegionFilter, RegionPlan};
pub use role::{ExternalId, InvalidRoles, Role};
pub use secret::{Secret, SecretSource, UnreadableSecret};
