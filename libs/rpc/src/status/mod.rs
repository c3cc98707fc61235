//! Errors that tools can read: google.rpc.ErrorInfo and its like (AIP-193).

mod page;

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

pub use page::{PageToken, page_size};

/// The domain of all reasons.
pub const DOMAIN: &str = "weir";

/// Why a call fails, on its way to becoming a [`Status`].
#[derive(Clone, Debug)]
pub struct Failure {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: HashMap<String, String>,
}

impl Failure {
    /// A failure. The reason is for programs, in UPPER_SNAKE_CASE; the message is for people: in
    /// lower case, without a final period, with what to do. Neither shows the inside of weir.
    pub fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(is_upper_snake(reason), "{reason}");
        Self { code, reason, message: message.into(), metadata: HashMap::new() }
    }

    /// Adds what a program may want to know; keys in lowerCamelCase (AIP-193).
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let Failure { code, reason, message, metadata } = failure;
        Self::with_error_details(
            code,
            message,
            ErrorDetails::with_error_info(reason, DOMAIN, metadata),
        )
    }
}

/// All that is wrong with the fields of a request.
#[derive(Clone, Debug, Default)]
pub struct Violations(Vec<(String, String)>);

impl Violations {
    /// Nothing is wrong as yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One field is wrong.
    pub fn of(field: &str, description: impl ToString) -> Self {
        let mut violations = Self::new();
        violations.add(field, description);
        violations
    }

    /// Adds a problem: the field's path, such as `items[2].address`, and what to give.
    pub fn add(&mut self, field: &str, description: impl ToString) {
        self.0.push((field.to_owned(), description.to_string()));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The request, as far as its fields go.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT when something is wrong.
    pub fn into_result(self) -> Result<(), Status> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl From<Violations> for Status {
    /// INVALID_ARGUMENT. The message names each field, for tools that show no details.
    fn from(violations: Violations) -> Self {
        let mut details = ErrorDetails::with_error_info("INVALID_ARGUMENT", DOMAIN, HashMap::new());
        let mut message = String::new();
        for (field, description) in violations.0 {
            let separator = if message.is_empty() { "" } else { "; " };
            message.push_str(&format!("{separator}{field}: {description}"));
            details.add_bad_request_violation(field, description);
        }
        Self::with_error_details(Code::InvalidArgument, message, details)
    }
}

fn is_upper_snake(reason: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    reason.starts_with(|first: char| first.is_ascii_uppercase()) && reason.bytes().all(is_allowed)
}
