//! What errors mean, whatever service gives them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use proptest::prelude::*;
use weir_aws::{AwsFault, DenyingPolicy, FaultKind, KmsFault, classify};

fn fault(status: u16, code: &str, message: &str) -> AwsFault {
    let meta = ErrorMetadata::builder();
    let meta = if code.is_empty() { meta } else { meta.code(code) };
    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
    response.headers_mut().insert("x-amzn-requestid", "request-1");
    classify(&SdkError::service_error(meta.message(message).build(), response))
}

fn kind(status: u16, code: &str) -> FaultKind {
    fault(status, code, "").kind
}

#[test]
fn codes_of_all_services_have_one_meaning() {
    for (code, expected) in [
        ("RequestLimitExceeded", "throttled"),
        ("ProvisionedThroughputExceededException", "throttled"),
        ("SlowDown", "throttled"),
        ("RequestThrottled", "throttled"),
        ("ExpiredToken", "expired"),
        ("ExpiredTokenException", "expired"),
        ("RequestExpired", "expired"),
        ("AuthFailure", "unknown_key"),
        ("UnrecognizedClientException", "unknown_key"),
        ("InvalidClientTokenId", "unknown_key"),
        ("SignatureDoesNotMatch", "wrong_secret"),
        ("RequestTimeTooSkewed", "clock_skew"),
        ("OptInRequired", "region_disabled"),
        ("RegionDisabledException", "region_disabled"),
        ("NoSuchBucket", "not_found"),
        ("ResourceNotFoundException", "not_found"),
        ("InvalidVpcID.NotFound", "not_found"),
        ("AWS.SimpleQueueService.NonExistentQueue", "not_found"),
        ("UnauthorizedOperation", "denied"),
        ("AccessDeniedException", "denied"),
        ("KMSDisabledException", "kms"),
        ("InternalFailure", "transient"),
        ("ServiceUnavailableException", "transient"),
        ("ValidationError", "invalid"),
    ] {
        assert_eq!(kind(400, code).name(), expected, "{code}");
    }
}

#[test]
fn an_answer_without_a_code_means_what_its_status_does() {
    for (status, expected) in [
        (403, "denied"),
        (404, "not_found"),
        (429, "throttled"),
        (500, "transient"),
        (503, "transient"),
        (400, "invalid"),
    ] {
        assert_eq!(kind(status, "").name(), expected, "{status}");
    }
}

#[test]
fn keys_of_kms_have_one_name_for_each_fault() {
    for code in ["KMSDisabledException", "KmsDisabled", "KMS.DisabledException"] {
        assert_eq!(kind(400, code), FaultKind::Kms(KmsFault::Disabled), "{code}");
    }
    assert_eq!(kind(400, "KMSNotFoundException"), FaultKind::Kms(KmsFault::NotFound));
    assert_eq!(kind(400, "KMSOptInRequired"), FaultKind::Kms(KmsFault::OptInRequired));
    assert_eq!(kind(400, "KmsInvalidState"), FaultKind::Kms(KmsFault::InvalidState));
    assert!(fault(400, "KMSThrottlingException", "").is_retryable());
    let other = FaultKind::Kms(KmsFault::Other("Odd".to_owned()));
    assert_eq!(kind(400, "KMSOddException"), other);
}

#[test]
fn a_denial_names_the_action_the_resource_and_whose_policy_it_is() {
    let message = "You are not authorized to perform this operation. User: \
        arn:aws:sts::111111111111:assumed-role/weir/session policy is not authorized to perform: \
        ec2:DescribeFlowLogs because no identity-based policy allows the ec2:DescribeFlowLogs \
        action. Encoded authorization failure message: aGVsbG8";
    let denied = fault(403, "UnauthorizedOperation", message);
    assert_eq!(denied.denied_action(), Some("ec2:DescribeFlowLogs"));
    assert!(!denied.closes_region());
    assert!(!denied.message.contains("aGVsbG8"));
    assert_eq!(denied.request_id.as_deref(), Some("request-1"));
    assert_eq!(
        denied.to_string(),
        "ec2:DescribeFlowLogs is denied: no policy of weir's user or role allows it"
    );

    let message = "User: arn:aws:iam::111111111111:user/weir is not authorized to perform: \
        sqs:ReceiveMessage on resource: arn:aws:sqs:eu-west-1:222222222222:q because no \
        resource-based policy allows the sqs:ReceiveMessage action";
    let FaultKind::Denied(denial) = fault(403, "AccessDenied", message).kind else { panic!() };
    assert_eq!(denial.resource.as_deref(), Some("arn:aws:sqs:eu-west-1:222222222222:q"));
    assert_eq!(denial.policy, DenyingPolicy::Resource);
}

#[test]
fn a_region_closed_by_policy_or_not_opted_in_to_is_excluded() {
    let message = "You are not authorized to perform this operation. User: x is not authorized \
        to perform: ec2:DescribeVpcs with an explicit deny in a service control policy";
    let closed = fault(403, "UnauthorizedOperation", message);
    assert!(closed.closes_region());
    assert_eq!(closed.denied_action(), Some("ec2:DescribeVpcs"));
    assert!(fault(401, "AuthFailure", "").closes_region());
    assert!(fault(403, "OptInRequired", "").closes_region());
    assert!(!fault(503, "RequestLimitExceeded", "").closes_region());
}

#[test]
fn a_denial_without_an_action_is_of_the_call_that_was_made() {
    let denied = fault(403, "AccessDenied", "Access Denied");
    assert_eq!(denied.denied_action(), None);
    let denied = denied.of_action("s3:GetBucketNotification");
    assert_eq!(denied.denied_action(), Some("s3:GetBucketNotification"));
}

#[test]
fn the_network_is_transient_and_says_why() {
    let refused = std::io::Error::other("connection refused");
    let error = SdkError::<ErrorMetadata, HttpResponse>::dispatch_failure(ConnectorError::io(
        refused.into(),
    ));
    let fault = classify(&error);
    assert!(fault.is_retryable());
    assert!(fault.to_string().contains("connection refused"), "{fault}");
}

proptest! {
    #[test]
    fn no_error_breaks_the_classification(
        status in 200_u16..600, code in "\\PC{0,40}", message in "\\PC{0,600}",
    ) {
        let fault = fault(status, &code, &message);
        prop_assert!(fault.message.chars().count() <= 400);
        prop_assert!(!fault.to_string().contains(char::is_control));
    }

    #[test]
    fn the_action_is_found_whoever_calls_and_whatever_follows(
        user in "[a-zA-Z0-9:/ _.-]{0,60}",
        action in "[a-z0-9-]{1,20}:[A-Z][A-Za-z]{1,40}",
        rest in "( on resource: [!-~]{1,80}| because .{0,60}| with an explicit deny.{0,20})?",
    ) {
        prop_assume!(!user.contains("perform"));
        let message = format!("User: {user} is not authorized to perform: {action}{rest}");
        let fault = fault(403, "AccessDenied", &message);
        prop_assert_eq!(fault.denied_action(), Some(action.as_str()));
    }
}
