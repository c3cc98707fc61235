//! Errors and page tokens as callers see them.

use proptest::prelude::*;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use weir_rpc::status::{Failure, PageToken, Violations, page_size};

#[test]
fn a_failure_has_a_reason_that_programs_can_read() {
    let failure = Failure::new(Code::FailedPrecondition, "NO_INVENTORY", "there is no inventory");
    let status = Status::from(failure.with("ageSeconds", 5));
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.message(), "there is no inventory");
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NO_INVENTORY", "weir"));
    assert_eq!(info.metadata["ageSeconds"], "5");
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let mut violations = Violations::new();
    assert!(violations.clone().into_result().is_ok());
    violations.add("address", "give an IPv4 or IPv6 address");
    violations.add("page_size", "give 0 to 1000");
    let status = violations.into_result().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let expected = "address: give an IPv4 or IPv6 address; page_size: give 0 to 1000";
    assert_eq!(status.message(), expected);
    let fields = status.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<_> = fields.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["address", "page_size"]);
}

#[test]
fn a_page_has_a_size_within_bounds() {
    assert_eq!([0, 7, 5000].map(|asked| page_size(asked, 100, 1000)), [100, 7, 1000]);
}

#[test]
fn a_token_of_another_list_or_query_is_refused() {
    let tokens = PageToken::of("weir.v1.X/List", &["vpc-1", ""]);
    let token = tokens.write("eni-5");
    assert_eq!(tokens.read("").unwrap(), None);
    assert_eq!(tokens.read(&token).unwrap().as_deref(), Some("eni-5"));
    let others = [
        PageToken::of("weir.v1.Y/List", &["vpc-1", ""]),
        PageToken::of("weir.v1.X/List", &["vpc-2", ""]),
        PageToken::of("weir.v1.X/List", &["", "vpc-1"]),
    ];
    for other in others {
        assert_eq!(other.read(&token).unwrap_err().code(), Code::InvalidArgument);
    }
    for foreign in ["x", "0123456789abcdef", "0123456789abcdef0", "é123456789abcdeé", &token[2..]]
    {
        assert_eq!(tokens.read(foreign).unwrap_err().code(), Code::InvalidArgument, "{foreign}");
    }
}

proptest! {
    #[test]
    fn a_token_reads_back_as_it_was_written(cursor in ".{0,100}") {
        let tokens = PageToken::of("weir.v1.X/List", &[]);
        prop_assert_eq!(tokens.read(&tokens.write(&cursor)).unwrap(), Some(cursor));
    }

    #[test]
    fn no_text_is_taken_for_a_token(text in "[0-9a-f]{1,80}|.{1,40}") {
        prop_assert!(PageToken::of("weir.v1.X/List", &[]).read(&text).is_err());
    }
}
