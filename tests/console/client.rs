//! A client of HTTP/1.1 that does what attackers do: as much as browsers, and more.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who asks: somebody with a cookie, or nobody.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    cookie: String,
    /// Headers that are sent with each request.
    headers: Vec<(&'static str, String)>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map_or("", |(_, value)| value.trim())
    }

    /// The same answer, once its status is known.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n\n{}", self.head, self.body);
        self
    }

    /// Whether it leads to the page for signing in.
    pub(crate) fn asks_to_sign_in(&self) -> bool {
        self.status == 303 && self.header("location").starts_with("/sign-in")
    }
}

impl Client {
    /// Somebody who has not signed in.
    pub(crate) fn nobody(address: SocketAddr) -> Self {
        Self { address, cookie: String::new(), headers: Vec::new() }
    }

    /// The same with another header in each request.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Signs in.
    #[track_caller]
    pub(crate) fn sign_in(mut self, token: &str) -> Self {
        let answer = self.post("/sign-in", &[("token", token)]).is(303);
        let cookie = answer.header("set-cookie");
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        assert!(self.cookie.contains('='), "{cookie}");
        self
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&self.head("GET", path, ""))
    }

    /// Sends a form without the token of the session.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = encoded(fields);
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let head = self.head("POST", path, &format!("{kind}Content-Length: {}\r\n", body.len()));
        self.send(&(head + &body))
    }

    /// Sends a form as the page does.
    #[track_caller]
    pub(crate) fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        self.post(path, &[&[("csrf", csrf.as_str())], fields].concat())
    }

    /// The token of the session, as all pages have it.
    #[track_caller]
    pub(crate) fn csrf(&self) -> String {
        let page = self.get("/settings").is(200).body;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Begins to send a form of so many octets: the answer, which comes before the end.
    pub(crate) fn flood(&self, path: &str, octets: usize, is_announced: bool) -> Answer {
        let length = match is_announced {
            true => format!("Content-Length: {octets}\r\n"),
            false => "Transfer-Encoding: chunked\r\n".to_owned(),
        };
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let head = self.head("POST", path, &format!("{kind}{length}"));
        let mut stream = self.connect();
        stream.write_all(head.as_bytes()).unwrap();
        let chunk = "a".repeat(4096);
        let chunk = if is_announced { chunk } else { format!("1000\r\n{chunk}\r\n") };
        for _ in 0..octets / 4096 {
            // Who is answered already reads no more.
            if stream.write_all(chunk.as_bytes()).is_err() || has_answer(&stream) {
                break;
            }
        }
        read(stream)
    }

    fn head(&self, method: &str, path: &str, more: &str) -> String {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{more}",
            self.address
        );
        if !self.cookie.is_empty() {
            head += &format!("Cookie: {}\r\n", self.cookie);
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "\r\n"
    }

    fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        read(stream)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// Whether something has come back.
fn has_answer(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let has_answer = stream.peek(&mut [0]).is_ok_and(|octets| octets > 0);
    stream.set_nonblocking(false).unwrap();
    has_answer
}

/// Reads to the end, or until the other side has had enough.
fn read(mut stream: TcpStream) -> Answer {
    let (mut octets, mut buffer) = (Vec::new(), [0; 8192]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        octets.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8_lossy(&octets).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let octet = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(octet).to_string()
        }
        other => format!("%{other:02X}"),
    };
    let text = |text: &str| text.bytes().map(octet).collect::<String>();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
    pairs.collect::<Vec<_>>().join("&")
}
