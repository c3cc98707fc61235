//! What is asked about.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::http::{Caller, Fields};
use crate::view::{Kind, Problem, TextField, csrf};

/// The fields, as they are in requests.
pub(super) const PATHS: [&str; 8] =
    ["address", "vpc_id", "subnet_id", "at", "line", "log_format", "account_id", "region"];

/// A time in RFC 3339.
///
/// # Errors
///
/// How it is written.
pub(super) fn time(text: &str) -> Result<prost_types::Timestamp, String> {
    let time = text.parse::<Timestamp>();
    let time = time.map_err(|_| "write a time such as 2026-03-01T12:00:00Z".to_owned())?;
    Ok(prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() })
}

/// Asks about an address.
pub(super) fn address(fields: &Fields, problem: Option<&Problem>) -> Markup {
    let field = |name: &'static str, path: &str, label, hint| TextField {
        hint,
        error: problem.and_then(|problem| problem.of(path)),
        ..TextField::new(name, label, fields.get(name))
    };
    let address = TextField {
        is_required: true,
        ..field("address", "address", "Address", "IPv4 or IPv6, such as 10.0.0.5.")
    };
    let vpc =
        field("vpc", "vpc_id", "Seen from VPC", "vpc-…; empty asks what it stands for by itself.");
    let subnet = field("subnet", "subnet_id", "and subnet", "subnet-… whose route table counts.");
    let at = field("at", "at", "At the time", "Such as 2026-03-01T12:00:00Z; empty is now.");
    html! {
        section.panel {
            h2 { "An address" }
            form.stack method="get" action="/explain" {
                (address.render()) (vpc.render()) (subnet.render()) (at.render())
                div.actions { button type="submit" { "Look up" } }
            }
        }
    }
}

/// Asks about a line.
pub(super) fn line(caller: &Caller, fields: &Fields, problem: Option<&Problem>) -> Markup {
    let field = |name: &'static str, label, hint| TextField {
        hint,
        error: problem.and_then(|problem| problem.of(name)),
        ..TextField::new(name, label, fields.get(name))
    };
    let line = TextField {
        kind: Kind::Lines,
        is_required: true,
        placeholder: "2 123456789010 eni-1 10.0.0.5 10.0.1.7 443 49152 6 9 840 1 2 ACCEPT OK",
        ..field("line", "Flow log line", "As it stands in the log, up to 16 KiB.")
    };
    let format = TextField {
        kind: Kind::Lines,
        placeholder: "${version} ${account-id} ${interface-id} …",
        ..field("log_format", "Its fields", "As AWS writes a log format; empty is the default one.")
    };
    let account =
        field("account_id", "Account of the flow log", "Twelve digits, where the line has none.");
    let region = field("region", "Its region", "Such as eu-west-1.");
    html! {
        section.panel {
            h2 { "A line" }
            form.stack method="post" action="/explain" {
                (csrf(caller))
                (line.render()) (format.render()) (account.render()) (region.render())
                div.actions { button type="submit" { "Explain" } }
            }
        }
    }
}
