//! What the message of a denied call says.

use std::fmt;

/// What introduces the action in every message of IAM
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>).
const ACTION: &str = "is not authorized to perform: ";
const RESOURCE: &str = " on resource: ";

/// The most octets of an action and of a resource that are kept.
const MAX_ACTION: usize = 128;
const MAX_RESOURCE: usize = 512;

/// A call that a policy does not allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Denial {
    /// The action, such as `ec2:DescribeSubnets`; `None` where the service does not say.
    pub action: Option<String>,
    /// The ARN of what it was for; `None` where the service does not say.
    pub resource: Option<String>,
    /// Whose policy it is.
    pub policy: DenyingPolicy,
    /// Whether a policy denies it, instead of none allowing it.
    pub is_explicit: bool,
}

/// The kinds of policies that deny calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DenyingPolicy {
    /// The service does not say.
    #[default]
    Unknown,
    /// A policy of the user or role that called.
    Identity,
    /// The policy of the resource: a bucket, a queue, a key, a role's trust.
    Resource,
    /// The boundary of the user's or role's permissions.
    Boundary,
    /// A policy of the session.
    Session,
    /// A service control policy of the organization: it closes actions or regions for accounts.
    ServiceControl,
    /// A resource control policy of the organization.
    ResourceControl,
    /// The policy of an endpoint in a VPC.
    Endpoint,
}

/// How messages name policies.
const POLICIES: [(&str, DenyingPolicy); 8] = [
    ("service control policy", DenyingPolicy::ServiceControl),
    ("resource control policy", DenyingPolicy::ResourceControl),
    ("permissions boundary", DenyingPolicy::Boundary),
    ("session policy", DenyingPolicy::Session),
    ("VPC endpoint policy", DenyingPolicy::Endpoint),
    ("resource-based policy", DenyingPolicy::Resource),
    ("role trust policy", DenyingPolicy::Resource),
    ("identity-based policy", DenyingPolicy::Identity),
];

impl Denial {
    /// Reads a message such as `User: … is not authorized to perform: ec2:DescribeVpcs because
    /// no identity-based policy allows the ec2:DescribeVpcs action`.
    pub(crate) fn of_message(message: &str) -> Self {
        let rest = message.split_once(ACTION).map(|(_, rest)| rest);
        let action = rest.and_then(first_word).filter(|word| is_action(word));
        let resource = rest.and_then(|rest| rest.split_once(RESOURCE));
        let resource = resource.and_then(|(_, rest)| first_word(rest));
        let resource = resource.filter(|word| word.len() <= MAX_RESOURCE);
        // Before it stand names that people chose; after it a policy is named.
        let reason = rest.unwrap_or(message);
        let policy = POLICIES.into_iter().find(|(name, _)| reason.contains(name));
        Self {
            action: action.map(str::to_owned),
            resource: resource.map(str::to_owned),
            policy: policy.map(|(_, policy)| policy).unwrap_or_default(),
            is_explicit: reason.contains("explicit deny"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Some(action) => write!(f, "{action} is denied")?,
            None => f.write_str("access is denied")?,
        }
        if let Some(resource) = &self.resource {
            write!(f, " on {resource}")?;
        }
        let policy = match self.policy {
            DenyingPolicy::Unknown => return Ok(()),
            DenyingPolicy::Identity => "policy of weir's user or role",
            DenyingPolicy::Resource => "policy of the resource",
            DenyingPolicy::Boundary => "permissions boundary",
            DenyingPolicy::Session => "policy of the session",
            DenyingPolicy::ServiceControl => "service control policy of the organization",
            DenyingPolicy::ResourceControl => "resource control policy of the organization",
            DenyingPolicy::Endpoint => "policy of a VPC endpoint",
        };
        if self.is_explicit {
            write!(f, ": a {policy} denies it")
        } else {
            write!(f, ": no {policy} allows it")
        }
    }
}

fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next().map(|word| word.trim_end_matches(['.', ',', ';']))
}

/// Whether it is `service:Operation`.
fn is_action(word: &str) -> bool {
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    word.len() <= MAX_ACTION
        && word.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name))
}
