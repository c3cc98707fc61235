//! What the name of a log stream tells.

/// A log stream of CloudWatch Logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPlace<'a> {
    /// The account of the log group: twelve digits.
    pub account_id: &'a str,
    /// The region: that of the log group, or of the Kinesis stream that brought the batch.
    pub region: &'a str,
    /// The log group's name.
    pub log_group: &'a str,
    /// The log stream's name: `eni-0a1b2c3d4e5f67890-all`.
    pub log_stream: &'a str,
}

/// What the flow logs of a log stream are of: the network interface of `eni-…-all`, `-accept` or
/// `-reject` (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>), or the
/// attachment of `tgw-attach-…`. None for streams of other names: they are no flow logs' own.
pub fn resource_of(log_stream: &str) -> Option<&str> {
    ["eni-", "tgw-attach-"].iter().find_map(|kind| {
        let digits = log_stream.strip_prefix(kind)?.split('-').next()?;
        let is_hexadecimal = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
        let end = kind.len() + digits.len();
        (is_hexadecimal && !digits.is_empty()).then(|| log_stream.get(..end))?
    })
}
