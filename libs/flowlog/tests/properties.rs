//! Any text, and lines compared with a plain parser that splits at blanks.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::net::IpAddr;

use common::{Flow, Shown, parse};
use proptest::prelude::*;
use weir_flowlog::{
    Action, Direction, Field, FieldKind, LogFormat, MAX_LINE_LENGTH, NoFlow, RejectReason,
};

/// The values that a field of AWS may have, and some that it may not.
fn value(field: Option<Field>) -> BoxedStrategy<String> {
    let usual = match field.map(Field::kind) {
        Some(FieldKind::Number { max }) => (0..=max).prop_map(|n| n.to_string()).boxed(),
        Some(FieldKind::Address) => {
            any::<[u8; 4]>().prop_map(|bytes| IpAddr::from(bytes).to_string()).boxed()
        }
        Some(FieldKind::Action) => "ACCEPT|REJECT".boxed(),
        Some(FieldKind::LogStatus) => "OK|OK|OK|NODATA|SKIPDATA".boxed(),
        Some(FieldKind::Direction) => "ingress|egress".boxed(),
        Some(FieldKind::Text) | None => "[!-~]{1,24}".boxed(),
    };
    let odd = prop_oneof![
        any::<IpAddr>().prop_map(|address| address.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        "[0-9]{1,21}|[0-9.]{7,15}|[!-~]{1,3}|[a-zé€]{1,9}|-[0-9]",
    ];
    prop_oneof![60 => usual, 10 => Just("-".to_owned()), 1 => odd].boxed()
}

fn columns() -> impl Strategy<Value = Vec<Option<Field>>> {
    let fields = prop::sample::subsequence(Field::ALL.to_vec(), 1..=Field::COUNT).prop_shuffle();
    (fields, prop::collection::vec(any::<prop::sample::Index>(), 0..3)).prop_map(
        |(fields, gaps)| {
            let mut columns: Vec<_> = fields.into_iter().map(Some).collect();
            for gap in gaps {
                columns.insert(gap.index(columns.len() + 1), None);
            }
            columns
        },
    )
}

fn format_of(columns: &[Option<Field>]) -> LogFormat {
    let name = |(place, column): (usize, &Option<Field>)| match column {
        Some(field) => field.name().to_owned(),
        None => format!("column-{place}"),
    };
    let names: Vec<_> = columns.iter().enumerate().map(name).collect();
    LogFormat::parse(&names.join(" ")).unwrap()
}

/// A line of `columns`, with blanks as they come and now and then a value too many.
fn line(columns: &[Option<Field>]) -> impl Strategy<Value = String> + use<> {
    let values: Vec<_> = columns.iter().map(|column| value(*column)).collect();
    let blank = prop_oneof![30 => Just(" "), 1 => Just("  "), 1 => Just("\t")];
    let blanks = prop::collection::vec(blank, columns.len());
    let around = prop::sample::select(vec![("", ""), ("", ""), (" ", ""), ("", " "), ("", "\r")]);
    (values, blanks, around, prop::bool::weighted(0.03)).prop_map(
        |(values, blanks, (before, after), is_longer)| {
            let pairs = values.iter().zip(&blanks);
            let joined: String = pairs.flat_map(|(value, blank)| [value, *blank]).collect();
            let extra = if is_longer { " 1" } else { "" };
            format!("{before}{}{extra}{after}", joined.trim_end())
        },
    )
}

fn format_and_lines() -> impl Strategy<Value = (Vec<Option<Field>>, Vec<String>)> {
    columns().prop_flat_map(|columns| {
        let lines = prop::collection::vec(line(&columns), 1..12);
        (Just(columns), lines)
    })
}

// === The plain parser ===

fn plain_parse(columns: &[Option<Field>], line: &str) -> Result<Option<Flow>, RejectReason> {
    let values: Vec<_> = line.split_ascii_whitespace().collect();
    if values.len() != columns.len() {
        return Err(RejectReason::WrongFieldCount);
    }
    let mut flow = Flow::default();
    let mut status = None;
    for (column, value) in columns.iter().zip(values) {
        let Some(field) = column.filter(|_| value != "-") else { continue };
        flow.texts.push((field, value.as_bytes().to_vec()));
        match field.kind() {
            FieldKind::Number { max } => flow.numbers.push((field, plain_number(value, max)?)),
            FieldKind::Address => {
                let address = value.parse().map_err(|_| RejectReason::InvalidAddress)?;
                flow.addresses.push((field, address));
            }
            FieldKind::Text => {}
            FieldKind::Action => flow.action = Some(plain_action(value)?),
            FieldKind::Direction => flow.direction = Some(plain_direction(value)?),
            FieldKind::LogStatus => status = Some(value.to_owned()),
        }
        let is_known = matches!(status.as_deref(), None | Some("OK" | "NODATA" | "SKIPDATA"));
        is_known.then_some(()).ok_or(RejectReason::InvalidStatus)?;
    }
    finish(columns, flow, status.as_deref())
}

fn finish(
    columns: &[Option<Field>],
    mut flow: Flow,
    status: Option<&str>,
) -> Result<Option<Flow>, RejectReason> {
    flow.texts.sort_unstable();
    flow.numbers.sort_unstable();
    flow.addresses.sort_unstable();
    let family = |wanted| {
        let found = flow.addresses.iter().find(|(field, _)| *field == wanted);
        found.map(|(_, address)| address.is_ipv6())
    };
    let (source, target) = (family(Field::SrcAddr), family(Field::DstAddr));
    if source.is_some() && target.is_some() && source != target {
        return Err(RejectReason::MixedAddressFamilies);
    }
    flow.is_ipv6 = source.or(target) == Some(true);

    let is_traffic = |field: &Field| (Field::SrcAddr..=Field::Bytes).contains(field);
    let has_columns = columns.iter().flatten().any(is_traffic);
    let has_values = flow.texts.iter().any(|(field, _)| is_traffic(field));
    let is_flow = status == Some("OK") || status.is_none() && (has_values || !has_columns);
    Ok(is_flow.then_some(flow))
}

fn plain_number(value: &str, max: u64) -> Result<u64, RejectReason> {
    let has_digits_only = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| has_digits_only && *number <= max);
    number.ok_or(RejectReason::InvalidNumber)
}

fn plain_action(value: &str) -> Result<Action, RejectReason> {
    match value {
        "ACCEPT" => Ok(Action::Accept),
        "REJECT" => Ok(Action::Reject),
        _ => Err(RejectReason::InvalidAction),
    }
}

fn plain_direction(value: &str) -> Result<Direction, RejectReason> {
    match value {
        "ingress" => Ok(Direction::Ingress),
        "egress" => Ok(Direction::Egress),
        _ => Err(RejectReason::InvalidDirection),
    }
}

/// The places of the lines that are not blank.
fn places_of_lines(text: &[u8]) -> Vec<usize> {
    let is_blank = |line: &[u8]| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.iter().all(|byte| matches!(byte, b' ' | b'\t'))
    };
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter(|(_, line)| !is_blank(line)).map(|(place, _)| place).collect()
}

proptest! {
    #[test]
    fn lines_are_read_as_a_plain_parser_reads_them(
        (columns, lines) in format_and_lines(),
        has_last_line_feed: bool,
    ) {
        let line_end = if has_last_line_feed { "\n" } else { "" };
        let text = lines.join("\n") + line_end;
        let shown = parse(&format_of(&columns), text.as_bytes());
        prop_assert_eq!(shown.len(), lines.len());
        for ((place, shown), (index, line)) in shown.iter().zip(lines.iter().enumerate()) {
            prop_assert_eq!(*place, index);
            match (shown, plain_parse(&columns, line)) {
                (Shown::Flow(flow), Ok(Some(expected))) => prop_assert_eq!(flow, &expected),
                (Shown::WithoutFlow(NoFlow::SkipData), Ok(None)) => {
                    prop_assert!(line.contains("SKIPDATA"));
                }
                (Shown::WithoutFlow(NoFlow::NoData), Ok(None)) => {}
                (Shown::Rejected(reason, text), Err(expected)) => {
                    prop_assert_eq!(*reason, expected);
                    prop_assert_eq!(text, line.trim_end_matches('\r').as_bytes());
                }
                (shown, expected) => prop_assert!(false, "{shown:?} for {expected:?} of {line:?}"),
            }
        }
    }

    #[test]
    fn any_bytes_give_one_outcome_for_each_line(text: Vec<u8>, version in 2..=11_u8) {
        let format = LogFormat::up_to_version(version).unwrap_or_else(LogFormat::vpc_default);
        let places: Vec<_> = parse(&format, &text).into_iter().map(|(place, _)| place).collect();
        prop_assert_eq!(places, places_of_lines(&text));
    }

    #[test]
    fn any_separators_give_one_outcome_for_each_line(
        text in prop::collection::vec(prop::sample::select(b"1- \t\r\n\n.:x\0\xc3".to_vec()), 0..400),
    ) {
        let format = LogFormat::parse("srcaddr srcport account-id").unwrap();
        let places: Vec<_> = parse(&format, &text).into_iter().map(|(place, _)| place).collect();
        prop_assert_eq!(places, places_of_lines(&text));
    }

    #[test]
    fn lines_across_the_pieces_of_a_long_text_are_found(
        lengths in prop::collection::vec(prop_oneof![0..300_usize, 0..2 * MAX_LINE_LENGTH, 60_000..140_000_usize], 1..12),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let format = LogFormat::parse("account-id").unwrap();
        let lines: Vec<_> = lengths.iter().map(|length| "x".repeat(*length)).collect();
        let shown = parse(&format, lines.join(line_end).as_bytes());
        let expected = lengths.iter().enumerate().filter(|(_, length)| **length > 0);
        prop_assert_eq!(shown.len(), expected.clone().count());
        for ((place, shown), (index, length)) in shown.into_iter().zip(expected) {
            prop_assert_eq!(place, index);
            prop_assert_eq!(matches!(shown, Shown::Flow(_)), *length <= MAX_LINE_LENGTH);
        }
    }

    #[test]
    fn any_text_is_a_format_with_a_known_field_or_none(text in "\\PC*|([a-z$ {}-]|bytes){1,20}") {
        let header = LogFormat::from_header(text.as_bytes()).and_then(Result::ok);
        for format in [header, LogFormat::parse(&text).ok()].into_iter().flatten() {
            prop_assert!(!format.fields().is_empty());
            prop_assert_eq!(LogFormat::parse(&format.to_string()), Ok(format));
        }
    }

    #[test]
    fn any_first_line_is_looked_at(line: Vec<u8>) {
        prop_assert!(str::from_utf8(&line).is_ok() || LogFormat::from_header(&line).is_none());
    }

    #[test]
    fn formats_read_back_from_their_text(columns in columns()) {
        let format = format_of(&columns);
        prop_assert_eq!(LogFormat::parse(&format.to_string()), Ok(format.clone()));
        prop_assert!(format.columns().eq(columns.iter().copied()));
        let header = LogFormat::from_header(format.to_string().as_bytes());
        prop_assert_eq!(header, Some(Ok(format)));
    }

    #[test]
    fn no_line_of_values_is_taken_for_a_header((columns, lines) in format_and_lines()) {
        for line in lines {
            let is_flow = columns.contains(&Some(Field::Version)) && plain_parse(&columns, &line).is_ok();
            prop_assert!(!is_flow || LogFormat::from_header(line.as_bytes()).is_none(), "{}", line);
        }
    }
}
