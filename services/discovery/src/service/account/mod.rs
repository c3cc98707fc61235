//! `weir.v1.AccountService`: the configured accounts.

mod add;
mod book;
mod entry;
mod list;
mod test_access;

use std::sync::Arc;

use tonic::{Code, Request, Response, Status};
use weir_control::accounts::{FileAccounts, StoredAccounts, document};
use weir_control::audit::who;
use weir_control::failures;
use weir_rpc::pb;
use weir_rpc::pb::account_service_server::{AccountService, AccountServiceServer};
use weir_rpc::server::Services;
use weir_rpc::status::{Failure, Violations};
use weir_store::Store;

use crate::orchestration::Sweeper;
use book::Book;

/// What failures call them.
const WHAT: &str = "accounts";

/// Adds the service to a listener.
pub(super) fn with_account_service(
    services: Services,
    store: Arc<dyn Store>,
    file: FileAccounts,
    sweeper: Arc<Sweeper>,
) -> Services {
    let calls = Calls { store, file, sweeper };
    services.with(weir_rpc::limited!(AccountServiceServer::new(calls)))
}

struct Calls {
    store: Arc<dyn Store>,
    file: FileAccounts,
    sweeper: Arc<Sweeper>,
}

#[tonic::async_trait]
impl AccountService for Calls {
    async fn list_accounts(
        &self,
        request: Request<pb::AccountServiceListAccountsRequest>,
    ) -> Result<Response<pb::AccountServiceListAccountsResponse>, Status> {
        let book = self.book().await?;
        list::page(&book, &request.into_inner()).map(Response::new)
    }

    async fn add_profile(
        &self,
        request: Request<pb::AddProfileRequest>,
    ) -> Result<Response<pb::AddProfileResponse>, Status> {
        let who = who(&request);
        self.check_unlocked()?;
        add::check_protection(&request)?;
        let profile = add::profile(request.get_ref(), &self.file)?;
        let key_id = profile.stored.sealed.key_id.clone();
        let change = |stored: &mut StoredAccounts| {
            self.book_of(stored.clone()).check_profile(&profile)?;
            stored.profiles.push(profile.stored.clone());
            Ok(())
        };
        self.update(change).await?;
        let account = profile.stored.name.as_str();
        tracing::info!(target: "audit", who, account, key_id, "a profile was added");
        let account = Some(entry::of_stored_profile(&profile.stored, None));
        Ok(Response::new(pb::AddProfileResponse { account }))
    }

    async fn add_roles(
        &self,
        request: Request<pb::AddRolesRequest>,
    ) -> Result<Response<pb::AddRolesResponse>, Status> {
        let who = who(&request);
        self.check_unlocked()?;
        let roles = add::roles(request.get_ref())?;
        let plan = self.sweeper.last_plan();
        let change = |stored: &mut StoredAccounts| {
            for role in &roles {
                self.book_of(stored.clone()).check_role(role, plan.as_deref())?;
                stored.roles.push(add::stored_role(role));
            }
            Ok(())
        };
        self.update(change).await?;
        for role in &roles {
            tracing::info!(target: "audit", who, account = %role.arn, "a role was added");
        }
        let accounts = roles.iter().map(|role| entry::of_role(role, true)).collect();
        Ok(Response::new(pb::AddRolesResponse { accounts }))
    }

    async fn remove_account(
        &self,
        request: Request<pb::RemoveAccountRequest>,
    ) -> Result<Response<pb::RemoveAccountResponse>, Status> {
        let who = who(&request);
        self.check_unlocked()?;
        let id = request.into_inner().id;
        let change = |stored: &mut StoredAccounts| {
            self.book_of(stored.clone()).check_removable(&id)?;
            stored.profiles.retain(|profile| profile.name != id);
            stored.roles.retain(|role| role.arn != id);
            Ok(())
        };
        self.update(change).await?;
        tracing::info!(target: "audit", who, account = id, "an account was removed");
        Ok(Response::new(pb::RemoveAccountResponse {}))
    }

    async fn test_access(
        &self,
        request: Request<pb::TestAccessRequest>,
    ) -> Result<Response<pb::TestAccessResponse>, Status> {
        let book = self.book().await?;
        let config = book.config_of(&request.into_inner().id)?;
        let results = test_access::test(config).await?;
        Ok(Response::new(pb::TestAccessResponse { results }))
    }
}

impl Calls {
    /// All accounts as they are configured now.
    async fn book(&self) -> Result<Book<'_>, Status> {
        let stored = document().read(&*self.store).await;
        let stored = stored.map_err(|error| failures::of_store(WHAT, &error))?;
        Ok(self.book_of(stored.value))
    }

    fn book_of(&self, stored: StoredAccounts) -> Book<'_> {
        Book { file: &self.file, stored }
    }

    /// Changes what is stored; somebody else's change at the same time is not lost.
    async fn update(
        &self,
        change: impl FnMut(&mut StoredAccounts) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let updated = document().update(&*self.store, None, change).await;
        updated.map(drop).map_err(|error| failures::of_update(WHAT, error))
    }

    fn check_unlocked(&self) -> Result<(), Status> {
        if !self.file.is_locked {
            return Ok(());
        }
        let message = "the file is authoritative: add the account to its section [aws] and \
                       restart, or take `locked = true` out of its section [control]";
        Err(Failure::new(Code::FailedPrecondition, "ACCOUNTS_LOCKED", message).into())
    }
}

/// An account that is not configured.
fn unknown(id: &str) -> Status {
    if id.is_empty() {
        return Violations::of("id", "empty: give the id of an account, as it is listed").into();
    }
    let shown: String = id.chars().take(200).collect();
    let message = format!("{shown:?} is not configured: ListAccounts has the ids of all that are");
    Failure::new(Code::NotFound, "NO_SUCH_ACCOUNT", message).into()
}
