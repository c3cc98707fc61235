//! One question to a server of a test, to see whether it is there.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends text to a port of 127.0.0.1: all that comes back until the end of the connection, or
/// until `is_whole`. `None` when nobody answers.
pub(super) fn ask_once(port: u16, question: &str, is_whole: fn(&str) -> bool) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(question.as_bytes()).ok()?;
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let octets = stream.read(&mut part).ok()?;
        answer.extend_from_slice(part.get(..octets)?);
        let text = String::from_utf8_lossy(&answer);
        if octets == 0 || is_whole(&text) {
            return Some(text.into_owned()).filter(|text| !text.is_empty());
        }
    }
}

/// The status line of the answer to a request without a body.
pub(super) fn status(port: u16, method: &str, path: &str) -> Option<String> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = ask_once(port, &request, |answer| answer.contains("\r\n\r\n"))?;
    answer.lines().next().map(str::to_owned)
}
