//! What a status means to people.

use std::error::Error as _;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::view::{Problem, ProblemKind};

/// The reason of changes that came too late.
const STALE: [&str; 2] = ["STALE_ETAG", "STALE_FENCE"];

/// A status as a problem: the message of who answered, fields at fault, the present etag.
pub(super) fn problem_of(status: &Status) -> Problem {
    let violations = status.get_details_bad_request().map(|it| it.field_violations);
    let fields = violations.unwrap_or_default().into_iter().map(|it| (it.field, it.description));
    let info = status.get_details_error_info();
    let stale = info.filter(|info| STALE.contains(&info.reason.as_str()));
    let etag = stale.as_ref().and_then(|info| {
        info.metadata.get("currentEtag").or_else(|| info.metadata.get("currentFence")).cloned()
    });
    let kind = match status.code() {
        _ if stale.is_some() => ProblemKind::Stale,
        Code::Unimplemented => ProblemKind::Absent,
        Code::Unavailable
        | Code::DeadlineExceeded
        | Code::Cancelled
        | Code::Unknown
        | Code::Internal
        | Code::DataLoss => ProblemKind::Unavailable,
        _ => ProblemKind::Refused,
    };
    let message = match kind {
        ProblemKind::Absent => "The process that was asked does not have this part of weir: it \
                                comes with weir discovery, or with weir run where it sweeps."
            .to_owned(),
        _ => with_causes(status),
    };
    Problem { kind, message, fields: fields.collect(), etag }
}

/// The message, and below it what the transport says.
fn with_causes(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&next);
        }
        cause = error.source();
    }
    if text.is_empty() { status.code().description().to_owned() } else { text }
}

/// Somebody who does not answer.
pub(super) fn silent(who: &str, why: &str) -> Problem {
    Problem::new(ProblemKind::Unavailable, format!("{who}: {why}"))
}

/// Nobody to call.
pub(super) fn unknown_address(what: &str) -> Problem {
    let message = format!(
        "no address is known of {what}: name their admin listeners in [console], and look whether \
         their names can be resolved"
    );
    Problem::new(ProblemKind::Unavailable, message)
}

#[cfg(test)]
mod tests {
    use weir_rpc::status::{Failure, Violations};

    use super::*;

    #[test]
    fn fields_etags_and_absent_calls_are_told_apart() {
        let mut violations = Violations::of("settings.cron", "is no cron");
        violations.add("settings.timezone", "is none");
        let problem = problem_of(&violations.into());
        assert_eq!(problem.kind, ProblemKind::Refused);
        assert_eq!(problem.of("settings.cron"), Some("is no cron"));
        assert_eq!(problem.beside(&["settings.cron"]), ["settings.timezone: is none"]);

        let stale = Failure::new(Code::Aborted, "STALE_ETAG", "changed").with("currentEtag", "7");
        let problem = problem_of(&stale.into());
        assert_eq!((problem.kind, problem.etag.as_deref()), (ProblemKind::Stale, Some("7")));
        let busy = problem_of(&Failure::new(Code::Aborted, "BUSY", "try again").into());
        assert_eq!((busy.kind, busy.beside(&[])), (ProblemKind::Refused, vec!["try again".into()]));
        assert_eq!(problem_of(&Status::unimplemented("")).kind, ProblemKind::Absent);
        assert_eq!(problem_of(&Status::unavailable("gone")).kind, ProblemKind::Unavailable);
    }
}
