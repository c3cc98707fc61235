//! The cookie of a session.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use super::Browser;

/// Its name in plaintext, on loopback.
const PLAIN: &str = "weir-session";

/// Its name under TLS: browsers take it from this host alone, and over TLS alone.
const ENCRYPTED: &str = "__Host-weir-session";

fn name(browser: Browser) -> &'static str {
    if browser.is_encrypted { ENCRYPTED } else { PLAIN }
}

/// What a request shows.
pub(super) fn shown(headers: &HeaderMap, browser: Browser) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name(browser)).map(|(_, value)| value.trim())
}

/// Has a browser keep the cookie until it is closed, out of reach of scripts and other sites.
pub(crate) fn session_cookie(cookie: &str, browser: Browser) -> String {
    let secure = if browser.is_encrypted { "; Secure" } else { "" };
    format!("{}={cookie}; Path=/; HttpOnly; SameSite=Strict{secure}", name(browser))
}

/// Has a browser forget the cookie.
pub(crate) fn clear_cookie(browser: Browser) -> String {
    format!("{}; Max-Age=0", session_cookie("", browser))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_set_and_no_other_is() {
        for is_encrypted in [false, true] {
            let browser = Browser { address: Ipv4Addr::LOCALHOST.into(), is_encrypted };
            let set = session_cookie("abc", browser);
            assert!(set.contains("; HttpOnly; SameSite=Strict"), "{set}");
            assert_eq!(set.contains("; Secure"), is_encrypted, "{set}");
            let pair = set.split(';').next().unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, format!("other=1; {pair}; more=2").parse().unwrap());
            assert_eq!(shown(&headers, browser), Some("abc"));
            let other = Browser { is_encrypted: !is_encrypted, ..browser };
            assert_eq!(shown(&headers, other), None);
        }
    }
}
