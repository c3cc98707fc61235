//! Numbers and addresses as text, without an allocation for each.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

/// Appends decimal digits.
pub(super) fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// Appends an address in its usual form, IPv6 in that of RFC 5952.
pub(super) fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => push_v4(out, address),
        IpAddr::V6(address) => {
            let written = write!(out, "{address}");
            debug_assert!(written.is_ok(), "writing to a Vec does not fail");
        }
    }
}

fn push_v4(out: &mut Vec<u8>, address: Ipv4Addr) {
    let [first, second, third, fourth] = address.octets();
    push_number(out, first.into());
    for octet in [second, third, fourth] {
        out.push(b'.');
        push_number(out, octet.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_read_as_the_standard_library_writes_them() {
        for number in [0, 9, 10, 255, 1_767_323_100, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
        for address in ["0.0.0.0", "10.203.4.255", "2a05:d018::5", "::"] {
            let mut out = Vec::new();
            push_address(&mut out, address.parse().unwrap());
            assert_eq!(out, address.as_bytes());
        }
    }
}
