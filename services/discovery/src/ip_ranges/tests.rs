//! Ranges come from a URL or a file when they are newer, and never when they make no sense.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use weir_inventory::IpRanges;

use super::fetch::Fetcher;
use super::{IpRangesError, IpRangesSource, bundled};

/// Answers each connection with the next of `answers`, the last one again and again.
async fn serve(answers: Vec<Vec<u8>>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        for at in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push(String::from_utf8(head).unwrap());
            // A client that has seen enough closes early.
            drop(stream.write_all(&answers[at.min(answers.len() - 1)]).await);
        }
    });
    (address, requests)
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

fn ranges(token: u64) -> String {
    format!(
        r#"{{"syncToken":"{token}","createDate":"x","prefixes":[{{"ip_prefix":"3.0.0.0/15",
        "region":"us-east-1","service":"EC2","network_border_group":"us-east-1"}}],
        "ipv6_prefixes":[]}}"#
    )
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/ip-ranges.json")
}

#[tokio::test]
async fn newer_ranges_come_once_and_an_unchanged_document_has_no_body() {
    let new = answer("200 OK", "etag: \"a\"\r\n", &ranges(20));
    let (address, requests) = serve(vec![new, answer("304 Not Modified", "", "")]).await;
    let mut source = IpRangesSource::url(&url(address)).unwrap();
    let found = source.refresh("10").await.unwrap().unwrap();
    assert_eq!((found.sync_token.as_str(), found.prefixes.len()), ("20", 1));
    assert_eq!(source.refresh("20").await.unwrap(), None);
    let requests = requests.lock().unwrap();
    assert!(!requests[0].contains("if-none-match"));
    assert!(requests[1].contains("if-none-match: \"a\""));
}

#[tokio::test]
async fn ranges_that_are_not_newer_are_not_taken() {
    let (address, _) = serve(vec![answer("200 OK", "", &ranges(20))]).await;
    let mut source = IpRangesSource::url(&url(address)).unwrap();
    assert_eq!(source.refresh("20").await.unwrap(), None);
    assert_eq!(source.refresh("30").await.unwrap(), None, "a server that is behind the others");
    assert!(source.refresh("").await.unwrap().is_some());
}

#[tokio::test]
async fn a_document_that_was_not_kept_comes_whole_again() {
    let new = answer("200 OK", "etag: \"a\"\r\n", &ranges(20));
    let (address, requests) = serve(vec![new]).await;
    let mut source = IpRangesSource::url(&url(address)).unwrap();
    assert!(source.refresh("10").await.unwrap().is_some());
    assert!(source.refresh("10").await.unwrap().is_some());
    assert!(!requests.lock().unwrap()[1].contains("if-none-match"));
}

#[tokio::test]
async fn an_answer_that_is_no_ranges_is_an_error_with_its_reason() {
    for (served, expected) in [
        (answer("503 Service Unavailable", "", ""), "503"),
        (answer("200 OK", "", "<html>"), "is not AWS's ip-ranges.json"),
        (answer("200 OK", "", r#"{"syncToken":"1","prefixes":[]}"#), "no prefixes"),
    ] {
        let (address, _) = serve(vec![served]).await;
        let mut source = IpRangesSource::url(&url(address)).unwrap();
        let error = source.refresh("").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_document_without_an_end_is_cut_off() {
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.resize(33 << 20, b' ');
    let (address, _) = serve(vec![endless]).await;
    let mut source = IpRangesSource::url(&url(address)).unwrap();
    let error = source.refresh("").await.unwrap_err();
    assert!(matches!(error, IpRangesError::TooLong { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fetcher = Fetcher::new(&url(listener.local_addr().unwrap())).unwrap();
    let mut fetcher = fetcher.with_time_limit(Duration::from_millis(50));
    let error = fetcher.fetch("").await.err().unwrap().to_string();
    assert!(error.contains("took too long"), "{error}");
}

#[test]
fn only_tls_or_loopback_is_fetched_from() {
    for url in ["http://ip-ranges.amazonaws.com/ip-ranges.json", "ftp://x/", "/a/file", ""] {
        let error = IpRangesSource::url(url).unwrap_err();
        assert!(matches!(error, IpRangesError::Url { .. }), "{url}: {error}");
    }
    assert!(IpRangesSource::url(super::DEFAULT_URL).is_ok());
}

#[tokio::test]
async fn a_file_is_read_again_when_its_token_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ip-ranges.json");
    let mut source = IpRangesSource::file(&path);
    let missing = source.refresh("").await.unwrap_err().to_string();
    assert!(missing.contains("ip-ranges.json failed"), "{missing}");
    std::fs::write(&path, ranges(20)).unwrap();
    assert!(source.refresh("10").await.unwrap().is_some());
    assert_eq!(source.refresh("20").await.unwrap(), None);
    std::fs::write(&path, ranges(21)).unwrap();
    assert!(source.refresh("20").await.unwrap().is_some());
}

#[test]
fn the_bundled_ranges_are_few_and_older_than_anything_that_is_published() {
    let IpRanges { sync_token, prefixes, ipv6_prefixes } = bundled();
    assert!((50..400).contains(&(prefixes.len() + ipv6_prefixes.len())));
    assert!(sync_token.parse::<u64>().unwrap() < 1_700_000_000);
    assert!(prefixes.iter().any(|range| range.service == "EC2"));
    assert!(prefixes.iter().any(|range| range.service == "CLOUDFRONT"));
}
