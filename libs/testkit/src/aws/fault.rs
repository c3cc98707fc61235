//! What AWS refuses, by name.

use super::protocol::Protocol;

/// A refusal that each service words in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too many calls: `RequestLimitExceeded` of EC2, `SlowDown` of S3 and so on.
    Throttled,
    /// The session of the caller has ended.
    Expired,
    /// The access key id is not known; also what services answer in a region that the account
    /// has not opted in to (<https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>).
    UnknownKey,
    /// A policy does not allow an action such as `ec2:DescribeSubnets`.
    Denied {
        /// The action.
        action: String,
        /// How AWS goes on: `because no identity-based policy allows the … action`.
        why: String,
    },
    /// A key of KMS that cannot be used: the exception is one such as `KMSDisabledException`,
    /// `KMSAccessDeniedException`, `KMSInvalidStateException`, `KMSNotFoundException`,
    /// `KMSOptInRequired` or `KMSThrottlingException`. Services but Kinesis put a dot after `KMS`.
    Kms(String),
    /// AWS failed: status 500.
    Internal,
    /// AWS is not there: status 503.
    Unavailable,
}

/// An error as one protocol and service words it.
pub(crate) struct Wording {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Fault {
    /// [`Fault::Denied`] by a policy of the caller that does not allow `action`.
    #[must_use]
    pub fn denied(action: &str) -> Self {
        let why = format!("because no identity-based policy allows the {action} action");
        Self::Denied { action: action.to_owned(), why }
    }

    /// [`Fault::Denied`] by a service control policy of the organization, as for regions that
    /// it closes.
    #[must_use]
    pub fn closed_by_policy(action: &str) -> Self {
        let why = "with an explicit deny in a service control policy".to_owned();
        Self::Denied { action: action.to_owned(), why }
    }

    /// [`Fault::Kms`] of an exception.
    #[must_use]
    pub fn kms(exception: &str) -> Self {
        Self::Kms(exception.to_owned())
    }

    pub(crate) fn wording(&self, service: &str, protocol: Protocol) -> Wording {
        match self {
            Self::Throttled => throttled(service, protocol),
            Self::Expired => expired(protocol),
            Self::UnknownKey => unknown_key(protocol),
            Self::Denied { action, why } => denied(protocol, action, why),
            Self::Kms(exception) => kms(service, exception),
            Self::Internal => wording(500, internal(protocol), "an internal error has occurred"),
            Self::Unavailable => wording(503, unavailable(protocol), "please try again"),
        }
    }
}

fn wording(status: u16, code: &str, message: &str) -> Wording {
    Wording { status, code: code.to_owned(), message: message.to_owned() }
}

fn throttled(service: &str, protocol: Protocol) -> Wording {
    match (protocol, service) {
        (Protocol::Ec2, _) => wording(503, "RequestLimitExceeded", "Request limit exceeded."),
        (Protocol::Query, _) => wording(400, "Throttling", "Rate exceeded"),
        (Protocol::RestXml, _) => wording(503, "SlowDown", "Please reduce your request rate."),
        (Protocol::Json, "kinesis") => wording(400, "LimitExceededException", "Rate exceeded"),
        (Protocol::Json, "sqs") => wording(400, "RequestThrottled", "Rate exceeded"),
        (Protocol::Json, "organizations") => {
            wording(400, "TooManyRequestsException", "Rate exceeded")
        }
        (Protocol::Json | Protocol::Cbor, _) => {
            wording(400, "ThrottlingException", "Rate exceeded")
        }
    }
}

fn expired(protocol: Protocol) -> Wording {
    let message = "The security token included in the request is expired";
    match protocol {
        Protocol::Ec2 => wording(400, "RequestExpired", "Request has expired."),
        Protocol::Query => wording(403, "ExpiredToken", message),
        Protocol::RestXml => wording(400, "ExpiredToken", "The provided token has expired."),
        Protocol::Json | Protocol::Cbor => wording(400, "ExpiredTokenException", message),
    }
}

fn unknown_key(protocol: Protocol) -> Wording {
    let message = "The security token included in the request is invalid";
    let not_validated = "AWS was not able to validate the provided access credentials";
    let not_there = "The AWS Access Key Id you provided does not exist in our records.";
    match protocol {
        Protocol::Ec2 => wording(401, "AuthFailure", not_validated),
        Protocol::Query => wording(403, "InvalidClientTokenId", message),
        Protocol::RestXml => wording(403, "InvalidAccessKeyId", not_there),
        Protocol::Json | Protocol::Cbor => wording(400, "UnrecognizedClientException", message),
    }
}

fn denied(protocol: Protocol, action: &str, why: &str) -> Wording {
    let user = "arn:aws:iam::111111111111:user/double";
    let message = format!("User: {user} is not authorized to perform: {action} {why}");
    match protocol {
        Protocol::Ec2 => wording(403, "UnauthorizedOperation", &ec2(&message)),
        Protocol::Query | Protocol::RestXml => wording(403, "AccessDenied", &message),
        Protocol::Json | Protocol::Cbor => wording(400, "AccessDeniedException", &message),
    }
}

fn ec2(message: &str) -> String {
    format!("You are not authorized to perform this operation. {message}")
}

fn kms(service: &str, exception: &str) -> Wording {
    let dotted = exception.replacen("KMS", "KMS.", 1);
    let code = if service == "kinesis" { exception } else { &dotted };
    wording(400, code, "The key of KMS cannot be used.")
}

fn internal(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Query | Protocol::Json | Protocol::Cbor => "InternalFailure",
        Protocol::Ec2 | Protocol::RestXml => "InternalError",
    }
}

fn unavailable(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Ec2 => "Unavailable",
        Protocol::Query | Protocol::RestXml => "ServiceUnavailable",
        Protocol::Json | Protocol::Cbor => "ServiceUnavailableException",
    }
}
