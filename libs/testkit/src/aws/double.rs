//! The double as a test holds it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::answer::Answer;
use super::call::Call;
use super::identities::Identity;
use super::limit::{Buckets, Limit, Limits};
use super::role::Role;
use super::rule::{Active, Rule};
use super::server;
use super::state::State;
use super::tls;
use crate::background::Background;

/// All services of AWS on one port of 127.0.0.1: plain HTTP/1.1, signatures are not checked.
///
/// A call is answered by the rule that was added last of those that are for it. Where none is,
/// STS answers by itself once keys are known, and all else gets the error `NotScripted`.
///
/// ```
/// use weir_testkit::{AwsDouble, Fault, ec2};
///
/// let aws = AwsDouble::start();
/// let subnets: Vec<_> = (0..5)
///     .map(|at| ec2::Subnet { id: format!("subnet-{at}"), ..ec2::Subnet::default() })
///     .collect();
/// let in_ireland = aws.on("ec2", "DescribeSubnets").in_region("eu-west-1");
/// in_ireland.answer_in_pages(2, ec2::subnets(&subnets));
/// // The first two calls are one too many; rules that are added later go first.
/// aws.on("ec2", "*").times(2).answer(Fault::Throttled);
/// // … clients call `aws.url()` …
/// assert!(aws.calls_of("ec2", "DescribeSubnets").is_empty());
/// ```
#[derive(Debug)]
pub struct AwsDouble {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// Who signed its certificate, as PEM, when it speaks TLS.
    authority: Option<String>,
    _server: Background,
}

impl AwsDouble {
    /// Starts one; it ends when it is dropped.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let served = Arc::clone(&state);
        let (server, address) = Background::listen(move |listener| server::serve(listener, served));
        Self { address, state, authority: None, _server: server }
    }

    /// The same over TLS, and HTTP/2 with clients that can, under a certificate for `localhost`.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start_over_tls() -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let served = Arc::clone(&state);
        let (acceptor, authority) = tls::acceptor();
        let (server, address) =
            Background::listen(move |listener| server::serve_over_tls(listener, acceptor, served));
        Self { address, state, authority: Some(authority), _server: server }
    }

    /// The endpoint for clients of all services.
    #[must_use]
    pub fn url(&self) -> String {
        match self.authority {
            Some(_) => format!("https://localhost:{}", self.address.port()),
            None => format!("http://{}", self.address),
        }
    }

    /// Who signed the certificate of one over TLS, as PEM: for `SSL_CERT_FILE` of a client.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Begins a rule for calls of an operation; `*` is every service or operation.
    pub fn on(&self, service: &str, operation: &str) -> Rule<'_> {
        Rule::new(self, service, operation)
    }

    /// The answer to calls that no rule is for, instead of an error.
    pub fn otherwise(&self, answer: impl Into<Answer>) {
        self.lock().otherwise = Some(answer.into());
    }

    /// Forgets all rules and limits; keys, roles and calls stay.
    pub fn forget_rules(&self) {
        let mut state = self.lock();
        state.rules.clear();
        state.limits.clear();
        state.otherwise = None;
    }

    /// Throttles every account, region and operation of a service.
    pub fn limit(&self, service: &str, limit: Limit) {
        let limits = Limits::OfService(service.to_owned(), limit);
        self.lock().limits.push(Buckets::new(limits));
    }

    /// Throttles every account, region and operation as AWS does, for what a reader calls:
    /// `DescribeNetworkInterfaces` in pages 100 times at once and 20 times a second after that,
    /// `ListStreams` of Kinesis 5 times a second.
    pub fn limit_as_aws_does(&self) {
        self.lock().limits.push(Buckets::new(Limits::OfAws));
    }

    /// Makes a user's access key known. From the first one on, calls with keys that are not
    /// known are refused, and STS answers GetCallerIdentity and AssumeRole.
    pub fn add_user(&self, access_key: &str, account: &str, name: &str) {
        self.add_user_in("aws", access_key, account, name);
    }

    /// The same for a user in a partition: `aws-cn`, `aws-us-gov`.
    pub fn add_user_in(&self, partition: &str, access_key: &str, account: &str, name: &str) {
        let arn = format!("arn:{partition}:iam::{account}:user/{name}");
        let (account, user_id) = (account.to_owned(), format!("AIDADOUBLE{name}"));
        let user = Identity { account, arn, user_id, ends: None };
        self.lock().identities.add(access_key, user);
    }

    /// Makes an access key, also one of a session, unknown: as if it was deleted.
    pub fn remove_key(&self, access_key: &str) {
        self.lock().identities.remove(access_key);
    }

    /// Makes a role known, in the place of the one with the same ARN.
    pub fn add_role(&self, role: Role) {
        let roles = &mut self.lock().identities.roles;
        roles.retain(|other| other.arn != role.arn);
        roles.push(role);
    }

    /// Moves the clock that ends sessions. The double says `Expired` then to clients that
    /// still believe in their credentials.
    pub fn advance(&self, time: Duration) {
        self.lock().offset += time;
    }

    /// All calls so far, in their order (the last 100,000).
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls_of("*", "*")
    }

    /// The calls of an operation; `*` is every service or operation.
    #[must_use]
    pub fn calls_of(&self, service: &str, operation: &str) -> Vec<Call> {
        let state = self.lock();
        state.calls.iter().filter(|call| call.is_of(service, operation)).cloned().collect()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    pub(crate) fn add_rule(&self, rule: Active) {
        self.lock().rules.push_front(rule);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
