//! Roles that can be assumed.

use std::time::Duration;

/// A role and who may assume it.
#[derive(Clone, Debug)]
pub struct Role {
    pub(crate) arn: String,
    pub(crate) trusted: Vec<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) longest_session: Duration,
}

impl Role {
    /// A role (`arn:aws:iam::222222222222:role/weir`) that every known caller may assume, for
    /// an hour at most.
    ///
    /// # Panics
    /// When `arn` is not the ARN of a role.
    #[must_use]
    pub fn new(arn: &str) -> Self {
        let hour = Duration::from_secs(3600);
        let (arn, trusted) = (arn.to_owned(), Vec::new());
        let role = Self { arn, trusted, external_id: None, longest_session: hour };
        assert!(role.arn.contains(":role/"), "{} is not the ARN of a role", role.arn);
        role
    }

    /// Only callers of these accounts may assume it.
    #[must_use]
    pub fn trusting(mut self, accounts: &[&str]) -> Self {
        self.trusted = accounts.iter().map(ToString::to_string).collect();
        self
    }

    /// Only callers that name this external id may assume it.
    #[must_use]
    pub fn with_external_id(mut self, external_id: &str) -> Self {
        self.external_id = Some(external_id.to_owned());
        self
    }

    /// Sessions may be so long (`MaxSessionDuration`).
    #[must_use]
    pub fn lasting(mut self, longest_session: Duration) -> Self {
        self.longest_session = longest_session;
        self
    }

    /// The account that the role is in.
    pub(crate) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The name, without its path.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// The partition.
    pub(crate) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }

    /// Whether its trust policy lets a caller of `account` in.
    pub(crate) fn admits(&self, account: &str, external_id: Option<&str>) -> bool {
        let is_trusted = self.trusted.is_empty() || self.trusted.iter().any(|one| one == account);
        let is_named = self.external_id.is_none() || self.external_id.as_deref() == external_id;
        is_trusted && is_named
    }
}
