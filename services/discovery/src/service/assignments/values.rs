//! Addresses and names as callers give them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use weir_inventory::AssignedExporter;
use weir_rpc::pb;

/// The longest name, in octets.
const MAX_NAME: usize = 255;

/// An IPv4 address that an exporter can have; nothing for an empty text.
pub(super) fn ipv4(text: &str) -> Result<Option<Ipv4Addr>, String> {
    let Some(text) = given(text) else { return Ok(None) };
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if is_nobody_v4(address) => Err(format!(
            "{address} is no address of an exporter: give one that tells it from others"
        )),
        Ok(IpAddr::V4(address)) => Ok(Some(address)),
        Ok(IpAddr::V6(address)) => Err(format!("{address} is an IPv6 address: give it as `ipv6`")),
        Err(_) => Err("no IPv4 address: give one such as 192.0.2.1, or nothing".to_owned()),
    }
}

/// An IPv6 address that an exporter can have; nothing for an empty text.
pub(super) fn ipv6(text: &str) -> Result<Option<Ipv6Addr>, String> {
    let Some(text) = given(text) else { return Ok(None) };
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if is_nobody_v6(address) => Err(format!(
            "{address} is no address of an exporter: give one that tells it from others"
        )),
        Ok(IpAddr::V6(address)) => Ok(Some(address)),
        Ok(IpAddr::V4(address)) => Err(format!("{address} is an IPv4 address: give it as `ipv4`")),
        Err(_) => Err("no IPv6 address: give one such as 2001:db8::1, or nothing".to_owned()),
    }
}

/// A name; nothing for an empty text.
pub(super) fn name(text: &str) -> Result<Option<String>, String> {
    let Some(text) = given(text) else { return Ok(None) };
    if text.len() > MAX_NAME {
        return Err(format!("{} octets are too many: give at most {MAX_NAME}", text.len()));
    }
    if text.contains(char::is_control) {
        return Err("it has control characters: leave them out".to_owned());
    }
    Ok(Some(text.to_owned()))
}

/// A text of a caller as an error repeats it: short and plain, since errors travel as headers.
pub(super) fn shown(text: &str) -> String {
    let plain = |character: char| if character.is_ascii_graphic() { character } else { '?' };
    text.chars().take(40).map(plain).collect()
}

/// What is assigned, as calls show it.
pub(super) fn message_of(assigned: &AssignedExporter) -> pb::AssignedExporter {
    let text = |value: Option<String>| value.unwrap_or_default();
    pb::AssignedExporter {
        ipv4: text(assigned.ipv4.map(|address| address.to_string())),
        ipv6: text(assigned.ipv6.map(|address| address.to_string())),
        name: text(assigned.name.clone()),
    }
}

fn given(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty()).then_some(text)
}

fn is_nobody_v4(address: Ipv4Addr) -> bool {
    address.is_unspecified() || address.is_broadcast() || address.is_multicast()
}

fn is_nobody_v6(address: Ipv6Addr) -> bool {
    address.is_unspecified() || address.is_multicast() || address.to_ipv4_mapped().is_some()
}
