//! The accounts of an organization.

use std::collections::HashSet;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account as Listed, AccountState};

use crate::account::Account;
use crate::config::OrganizationConfig;
use crate::fault::{AwsFault, FaultKind, classify};
use crate::role::Role;

/// The most accounts, and the most units, that are listed; the largest organization that AWS
/// documents has 10,000 accounts.
const MAX_ACCOUNTS: usize = 20_000;
const MAX_UNITS: usize = 5_000;

/// The roles in all accounts that are in use, sorted by account.
pub(super) async fn roles(
    config: &OrganizationConfig,
    own: &Account,
) -> Result<Vec<Role>, AwsFault> {
    let client = Client::new(&own.config(own.default_region()));
    let mut accounts = if config.units.is_empty() {
        all_accounts(&client).await?
    } else {
        accounts_below(&client, &config.units).await?
    };
    accounts.sort_by(|one, other| one.id.cmp(&other.id));
    accounts.dedup_by(|one, other| one.id == other.id);
    accounts.retain(|account| !config.exclude.contains(&account.id));
    let role = |account: Member| {
        let arn = config.role.role_of(own.partition(), &account.id)?;
        Some(Role { arn, external_id: config.external_id.clone(), name: account.name })
    };
    Ok(accounts.into_iter().filter_map(role).collect())
}

/// An account that is in use.
struct Member {
    id: String,
    name: Option<String>,
}

impl Member {
    /// `None` for accounts that are suspended, closed or not ready yet.
    fn of(account: &Listed) -> Option<Self> {
        // The state replaces the status; simulators know the status alone.
        let is_active = match account.state() {
            Some(state) => *state == AccountState::Active,
            None => account.status().is_none_or(|status| status.as_str() == "ACTIVE"),
        };
        let id = account.id().filter(|_| is_active)?.to_owned();
        Some(Self { id, name: account.name().map(str::to_owned) })
    }
}

async fn all_accounts(client: &Client) -> Result<Vec<Member>, AwsFault> {
    let (mut pages, mut found) = (client.list_accounts().into_paginator().send(), Vec::new());
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| classify(&error).of_action("organizations:ListAccounts"))?;
        found.extend(page.accounts().iter().filter_map(Member::of));
        within(found.len(), MAX_ACCOUNTS, "accounts")?;
    }
    Ok(found)
}

async fn accounts_below(client: &Client, units: &[String]) -> Result<Vec<Member>, AwsFault> {
    let mut waiting: Vec<String> = units.to_vec();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    while let Some(unit) = waiting.pop() {
        if !seen.insert(unit.clone()) {
            continue;
        }
        within(seen.len(), MAX_UNITS, "organizational units")?;
        found.extend(accounts_of(client, &unit).await?);
        within(found.len(), MAX_ACCOUNTS, "accounts")?;
        waiting.extend(units_of(client, &unit).await?);
    }
    Ok(found)
}

async fn accounts_of(client: &Client, unit: &str) -> Result<Vec<Member>, AwsFault> {
    let action = "organizations:ListAccountsForParent";
    let call = client.list_accounts_for_parent().parent_id(unit);
    let (mut pages, mut found) = (call.into_paginator().send(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| classify(&error).of_action(action))?;
        found.extend(page.accounts().iter().filter_map(Member::of));
        within(found.len(), MAX_ACCOUNTS, "accounts")?;
    }
    Ok(found)
}

async fn units_of(client: &Client, unit: &str) -> Result<Vec<String>, AwsFault> {
    let action = "organizations:ListOrganizationalUnitsForParent";
    let call = client.list_organizational_units_for_parent().parent_id(unit);
    let (mut pages, mut found) = (call.into_paginator().send(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| classify(&error).of_action(action))?;
        found.extend(
            page.organizational_units().iter().filter_map(|each| each.id()).map(str::to_owned),
        );
        within(found.len(), MAX_UNITS, "organizational units")?;
    }
    Ok(found)
}

fn within(count: usize, most: usize, what: &str) -> Result<(), AwsFault> {
    if count <= most {
        return Ok(());
    }
    let message = format!("the organization has more than {most} {what}: give units");
    Err(AwsFault { kind: FaultKind::Invalid, code: None, message, request_id: None })
}
