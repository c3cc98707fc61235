//! Accounts that people add at run time.
//!
//! Roles are stored as they are: an ARN is no secret, nor is an external id. Access keys are
//! sealed with the key of a file that the store does not have; only who has both can use them.

#[cfg(feature = "aws")]
mod counting;
#[cfg(feature = "aws")]
mod follow;
mod sealing;
mod stored;

#[cfg(feature = "aws")]
pub use counting::FileAccounts;
#[cfg(feature = "aws")]
pub use follow::{AtFirst, follow};
pub use sealing::{AccessKey, CannotOpen, Sealed, SealingKey, UnusableKey};
pub use stored::{StoredAccounts, StoredProfile, StoredRole, document};
