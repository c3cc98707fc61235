//! One call that the double got.

use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::Value;

use super::protocol::Protocol;

/// What a client asked, and what became of it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The place among all calls of the double, from 0.
    pub order: usize,
    /// The name that the service signs with: `ec2`, `sts`, `logs`, `kinesis`, `s3`, `sqs`,
    /// `monitoring`, `events`, `firehose`, `organizations`; `sso` for the portal of IAM Identity Center.
    pub service: String,
    /// As the service's reference names it: `DescribeNetworkInterfaces`.
    pub operation: String,
    /// The region that the call is signed for; empty if it is not signed.
    pub region: String,
    /// The access key id that signed; empty if none did.
    pub access_key: String,
    /// The account of that key, once the double knows keys ([`AwsDouble::add_user`]).
    ///
    /// [`AwsDouble::add_user`]: super::AwsDouble::add_user
    pub account: Option<String>,
    /// An object of the parameters: a query's are flat strings (`Filter.1.Name`), those of JSON
    /// are the body; S3 has `Bucket`, `Key` and what is in the query (`prefix`).
    pub parameters: Value,
    /// Whether it came over HTTP/2.
    pub is_http2: bool,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came; unpacked where a call of CBOR came compressed.
    pub body: Bytes,
    /// When it came, since the double's start.
    pub started: Duration,
    /// When its answer was ready, since the double's start.
    pub ended: Option<Duration>,
    /// The status of the answer; `None` while there is none, and when the connection was cut.
    pub status: Option<u16>,
    /// The code of the error that it was answered with.
    pub error: Option<String>,
    pub(crate) protocol: Protocol,
}

impl Call {
    /// A parameter that is a string.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// A parameter that is a number, also one that is written as a string.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        let value = self.parameters.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it is a call of this service and operation; `*` is any.
    #[must_use]
    pub fn is_of(&self, service: &str, operation: &str) -> bool {
        let is = |wanted: &str, name: &str| wanted == "*" || wanted == name;
        is(service, &self.service) && is(operation, &self.operation)
    }

    /// The call in the words of a message.
    pub(crate) fn described(&self) -> String {
        format!("{} {} in {:?}", self.service, self.operation, self.region)
    }
}

/// How many of these calls were under way at the same time, at most.
#[must_use]
pub fn most_at_once<'a>(calls: impl IntoIterator<Item = &'a Call>) -> usize {
    let mut moments = Vec::new();
    for call in calls {
        moments.push((call.started, true));
        moments.push((call.ended.unwrap_or(Duration::MAX), false));
    }
    // At one moment, what ends goes before what starts.
    moments.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, is_start) in moments {
        now = if is_start { now + 1 } else { now.saturating_sub(1) };
        most = most.max(now);
    }
    most
}
