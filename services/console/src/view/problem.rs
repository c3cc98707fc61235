//! What went wrong with a call, as people read it.

use axum::http::StatusCode;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// Something that was asked for is not acceptable.
    Refused,
    /// Somebody else was faster.
    Stale,
    /// The server does not have this call: another kind of installation.
    Absent,
    /// The server cannot be reached, or cannot do it at the moment.
    Unavailable,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    /// What went wrong and what to do.
    pub(crate) message: String,
    /// What is wrong with single fields, by their paths in the request.
    pub(crate) fields: Vec<(String, String)>,
    /// The etag that counts now, where somebody else was faster.
    pub(crate) etag: Option<String>,
}

impl Problem {
    /// A field that cannot be read before anything is called.
    pub(crate) fn of_field(path: &str, advice: impl Into<String>) -> Self {
        let fields = vec![(path.to_owned(), advice.into())];
        Self { kind: ProblemKind::Refused, message: String::new(), fields, etag: None }
    }

    /// A problem without fields.
    pub(crate) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), fields: Vec::new(), etag: None }
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, path: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(each, _)| each == path);
        found.map(|(_, advice)| advice.as_str())
    }

    /// What no field of `paths` shows.
    pub(crate) fn beside(&self, paths: &[&str]) -> Vec<String> {
        if self.fields.is_empty() {
            return vec![self.message.clone()];
        }
        let others = self.fields.iter().filter(|(path, _)| !paths.contains(&path.as_str()));
        others.map(|(path, advice)| format!("{path}: {advice}")).collect()
    }

    /// The status of the page that shows it.
    pub(crate) fn status(&self) -> StatusCode {
        match self.kind {
            ProblemKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            ProblemKind::Stale => StatusCode::CONFLICT,
            ProblemKind::Absent => StatusCode::NOT_FOUND,
            ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
