//! Keys of KMS that cannot be used.

use std::fmt;

/// Why a key cannot be used, as Kinesis, SQS, SNS, S3 and Firehose pass it on from KMS
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KmsFault {
    /// The key's policy, or the caller's, does not allow its use.
    AccessDenied,
    /// The key is disabled.
    Disabled,
    /// The key waits for its deletion, or is in another state that forbids the use.
    InvalidState,
    /// The key is not for this use.
    InvalidKeyUsage,
    /// There is no such key.
    NotFound,
    /// The account has not opted in to KMS.
    OptInRequired,
    /// KMS asks for fewer calls.
    Throttling,
    /// Another error, by the name that KMS gave it.
    Other(String),
}

impl KmsFault {
    /// Reads the code of an error: `KMSDisabledException` of Kinesis, `KmsDisabled` of SQS and
    /// `KMS.DisabledException` of S3 are the same. `None` when it is none of KMS.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        let (start, rest) = code.split_at_checked(3)?;
        if !start.eq_ignore_ascii_case("kms") {
            return None;
        }
        let name = rest.trim_start_matches('.');
        let name = name.strip_suffix("Exception").unwrap_or(name);
        let name = name.strip_suffix("Fault").unwrap_or(name);
        Some(match name {
            "AccessDenied" => Self::AccessDenied,
            "Disabled" => Self::Disabled,
            "InvalidState" | "KMSInvalidState" => Self::InvalidState,
            "InvalidKeyUsage" => Self::InvalidKeyUsage,
            "NotFound" => Self::NotFound,
            "OptInRequired" => Self::OptInRequired,
            "Throttling" | "Throttled" => Self::Throttling,
            other => Self::Other(other.to_owned()),
        })
    }
}

impl fmt::Display for KmsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessDenied => "the KMS key may not be used: allow kms:Decrypt on it",
            Self::Disabled => "the KMS key is disabled: enable it",
            Self::InvalidState => "the KMS key is in a state that forbids its use",
            Self::InvalidKeyUsage => "the KMS key is not made for this use",
            Self::NotFound => "there is no such KMS key",
            Self::OptInRequired => "the account has not opted in to KMS",
            Self::Throttling => "KMS asks for fewer calls",
            Self::Other(name) => return write!(f, "the KMS key cannot be used ({name})"),
        })
    }
}
