//! Names, tags and identifiers as AWS accounts have them.

use super::rng::Rng;

/// The regions, the one with most VPCs first, and how their Availability Zone ids begin.
pub(super) const REGIONS: [(&str, &str); 5] = [
    ("eu-west-1", "euw1"),
    ("us-east-1", "use1"),
    ("eu-central-1", "euc1"),
    ("us-west-2", "usw2"),
    ("ap-southeast-2", "apse2"),
];

const ACCOUNTS: [&str; 5] = ["platform", "payments", "analytics", "sandbox", "security"];
const VPCS: [&str; 5] =
    ["production", "staging", "shared-services", "data lake", "entwicklung-süd"];

/// What the instances do, in turn. The first one of each five is reached from the internet.
const ROLES: [&str; 10] =
    ["web", "app", "db", "cache", "worker", "edge", "kafka", "büro", "監視", "batch job"];
pub(super) const PUBLIC_ROLE_EVERY: u32 = 5;

/// A resource identifier: `eni-0` and 16 more hexadecimal digits for the prefix `eni`.
pub(super) fn resource_id(prefix: &str, rng: &mut Rng) -> String {
    format!("{prefix}-0{:016x}", rng.next())
}

/// Twelve digits, the first of them not 0.
pub(super) fn account_id(rng: &mut Rng) -> String {
    (100_000_000_000 + rng.below(900_000_000_000)).to_string()
}

pub(super) fn account_name(number: usize) -> String {
    numbered(&ACCOUNTS, number)
}

/// The `Name` tag of an account's VPC; some have none.
pub(super) fn vpc_name(account: &str, number: usize) -> Option<String> {
    (number % 6 != 5).then(|| format!("{account} {}", numbered(&VPCS, number)))
}

fn numbered(names: &[&str], number: usize) -> String {
    let name = names[number % names.len()];
    if number < names.len() {
        name.to_owned()
    } else {
        format!("{name}-{}", number / names.len() + 1)
    }
}

/// What the `number`th instance of a VPC does.
pub(super) fn role(number: u32) -> &'static str {
    ROLES[number as usize % ROLES.len()]
}

/// The `Name` tag of the `number`th instance of a VPC; some have none, a few a long one.
pub(super) fn instance_name(number: u32) -> Option<String> {
    let name = format!("{}-{:02}", role(number), number + 1);
    match number % 60 {
        11 | 23 | 35 | 47 | 59 => None,
        17 => Some(format!("{name} ({})", ["moved from the old data centre"; 6].join(", "))),
        _ => Some(name),
    }
}

/// A tag's value as flow logs have it: UTF-8 with every byte but RFC 3986's unreserved
/// characters percent-encoded.
pub(super) fn percent_encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
