//! How AWS is reached.

use std::collections::BTreeMap;
use std::net::IpAddr;

use weir_runtime::config::Section;

/// The services whose endpoints can be configured: the key in `[aws.endpoints]` and the name
/// that the SDK has for it.
pub const KNOWN_SERVICES: [(&str, &str); 12] = [
    ("cloudwatch", "CloudWatch"),
    ("dynamodb", "DynamoDB"),
    ("ec2", "EC2"),
    ("events", "EventBridge"),
    ("firehose", "Firehose"),
    ("kinesis", "Kinesis"),
    ("logs", "CloudWatch Logs"),
    ("organizations", "Organizations"),
    ("s3", "S3"),
    ("sns", "SNS"),
    ("sqs", "SQS"),
    ("sts", "STS"),
];

/// How AWS is reached. HTTPS_PROXY and NO_PROXY of the environment count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Whether endpoints of FIPS 140 are used; as the environment says when `None`.
    pub fips: Option<bool>,
    /// Whether endpoints with IPv6 are used; as the environment says when `None`.
    pub dual_stack: Option<bool>,
    /// Whether endpoints of other hosts may be without TLS. Default: false.
    pub plain_http: bool,
    /// Endpoints that stand in for those of AWS.
    pub endpoints: Endpoints,
}

/// Endpoints that stand in for those of AWS: interface endpoints of a VPC, and simulators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// For all services that have none of their own.
    pub all: Option<String>,
    /// By the name that the SDK has for a service; see [`KNOWN_SERVICES`].
    pub services: BTreeMap<&'static str, String>,
}

impl Endpoints {
    /// One for all services.
    pub fn one(url: impl Into<String>) -> Self {
        Self { all: Some(url.into()), services: BTreeMap::new() }
    }

    /// The endpoint of a service; `None` for that of AWS.
    pub fn of(&self, service_id: &str) -> Option<&str> {
        self.services.get(service_id).or(self.all.as_ref()).map(String::as_str)
    }

    /// Whether all calls go to this host.
    pub(crate) fn are_local(&self) -> bool {
        let is_local = |url: &String| host_of(url).is_some_and(is_loopback);
        self.all.as_ref().is_some_and(is_local) && self.services.values().all(is_local)
    }
}

impl Connection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let fips = section.switch("fips");
        let dual_stack = section.switch("dual_stack");
        let plain_http = section.switch("plain_http").unwrap_or_default();
        let parse = |text: &str| endpoint(text, plain_http);
        let all = section.text("endpoint", parse);
        let services = section.section("endpoints", |section| {
            let of = |(key, id)| Some((id, section.text(key, parse)?));
            KNOWN_SERVICES.into_iter().filter_map(of).collect()
        });
        let connection =
            Self { fips, dual_stack, plain_http, endpoints: Endpoints { all, services } };
        connection.check(section);
        connection
    }

    /// Clients refuse a configured endpoint together with a choice among those of AWS.
    fn check(&self, section: &mut Section<'_>) {
        if self.endpoints == Endpoints::default() {
            return;
        }
        for (key, choice) in [("fips", self.fips), ("dual_stack", self.dual_stack)] {
            if choice == Some(true) {
                let advice = "goes with the endpoints of AWS alone: give such ones as endpoints";
                section.problem(key, advice);
            }
        }
    }
}

/// An endpoint's URL. Without TLS anybody on the way can read and change what is said.
fn endpoint(text: &str, plain_http: bool) -> Result<String, &'static str> {
    let host = host_of(text).ok_or("give a URL such as https://vpce-….amazonaws.com")?;
    if text.starts_with("http://") && !plain_http && !is_loopback(host) {
        return Err("http:// is for this host alone: give https://, or set plain_http = true");
    }
    Ok(text.to_owned())
}

/// The host of an HTTP URL without a query or user.
fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let is_plain = |octet: u8| octet.is_ascii_graphic() && !b"@?#\"\\<>".contains(&octet);
    if !rest.bytes().all(is_plain) {
        return None;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port != 0);
    let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (has_port && !host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
