//! The codes of errors.

use super::FaultKind;
use super::denial::Denial;
use super::kms::KmsFault;

/// Too many calls, in the words of all services
/// (the list of the AWS SDKs and Tools Reference Guide, and what EC2, S3 and SQS add).
const THROTTLED: [&str; 18] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "OverLimit",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "SubscriberThrottled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgressException",
    "Client.RequestLimitExceeded",
];
/// `RequestExpired` is what EC2 says of sessions that have ended.
const EXPIRED: [&str; 5] = [
    "ExpiredCredentials",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];
const UNKNOWN_KEY: [&str; 5] = [
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "UnrecognizedClientException",
];
const WRONG_SECRET: [&str; 3] =
    ["IncompleteSignature", "InvalidSignatureException", "SignatureDoesNotMatch"];
const CLOCK: [&str; 2] = ["RequestInTheFuture", "RequestTimeTooSkewed"];
const DENIED: [&str; 11] = [
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "Forbidden",
    "NotAuthorized",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
];
const NOT_FOUND: [&str; 5] = [
    "AWSOrganizationsNotInUseException",
    "NotFound",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
];
const REGION_DISABLED: [&str; 3] =
    ["OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"];
const TRANSIENT: [&str; 12] = [
    "InternalError",
    "InternalFailure",
    "InternalFailureException",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceException",
    "ServiceUnavailable",
    "Unavailable",
];

/// What the code, the message and the status of an answer mean together.
pub(super) fn kind_of(code: &str, message: &str, status: Option<u16>) -> FaultKind {
    if let Some(kms) = KmsFault::of_code(code) {
        return FaultKind::Kms(kms);
    }
    let is_in = |list: &[&str]| list.contains(&code);
    if is_in(&DENIED) {
        FaultKind::Denied(Denial::of_message(message).into())
    } else if is_in(&THROTTLED) {
        FaultKind::Throttled
    } else if is_in(&EXPIRED) {
        FaultKind::Expired
    } else if is_in(&CLOCK) || is_clock(code, message) {
        FaultKind::ClockSkew
    } else if is_in(&UNKNOWN_KEY) {
        FaultKind::UnknownKey
    } else if is_in(&WRONG_SECRET) {
        FaultKind::WrongSecret
    } else if is_in(&REGION_DISABLED) {
        FaultKind::RegionDisabled
    } else if is_in(&NOT_FOUND) || is_missing(code) {
        FaultKind::NotFound
    } else if is_in(&TRANSIENT) || code.ends_with("ServiceUnavailableException") {
        FaultKind::Transient
    } else {
        of_status(message, status)
    }
}

/// Answers to HEAD have no body, hence neither code nor message.
fn of_status(message: &str, status: Option<u16>) -> FaultKind {
    match status {
        Some(401 | 403) => FaultKind::Denied(Denial::of_message(message).into()),
        Some(404) => FaultKind::NotFound,
        Some(408 | 500..) => FaultKind::Transient,
        Some(429) => FaultKind::Throttled,
        _ => FaultKind::Invalid,
    }
}

/// `InvalidVpcID.NotFound`, `NoSuchBucket`, `OrganizationalUnitNotFoundException`.
fn is_missing(code: &str) -> bool {
    ["NotFound", "NotFoundException", "NonExistentQueue"].iter().any(|end| code.ends_with(end))
        || code.starts_with("NoSuch")
}

/// `Signature expired: 20260101T000000Z is now earlier than …` comes under several codes.
fn is_clock(code: &str, message: &str) -> bool {
    WRONG_SECRET.contains(&code)
        && ["Signature expired", "Signature not yet current"].iter().any(|it| message.contains(it))
}
