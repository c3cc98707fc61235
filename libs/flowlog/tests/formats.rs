//! Log formats: lists of fields, header lines and AWS's defaults.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use weir_flowlog::{Field, FormatError, LogFormat, MAX_COLUMNS, MAX_LINE_LENGTH};

fn columns(text: &str) -> Vec<Option<Field>> {
    LogFormat::parse(text).unwrap().columns().collect()
}

#[test]
fn names_are_read_plain_and_braced_with_hyphens_and_underscores() {
    let expected = [Some(Field::Version), Some(Field::PktSrcAwsService), Some(Field::Bytes)];
    for text in [
        "version pkt-src-aws-service bytes",
        "${version} ${pkt-src-aws-service} ${bytes}",
        "version,pkt_src_aws_service, bytes\n",
        "\tversion  ${pkt_src_aws_service} bytes ",
    ] {
        assert_eq!(columns(text), expected, "{text:?}");
    }
}

#[test]
fn unknown_fields_become_skipped_columns() {
    let format = LogFormat::parse("srcaddr new_field dstaddr other-field-2").unwrap();
    let columns: Vec<_> = format.columns().collect();
    assert_eq!(columns, [Some(Field::SrcAddr), None, Some(Field::DstAddr), None]);
    assert_eq!(format.unknown_fields(), ["new-field", "other-field-2"]);
    assert_eq!(format.to_string(), "srcaddr new-field dstaddr other-field-2");
    assert!(format.contains(Field::DstAddr) && !format.contains(Field::Bytes));
}

#[test]
fn lists_that_are_no_format_are_refused_with_the_cause() {
    let duplicate = |name: &str| FormatError::DuplicateField { name: name.to_owned() };
    let invalid = |name: &str| FormatError::InvalidName { name: name.to_owned() };
    let cases = [
        ("", FormatError::Empty),
        (" ,\n", FormatError::Empty),
        ("foo bar", FormatError::NoKnownField),
        ("version bytes version", duplicate("version")),
        ("pkt-srcaddr pkt_srcaddr", duplicate("pkt-srcaddr")),
        ("version foo foo", duplicate("foo")),
        ("version ${bytes", invalid("${bytes")),
        ("version {bytes}", invalid("{bytes}")),
        ("version 2", invalid("2")),
        ("version -", invalid("-")),
        ("Version", invalid("Version")),
        ("version $", invalid("$")),
        ("version é", invalid("é")),
    ];
    for (text, error) in cases {
        assert_eq!(LogFormat::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_format_has_at_most_256_columns() {
    let names =
        |count: usize| (1..count).fold("version".to_owned(), |text, n| format!("{text} x-{n}"));
    assert_eq!(LogFormat::parse(&names(MAX_COLUMNS)).unwrap().columns().count(), MAX_COLUMNS);
    let error = LogFormat::parse(&names(MAX_COLUMNS + 1));
    assert_eq!(error, Err(FormatError::TooManyFields { count: MAX_COLUMNS + 1 }));
}

#[test]
fn messages_of_errors_stay_on_one_short_line() {
    let error = LogFormat::parse(&format!("version \u{1b}[31m{}", "x".repeat(9000))).unwrap_err();
    let message = error.to_string();
    assert!(message.len() < 250 && !message.contains('\u{1b}'), "{message}");
    assert!(LogFormat::parse("version ${bytes").unwrap_err().to_string().contains("${srcaddr}"));
}

#[test]
fn the_default_formats_are_aws_s() {
    assert_eq!(
        LogFormat::vpc_default().to_string(),
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes \
         start end action log-status"
    );
    let transit_gateway = LogFormat::transit_gateway_default();
    assert_eq!(transit_gateway.columns().count(), 36);
    assert!(transit_gateway.to_string().starts_with("version resource-type account-id tgw-id "));
    assert!(transit_gateway.to_string().ends_with(" pkt-src-aws-service pkt-dst-aws-service"));
    assert!(!transit_gateway.contains(Field::Action));
    let version_6 = Field::ALL.into_iter().filter(|field| field.version() == 6);
    assert!(version_6.into_iter().all(|field| transit_gateway.contains(field)));
}

#[test]
fn each_version_adds_its_fields_to_those_before() {
    let count = |version| LogFormat::up_to_version(version).map(|format| format.columns().count());
    let counts: Vec<_> = (0..=12).map(count).collect();
    let none = None;
    assert_eq!(
        counts,
        [
            none,
            none,
            Some(14),
            Some(21),
            Some(25),
            Some(29),
            none,
            Some(39),
            Some(40),
            Some(41),
            Some(42),
            Some(54),
            none
        ]
    );
    assert!(!LogFormat::up_to_version(11).unwrap().contains(Field::TgwId));
}

#[test]
fn a_format_reads_back_from_its_text() {
    for format in [LogFormat::transit_gateway_default(), LogFormat::up_to_version(11).unwrap()] {
        assert_eq!(LogFormat::parse(&format.to_string()), Ok(format));
    }
}

#[test]
fn header_lines_are_recognised() {
    let headers = [
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes \
         start end action log-status\r\n",
        "bytes",
        "account_id instance_tag_2",
        " srcaddr  dstaddr some-new-field shiny-tag-2 ",
        "version region az-id next-hop-az-id instance-tag-3",
    ];
    for header in headers {
        let format = LogFormat::from_header(header.as_bytes()).expect(header).expect(header);
        assert_eq!(format.columns().count(), header.split_whitespace().count(), "{header}");
    }
    let all = LogFormat::up_to_version(11).unwrap();
    assert_eq!(LogFormat::from_header(all.to_string().as_bytes()), Some(Ok(all)));
}

#[test]
fn a_header_with_a_field_twice_is_an_error_and_not_a_data_line() {
    let error = LogFormat::from_header(b"version bytes version").unwrap().unwrap_err();
    assert_eq!(error, FormatError::DuplicateField { name: "version".to_owned() });
}

#[test]
fn data_lines_are_never_taken_for_headers() {
    let lines = [
        "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 \
         1418530010 1418530070 ACCEPT OK",
        "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA",
        "",
        "   ",
        "- -",
        "action ACCEPT",
        "version -",
        "version 5",
        "type IPv4",
        "region us-east-1",
        "us-gov-west-1 version",
        "version eni-0a1b2c3d",
        "version vpc-12345678",
        "version use1-az4",
        "start my%20tag",
        "ingress egress",
        "version,bytes",
        "${version} ${bytes}",
        "version bytes\0",
        "version b\u{e9}",
    ];
    for line in lines {
        assert!(LogFormat::from_header(line.as_bytes()).is_none(), "{line:?}");
    }
    assert!(LogFormat::from_header(b"version \xff").is_none());
    let long = format!("version {}", "x ".repeat(MAX_LINE_LENGTH));
    assert!(LogFormat::from_header(long.as_bytes()).is_none());
}
