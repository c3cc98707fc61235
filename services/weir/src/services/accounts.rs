//! The accounts that services use: of the file, and those that were added at run time.

use std::sync::Arc;

use weir_aws::{Accounts, AwsConfig, FollowedAccounts};
use weir_control::accounts::{self, AtFirst, FileAccounts};
use weir_store::Store;

use super::store::Settings;
use crate::config::Config;

/// What the file says of accounts.
pub(super) fn of_file(config: &Config) -> FileAccounts {
    FileAccounts {
        aws: config.aws.accounts.clone().unwrap_or_default(),
        is_locked: config.control.locked,
        key_file: config.control.key_file.clone(),
    }
}

/// Follows the accounts; `make` says whose weir's own identity is.
pub(super) fn follow(
    config: &Config,
    store: &Arc<dyn Store>,
    settings: &Settings,
    make: fn(AwsConfig) -> Accounts,
) -> FollowedAccounts {
    let made = (AtFirst::TheFile, make);
    accounts::follow(Arc::clone(store), of_file(config), settings.clone(), made)
}
