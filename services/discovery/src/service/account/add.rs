//! What a request adds, as far as it can be told without others.

use std::ops::RangeInclusive;

use tonic::{Code, Request, Status};
use weir_aws::{ExternalId, Role, RoleArn, account_name, region_code};
use weir_control::accounts::{AccessKey, FileAccounts, SealingKey, StoredProfile, StoredRole};
use weir_rpc::pb;
use weir_rpc::server::Peer;
use weir_rpc::status::{Failure, Violations};

/// Characters of an access key's id
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
const KEY_LENGTHS: RangeInclusive<usize> = 16..=128;

/// Characters of a secret: AWS's have 40.
const SECRET_LENGTHS: RangeInclusive<usize> = 16..=256;

/// The most roles of one request.
const MAX_ROLES: usize = 1000;

/// A profile with its key, which is to be forgotten when the call ends.
pub(super) struct NewProfile {
    pub(super) stored: StoredProfile,
    pub(super) key: AccessKey,
}

/// An access key comes over a protected connection or from this host.
pub(super) fn check_protection<T>(request: &Request<T>) -> Result<(), Status> {
    let is_safe = Peer::of(request)
        .is_none_or(|peer| peer.identity().is_some() || peer.address().ip().is_loopback());
    if is_safe {
        return Ok(());
    }
    let message = "an access key does not travel unprotected: set up mutual TLS in [rpc], or make \
                   this call on the host of discovery";
    Err(Failure::new(Code::FailedPrecondition, "UNPROTECTED_SECRET", message).into())
}

/// Checks and seals a profile. No refusal shows its key.
pub(super) fn profile(
    asked: &pb::AddProfileRequest,
    file: &FileAccounts,
) -> Result<NewProfile, Status> {
    let mut violations = Violations::new();
    if let Err(advice) = account_name(&asked.name) {
        violations.add("name", advice);
    } else if asked.name.starts_with("arn:") || asked.name.starts_with("profiles[") {
        violations.add("name", "does not begin with arn: or profiles[, as other ids do");
    }
    let is_word = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    let id = &asked.access_key_id;
    if !KEY_LENGTHS.contains(&id.len()) || !id.bytes().all(is_word) {
        violations.add("access_key_id", "give 16 to 128 letters and digits, as AWS shows it");
    }
    let secret = &asked.secret_access_key;
    if !SECRET_LENGTHS.contains(&secret.len())
        || !secret.bytes().all(|each| each.is_ascii_graphic())
    {
        violations.add("secret_access_key", "give the 40 characters that AWS has shown once");
    }
    let region = (!asked.region.is_empty()).then(|| region_code(&asked.region)).transpose();
    if let Err(advice) = &region {
        violations.add("region", advice);
    }
    violations.into_result()?;
    let key = AccessKey { id: id.clone(), secret: secret.clone() };
    let sealed = sealing_key(file)?.seal(&asked.name, &key);
    let sealed = sealed.map_err(|error| {
        Status::from(Failure::new(Code::Internal, "CANNOT_SEAL", error.to_string()))
    })?;
    let region = region.ok().flatten();
    Ok(NewProfile { stored: StoredProfile { name: asked.name.clone(), region, sealed }, key })
}

fn sealing_key(file: &FileAccounts) -> Result<SealingKey, Status> {
    let failed = |message| Failure::new(Code::FailedPrecondition, "NO_SEALING_KEY", message);
    let Some(path) = &file.key_file else {
        let message = "there is no key to seal access keys with: make one with `openssl rand \
                       -base64 32 > weir.key`, give it to discovery as key_file in [control], \
                       and restart; or add a role instead";
        return Err(failed(message.to_owned()).into());
    };
    SealingKey::read(path).map_err(|error| failed(format!("the sealing key: {error}")).into())
}

/// The roles of both forms, in their order.
pub(super) fn roles(asked: &pb::AddRolesRequest) -> Result<Vec<Role>, Status> {
    let mut violations = Violations::new();
    let structured = asked.roles.iter().take(MAX_ROLES + 1).enumerate();
    let structured = structured.map(|(at, each)| role(at, each, &mut violations));
    let mut roles: Vec<_> = structured.collect::<Vec<_>>().into_iter().flatten().collect();
    match Role::list(&asked.role_list) {
        Ok(listed) => roles.extend(listed),
        Err(error) => violations.add("role_list", error),
    }
    if asked.roles.len() > MAX_ROLES || roles.len() > MAX_ROLES {
        violations.add("roles", format_args!("too many: give at most {MAX_ROLES}"));
    }
    if violations.is_empty() && roles.is_empty() {
        violations.add("roles", "empty: give roles, or role_list as ARN,external-id");
    }
    violations.into_result().map(|()| roles)
}

fn role(at: usize, asked: &pb::RoleToAdd, violations: &mut Violations) -> Option<Role> {
    let mut refuse = |field: &str, advice: &dyn std::fmt::Display| {
        violations.add(&format!("roles[{at}].{field}"), advice);
    };
    let arn = asked.arn.parse::<RoleArn>();
    if let Err(advice) = &arn {
        refuse("arn", advice);
    }
    let external_id = match asked.external_id.as_str() {
        "" => Ok(None),
        id => id.parse::<ExternalId>().map(Some),
    };
    if let Err(advice) = &external_id {
        refuse("external_id", advice);
    }
    let name = (!asked.name.is_empty()).then(|| account_name(&asked.name)).transpose();
    if let Err(advice) = &name {
        refuse("name", advice);
    }
    Some(Role { arn: arn.ok()?, external_id: external_id.ok()?, name: name.ok()? })
}

/// A role as it is stored.
pub(super) fn stored_role(role: &Role) -> StoredRole {
    StoredRole {
        arn: role.arn.to_string(),
        external_id: role.external_id.as_ref().map(|id| id.as_str().to_owned()),
        name: role.name.clone(),
    }
}
