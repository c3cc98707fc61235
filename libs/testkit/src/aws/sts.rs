//! What STS answers once the double knows keys.

use jiff::{SignedDuration, Timestamp};

use super::answer::Answer;
use super::call::Call;
use super::identities::{Identities, Identity};
use super::role::Role;
use crate::xml::Xml;

/// Bounds of a session in seconds: the shortest, the default, the longest of a chained role
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const SHORTEST: u64 = 900;
const HOUR: u64 = 3600;

/// The answer to a call of STS; `None` for others, and when `caller` is not known.
pub(crate) fn answer(
    identities: &mut Identities,
    call: &Call,
    caller: Option<&Identity>,
    now: Timestamp,
) -> Option<Answer> {
    let caller = caller?;
    if call.is_of("sts", "GetCallerIdentity") {
        return Some(Answer::xml(described(caller)));
    }
    call.is_of("sts", "AssumeRole").then(|| assume(identities, call, caller, now))
}

fn described(caller: &Identity) -> Xml {
    let inner = Xml::new().leaf("Arn", &caller.arn).leaf("UserId", &caller.user_id);
    inner.leaf("Account", &caller.account)
}

fn assume(identities: &mut Identities, call: &Call, caller: &Identity, now: Timestamp) -> Answer {
    let arn = call.parameter("RoleArn").unwrap_or_default();
    let external_id = call.parameter("ExternalId");
    let admits = |role: &&Role| role.arn == arn && role.admits(&caller.account, external_id);
    // A role that is not there is refused in the same words, so that nobody learns which are.
    let Some(role) = identities.roles.iter().find(admits).cloned() else {
        let action = "is not authorized to perform: sts:AssumeRole on resource";
        let message = format!("User: {} {action}: {arn}", caller.arn);
        return Answer::error("AccessDenied", &message).with_status(403);
    };
    let seconds = call.number("DurationSeconds").unwrap_or(HOUR);
    if let Some(problem) = wrong_duration(seconds, &role, caller) {
        return Answer::error("ValidationError", &problem);
    }
    let session = call.parameter("RoleSessionName").unwrap_or_default();
    let ends = SignedDuration::from_secs(seconds.cast_signed());
    let ends = now.checked_add(ends).expect("a session ends in our time");
    let key = identities.next_key();
    let identity = session_of(&role, session, ends);
    let answer = Answer::xml(granted(&key, &identity));
    identities.add(&key, identity);
    answer
}

/// What is wrong with the length of a session.
fn wrong_duration(seconds: u64, role: &Role, caller: &Identity) -> Option<String> {
    let is_chained = caller.ends.is_some();
    let exceeds = "The requested DurationSeconds exceeds the";
    if seconds < SHORTEST {
        return Some(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to \
             satisfy constraint: Member must have value greater than or equal to {SHORTEST}"
        ));
    }
    if is_chained && seconds > HOUR {
        return Some(format!("{exceeds} 1 hour session limit for roles assumed by role chaining."));
    }
    let is_longer = seconds > role.longest_session.as_secs();
    is_longer.then(|| format!("{exceeds} MaxSessionDuration set for this role."))
}

fn session_of(role: &Role, session: &str, ends: Timestamp) -> Identity {
    let (partition, account, name) = (role.partition(), role.account(), role.name());
    Identity {
        account: account.to_owned(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"),
        user_id: format!("AROADOUBLE{name}:{session}"),
        ends: Some(ends),
    }
}

fn granted(key: &str, identity: &Identity) -> Xml {
    let credentials = Xml::new()
        .leaf("AccessKeyId", key)
        .leaf("SecretAccessKey", "secret")
        .leaf("SessionToken", format!("token-of-{key}"))
        .maybe("Expiration", identity.ends.map(|ends| ends.strftime("%Y-%m-%dT%H:%M:%SZ")));
    let user = Xml::new().leaf("AssumedRoleId", &identity.user_id).leaf("Arn", &identity.arn);
    Xml::new().nest("Credentials", &credentials).nest("AssumedRoleUser", &user)
}
