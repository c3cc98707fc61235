//! Where servers are told to be: `https://HOST:PORT` or `file:PATH`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A server, or all that a name stands for: `http://HOST:PORT` or `https://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub(crate) is_tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where targets are told from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSource {
    /// The configuration itself.
    Server(Target),
    /// A text file with one target in each line: `file:PATH`. Blank lines, and what follows a
    /// `#`, count for nothing. It is looked at each second.
    File(PathBuf),
}

/// A text that is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a server's address: {advice}")]
pub struct InvalidTarget {
    text: String,
    advice: &'static str,
}

const FORM: &str = "write https://HOST:PORT (http:// in plaintext), such as \
                    https://enricher:4470, or file:PATH for a file with such lines";

impl Target {
    /// The name and port, as they stand in a URL.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Whether it is to be called in the way that is configured.
    pub(super) fn check(&self, is_tls: bool) -> Result<(), InvalidTarget> {
        let advice = match (self.is_tls, is_tls) {
            (true, true) | (false, false) => return Ok(()),
            (true, false) => "write http://, or configure certificates instead of plaintext",
            (false, true) => "write https://, or configure plaintext instead of certificates",
        };
        Err(InvalidTarget { text: self.to_string(), advice })
    }

    fn parse(text: &str) -> Option<Self> {
        let (is_tls, rest) = match text.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("http://")?),
        };
        let (host, port) = rest.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match bare {
            Some(bare) => bare.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_name(host),
        };
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let host = bare.unwrap_or(host).to_owned();
        is_host.then_some(Self { is_tls, host, port })
    }
}

/// Whether a text has the letters of a host name (RFC 1123 section 2.1), and the underscore that
/// container networks use.
fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(is_letter)
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        Self::parse(text).ok_or_else(|| InvalidTarget { text: text.to_owned(), advice: FORM })
    }
}

impl FromStr for TargetSource {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => text.parse().map(Self::Server),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}", if self.is_tls { "s" } else { "" }, self.authority())
    }
}

impl fmt::Display for TargetSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(target) => target.fmt(f),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}
