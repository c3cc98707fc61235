//! What AWS says about accounts.

use std::time::Duration;

use tonic::{Code, Status};
use weir_aws::{Account, AccountFault, Accounts, AwsConfig, Origin};
use weir_rpc::pb;
use weir_rpc::status::Failure;

/// How long AWS may take: its calls have limits of their own, and there may be many accounts.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for the identity behind each account, as a sweep does.
pub(super) async fn test(config: AwsConfig) -> Result<Vec<pb::AccessResult>, Status> {
    let accounts = Accounts::new(config);
    let resolved = tokio::time::timeout(PATIENCE, accounts.resolve()).await;
    let resolved = resolved.map_err(|_| {
        let seconds = PATIENCE.as_secs();
        let message = format!("AWS did not answer within {seconds} s: test a single account");
        Status::from(Failure::new(Code::DeadlineExceeded, "AWS_SILENT", message))
    })?;
    let reachable = resolved.accounts.iter().map(reachable);
    Ok(reachable.chain(resolved.faults.iter().map(unreachable)).collect())
}

fn reachable(account: &Account) -> pb::AccessResult {
    pb::AccessResult {
        id: id(account.origin()),
        is_reachable: true,
        account_id: account.id().to_owned(),
        caller_arn: account.caller().to_owned(),
        ..pb::AccessResult::default()
    }
}

fn unreachable(fault: &AccountFault) -> pb::AccessResult {
    let said = fault.problem.fault();
    pb::AccessResult {
        id: id(&fault.origin),
        account_id: fault.account_id.clone().unwrap_or_default(),
        kind: said.map_or("invalid", |said| said.kind.name()).to_owned(),
        problem: fault.problem.to_string(),
        ..pb::AccessResult::default()
    }
}

fn id(origin: &Origin) -> String {
    match origin {
        Origin::Profile { name: Some(name), .. } => name.clone(),
        Origin::Role(arn) => arn.to_string(),
        other => other.to_string(),
    }
}
