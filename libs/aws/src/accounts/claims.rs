//! Which account was configured first, and how.

use std::collections::HashMap;

use super::problem::{AccountFault, AccountProblem};
use crate::account::Origin;

/// Who was first for each account.
#[derive(Debug, Default)]
pub(super) struct Claims(HashMap<String, Origin>);

impl Claims {
    /// Claims an account.
    ///
    /// # Errors
    ///
    /// When another was first; it is named.
    pub(super) fn claim(
        &mut self,
        account_id: &str,
        origin: &Origin,
    ) -> Result<(), Box<AccountFault>> {
        if let Some(first) = self.0.get(account_id) {
            let (account_id, first) = (account_id.to_owned(), first.clone());
            return Err(Box::new(AccountFault {
                account_id: Some(account_id.clone()),
                origin: origin.clone(),
                problem: AccountProblem::Duplicate { account_id, first },
            }));
        }
        self.0.insert(account_id.to_owned(), origin.clone());
        Ok(())
    }

    /// Whether somebody has it.
    pub(super) fn has(&self, account_id: &str) -> bool {
        self.0.contains_key(account_id)
    }
}
