//! What enrichment adds for one side of a flow.

use std::net::Ipv4Addr;

use weir_ipfix::split_string;

use crate::strings::EMPTY_STRINGS;

/// What the inventory knows of one side of a flow, ready to be copied into a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'s> {
    /// Instance id, instance name, region and service, in this order, each an IPFIX
    /// variable-length string (RFC 7011 section 7). An unknown one is empty: a single 0 byte.
    pub strings: &'s [u8],
    /// The public or Elastic IP address of that side.
    pub public_address: Option<Ipv4Addr>,
}

impl Endpoint<'static> {
    /// A side of which nothing is known: four empty strings.
    pub const UNKNOWN: Endpoint<'static> =
        Endpoint { strings: EMPTY_STRINGS, public_address: None };
}

impl<'s> Endpoint<'s> {
    /// Instance id, instance name, region and service as plain texts; unknown ones are empty.
    pub fn texts(&self) -> [&'s [u8]; 4] {
        let mut rest = self.strings;
        [(); 4].map(|()| match split_string(rest) {
            Some((text, after)) => {
                rest = after;
                text
            }
            None => &[],
        })
    }
}
