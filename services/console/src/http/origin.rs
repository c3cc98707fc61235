//! Whether a form comes from a page of the console.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// What browsers say of where a request comes from, since 2020 to 2023.
const FETCH_SITE: &str = "sec-fetch-site";

/// Whether the browser says that another site makes it ask. Who says nothing of it is no browser,
/// or an old one: a token is asked for all the same.
pub(crate) fn is_of_another_site(headers: &HeaderMap) -> bool {
    let text = |value: Option<&axum::http::HeaderValue>| {
        value.map(|value| value.to_str().unwrap_or("?").to_owned())
    };
    if let Some(site) = text(headers.get(FETCH_SITE)) {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = text(headers.get(ORIGIN)) else { return false };
    let host = text(headers.get(HOST)).unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority != Some(host.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        is_of_another_site(&map)
    }

    #[test]
    fn a_form_of_another_site_is_told_by_what_browsers_say() {
        let host = ("host", "weir.example.org:4530");
        assert!(!is_refused(&[host]));
        assert!(!is_refused(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!is_refused(&[host, ("origin", "https://weir.example.org:4530")]));
        for other in ["https://evil.example", "null", "https://weir.example.org:4530.evil.example"]
        {
            assert!(is_refused(&[host, ("origin", other)]), "{other}");
        }
        for site in ["cross-site", "same-site"] {
            assert!(is_refused(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }
}
