//! Sessions of assumed roles.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::Client;

use crate::account::Account;
use crate::fault::{AwsFault, FaultKind};
use crate::role::Role;

/// The longest session of a role that was assumed with a session of a role, and the shortest
/// limit that a role can have
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>).
const HOUR: Duration = Duration::from_secs(3600);

/// The name of weir's sessions in CloudTrail.
const SESSION_NAME: &str = "weir";

/// Sessions of one role.
#[derive(Debug)]
pub(crate) struct RoleSessions {
    own: Account,
    client: Client,
    role: Role,
    duration: Duration,
    /// Whether STS refused [`RoleSessions::duration`].
    is_limited: AtomicBool,
}

impl RoleSessions {
    /// `own` assumes the role.
    pub(crate) fn new(own: &Account, role: Role, duration: Duration) -> Self {
        let (own, client) = (own.clone(), Client::new(&own.config(own.default_region())));
        Self { own, client, role, duration, is_limited: AtomicBool::new(false) }
    }

    async fn session(&self) -> Result<Credentials, AwsFault> {
        if self.is_limited.load(Ordering::Relaxed) {
            return self.assume(HOUR).await;
        }
        match self.assume(self.duration).await {
            Err(fault) if self.duration > HOUR && is_of_duration(&fault) => {
                let (role, seconds) = (&self.role.arn, self.duration.as_secs());
                tracing::warn!(%role, seconds, %fault, "sessions of the role last 1 hour instead");
                let session = self.assume(HOUR).await?;
                self.is_limited.store(true, Ordering::Relaxed);
                Ok(session)
            }
            result => result,
        }
    }

    async fn assume(&self, duration: Duration) -> Result<Credentials, AwsFault> {
        let external_id = self.role.external_id.as_ref().map(|id| id.as_str().to_owned());
        let seconds = i32::try_from(duration.as_secs()).unwrap_or(i32::MAX);
        let call = || {
            let call = self.client.assume_role().role_session_name(SESSION_NAME);
            let call = call.role_arn(self.role.arn.to_string()).duration_seconds(seconds);
            call.set_external_id(external_id.clone()).send()
        };
        let answer = self.own.with_fresh_credentials(call).await;
        let answer = answer.map_err(|fault| fault.of_action("sts:AssumeRole"))?;
        let session = answer.credentials().ok_or_else(no_session)?;
        let mut credentials = Credentials::builder()
            .access_key_id(session.access_key_id())
            .secret_access_key(session.secret_access_key())
            .session_token(session.session_token())
            .provider_name("weir");
        credentials.set_expiry(SystemTime::try_from(*session.expiration()).ok());
        Ok(credentials.build())
    }
}

impl ProvideCredentials for RoleSessions {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let session = async { self.session().await.map_err(CredentialsError::provider_error) };
        future::ProvideCredentials::new(session)
    }
}

/// `The requested DurationSeconds exceeds the MaxSessionDuration set for this role.` and `… the
/// 1 hour session limit for roles assumed by role chaining.`
fn is_of_duration(fault: &AwsFault) -> bool {
    fault.kind == FaultKind::Invalid && fault.message.contains("DurationSeconds")
}

fn no_session() -> AwsFault {
    let message = "STS granted a session without credentials".to_owned();
    AwsFault { kind: FaultKind::Invalid, code: None, message, request_id: None }
}
