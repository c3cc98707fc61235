//! Why an account cannot be read.

use crate::account::Origin;
use crate::arn::RoleArn;
use crate::fault::{AwsFault, FaultKind};
use crate::partition::Partition;
use crate::secret::UnreadableSecret;

/// An account, or a source of accounts, that cannot be read, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct AccountFault {
    /// Twelve digits; `None` where it is not known.
    pub account_id: Option<String>,
    /// How it is configured.
    pub origin: Origin,
    /// Why.
    pub problem: AccountProblem,
}

/// Why an account cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccountProblem {
    /// A profile has a secret and no access key id.
    #[error("it has no access key: give access_key_id or access_key_file")]
    NoAccessKey,
    /// A profile has an access key id and no secret.
    #[error("its access key has no secret: give secret_access_key or secret_access_key_file")]
    NoSecret,
    /// The source of a secret cannot be read.
    #[error("its key cannot be read: {0}")]
    Unreadable(#[source] std::sync::Arc<UnreadableSecret>),
    /// AWS does not say whose credentials these are.
    #[error("its identity cannot be asked for: {0}")]
    NotIdentified(#[source] AwsFault),
    /// The role cannot be assumed.
    #[error("it cannot be assumed: {}", advice_of(.0))]
    NotAssumed(#[source] AwsFault),
    /// weir's own identity, which assumes the roles, cannot be had.
    #[error("weir's own identity, which assumes it, cannot be had: {0}")]
    NoOwnIdentity(#[source] AwsFault),
    /// The role is what weir is already.
    #[error("it is weir's own role and need not be listed: include_own_account reads its account")]
    OwnRole,
    /// The role is in a partition that weir's own identity is not in.
    #[error("it is in the partition {role}, and weir's own identity in {own}: use a profile")]
    OtherPartition {
        /// That of the role.
        role: Partition,
        /// That of weir.
        own: Partition,
    },
    /// Another profile or role is for the same account.
    #[error("account {account_id} is configured already by {first}: give it once")]
    Duplicate {
        /// Twelve digits.
        account_id: String,
        /// The first.
        first: Origin,
    },
    /// The role's session is in another account than its ARN says.
    #[error("assuming it leads to account {found}, not {}", role.account_id())]
    WrongAccount {
        /// The role.
        role: RoleArn,
        /// What GetCallerIdentity says.
        found: String,
    },
    /// The accounts of the organization cannot be listed.
    #[error("its accounts cannot be listed: {0}")]
    NotListed(#[source] AwsFault),
}

impl AccountProblem {
    /// What AWS said, where it was asked.
    pub fn fault(&self) -> Option<&AwsFault> {
        match self {
            Self::NotIdentified(fault)
            | Self::NotAssumed(fault)
            | Self::NoOwnIdentity(fault)
            | Self::NotListed(fault) => Some(fault),
            _ => None,
        }
    }
}

/// AWS answers the same whether the role is missing, its trust is, or the external id is wrong.
fn advice_of(fault: &AwsFault) -> String {
    match fault.kind {
        FaultKind::Denied(_) => {
            format!(
                "{fault}: check that it exists, whom its trust policy names, its external id, and that weir may sts:AssumeRole"
            )
        }
        _ => fault.to_string(),
    }
}
