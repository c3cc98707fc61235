//! What EC2's shapes have in common.

use aws_sdk_ec2::types::Tag;
use ipnet::IpNet;

/// The `Name` tag, unless it is empty.
pub(super) fn name_of(tags: &[Tag]) -> Option<String> {
    let name = tags.iter().find(|tag| tag.key() == Some("Name"))?.value()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// A block, if it is written as one.
pub(super) fn block(text: Option<&str>) -> Option<IpNet> {
    text?.parse().ok()
}
