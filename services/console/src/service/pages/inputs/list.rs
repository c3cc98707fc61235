//! Inputs by kind, each with its switch.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::Caller;
use crate::service::moments::when;
use crate::view::{Mood, badge, csrf, empty, hidden, mono};

/// The kinds with their headings and what forms call them.
const KINDS: [(pb::InputKind, &str, &str, &str); 3] = [
    (
        pb::InputKind::Kinesis,
        "Kinesis streams",
        "stream",
        "No sweep has found a stream that flow logs reach, over Firehose or the subscription of a \
         log group.",
    ),
    (
        pb::InputKind::LogGroup,
        "CloudWatch log groups",
        "group",
        "No sweep has found a log group that flow logs are delivered to.",
    ),
    (
        pb::InputKind::Bucket,
        "S3 buckets with queues",
        "bucket",
        "No sweep has found a bucket of flow logs with a queue that is told of its objects.",
    ),
];

/// All inputs of a page.
pub(super) fn inputs(caller: &Caller, answer: &pb::ListInputsResponse, is_first: bool) -> Markup {
    html! {
        @for (kind, title, form, nothing) in KINDS {
            @let of_kind: Vec<_> = answer.inputs.iter().filter(|it| it.kind() == kind).collect();
            @if !of_kind.is_empty() || is_first {
                h2 { (title) }
                @if of_kind.is_empty() {
                    (empty("There is none", html! {
                        (nothing) " " a href="/run" { "Run discovery" } " after you have added one."
                    }))
                } @else { (table(caller, form, &of_kind, &answer.etag)) }
            }
        }
    }
}

fn table(caller: &Caller, form: &str, inputs: &[&pb::Input], etag: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { "Name" }
                th scope="col" { "Place" }
                th scope="col" { "Flow logs" }
                th scope="col" { "State" }
                @if caller.is_admin() { th scope="col" { "Actions" } }
            } }
            tbody { @for input in inputs { (row(caller, form, input, etag)) } }
        } }
    }
}

fn row(caller: &Caller, form: &str, input: &pb::Input, etag: &str) -> Markup {
    let queue = input.id.split_once(' ').map(|(_, queue)| queue);
    html! {
        tr {
            th scope="row" data-label="Name" {
                (mono(&input.name))
                @if let Some(queue) = queue { p.hint { "queue " (mono(queue)) } }
            }
            td data-label="Place" { (mono(&input.account_id)) p { (input.region) } }
            td data-label="Flow logs" {
                @if input.flow_log_ids.is_empty() { span.muted { "none known" } }
                @for id in input.flow_log_ids.iter().take(10) { p { (mono(id)) } }
                @if input.flow_log_ids.len() > 10 {
                    p.muted { "and " (input.flow_log_ids.len() - 10) " more" }
                }
                (formats(&input.log_formats))
            }
            td data-label="State" { (state(input)) (reader(input)) }
            @if caller.is_admin() {
                td data-label="Actions" { (actions(caller, form, input, etag)) }
            }
        }
    }
}

fn state(input: &pb::Input) -> Markup {
    let (mood, word) = match input.state() {
        pb::InputState::Enabled => (Mood::Good, "enabled"),
        pb::InputState::Draining => (Mood::Warn, "draining"),
        pb::InputState::Disabled => (Mood::Plain, "disabled"),
        pb::InputState::Available | pb::InputState::Unspecified => (Mood::Plain, "not read"),
    };
    html! {
        (badge(mood, word))
        @if input.enhanced_fan_out { " " (badge(Mood::Plain, "fan-out")) }
        @if !input.is_found { " " (badge(Mood::Warn, "not found")) }
        @if input.state() == pb::InputState::Enabled {
            p.hint {
                "since " (when(input.since.as_ref()))
                @if !input.rule.is_empty() { ", by rule " (input.rule) }
            }
        } @else if input.until.is_some() {
            p.hint { "since " (when(input.until.as_ref())) }
        }
    }
}

/// Since when somebody reads an input that is enabled; what to do while nobody does.
fn reader(input: &pb::Input) -> Markup {
    if input.state() != pb::InputState::Enabled {
        return html! {};
    }
    if input.read_since.is_some() {
        return html! { p.hint { "read since " (when(input.read_since.as_ref())) } };
    }
    let command = match input.kind() {
        pb::InputKind::Kinesis => "weir ingest-kinesis",
        pb::InputKind::LogGroup => "weir ingest-cloudwatch",
        pb::InputKind::Bucket => "weir ingest-s3",
        pb::InputKind::Unspecified => "weir run",
    };
    html! {
        p { (badge(Mood::Warn, "nobody reads it yet")) }
        p.hint {
            "Look whether " code { (command) } " or " code { "weir run" } " is there and may read it: "
            "its log and the sources of the " a href="/" { "overview" } " say why not. Until it is "
            "read nothing else is passed over for it."
        }
    }
}

/// The fields of the lines that come, folded: a format has up to some forty.
fn formats(formats: &[String]) -> Markup {
    html! {
        @if !formats.is_empty() {
            details {
                summary {
                    @if let [_] = formats { "Log format" } @else { (formats.len()) " log formats" }
                }
                @for format in formats { p.hint { (mono(format)) } }
            }
        }
    }
}

fn actions(caller: &Caller, form: &str, input: &pb::Input, etag: &str) -> Markup {
    let is_enabled = input.state() == pb::InputState::Enabled;
    let common = || html! { (csrf(caller)) (hidden("id", &input.id)) (hidden("etag", etag)) };
    html! {
        @if is_enabled {
            form method="post" action="/inputs/disable"
                data-confirm={ "Disable " (input.name) "? What ends from now on is not read from it." } {
                (common())
                button.small.risky type="submit" aria-label={ "Disable " (input.name) } { "Disable" }
            }
        }
        @if form == "stream" {
            (stream_form(caller, input, etag, is_enabled))
        } @else if !is_enabled {
            form method="post" action="/inputs/enable" {
                (common()) (hidden("kind", form))
                button.small type="submit" aria-label={ "Enable " (input.name) } { "Enable" }
            }
        }
    }
}

/// A stream has more to say: enhanced fan-out, and where it begins.
fn stream_form(caller: &Caller, input: &pb::Input, etag: &str, is_enabled: bool) -> Markup {
    let id = |what: &str| format!("{what}-{}", input.id);
    html! {
        form.stack method="post" action="/inputs/enable" {
            (csrf(caller)) (hidden("id", &input.id)) (hidden("etag", etag))
            (hidden("kind", "stream"))
            p.check {
                input type="checkbox" id=(id("fan-out")) name="enhanced_fan_out" value="yes"
                    checked[input.enhanced_fan_out];
                label for=(id("fan-out")) { "Enhanced fan-out" }
            }
            @if !is_enabled {
                p.field {
                    label for=(id("start")) { "Begin with" }
                    select id=(id("start")) name="start" {
                        option value="latest" { "what arrives from now on" }
                        option value="oldest" { "the oldest that it keeps" }
                    }
                }
            }
            button.small.quiet[is_enabled] type="submit"
                aria-label={ @if is_enabled { "Change " } @else { "Enable " } (input.name) } {
                @if is_enabled { "Change fan-out" } @else { "Enable" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enabled(kind: pb::InputKind, read_since: Option<i64>) -> pb::Input {
        pb::Input {
            kind: kind.into(),
            state: pb::InputState::Enabled.into(),
            read_since: read_since.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
            ..Default::default()
        }
    }

    #[test]
    fn an_enabled_input_says_since_when_it_is_read() {
        let text = reader(&enabled(pb::InputKind::Bucket, Some(1_795_706_421))).into_string();
        assert!(text.contains("read since 2026-11-26 15:20:21 UTC"), "{text}");
        assert!(!text.contains("nobody"), "{text}");
    }

    #[test]
    fn an_enabled_input_that_nobody_reads_says_who_would() {
        for (kind, command) in [
            (pb::InputKind::Kinesis, "weir ingest-kinesis"),
            (pb::InputKind::LogGroup, "weir ingest-cloudwatch"),
            (pb::InputKind::Bucket, "weir ingest-s3"),
        ] {
            let text = reader(&enabled(kind, None)).into_string();
            assert!(text.contains("nobody reads it yet"), "{text}");
            assert!(text.contains(command), "{text}");
        }
    }

    #[test]
    fn an_input_that_is_not_enabled_needs_no_reader() {
        for state in [
            pb::InputState::Available,
            pb::InputState::Draining,
            pb::InputState::Disabled,
            pb::InputState::Unspecified,
        ] {
            let input =
                pb::Input { state: state.into(), ..enabled(pb::InputKind::Kinesis, Some(1)) };
            assert_eq!(reader(&input).into_string(), "");
        }
    }

    #[test]
    fn each_log_format_is_shown_as_text_and_none_takes_no_place() {
        let of = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            formats(&texts).into_string()
        };
        assert_eq!(of(&[]), "");
        let one = of(&["version <b>"]);
        assert!(one.contains("Log format") && one.contains("version &lt;b&gt;"), "{one}");
        let two = of(&["version srcaddr", "version dstaddr"]);
        assert!(two.contains("2 log formats"), "{two}");
        assert!(two.contains("version srcaddr") && two.contains("version dstaddr"), "{two}");
    }
}
