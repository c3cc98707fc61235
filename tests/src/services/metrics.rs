//! The Prometheus page of a service.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// The samples of a page at one moment.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Vec<(String, f64)>);

impl Metrics {
    /// Fetches `/metrics`.
    pub(super) fn fetch(address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request =
            format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        if !page.starts_with("HTTP/1.1 200") {
            return Err(io::Error::other(page));
        }
        Ok(Self(page.lines().filter_map(sample).collect()))
    }

    /// The sum of a metric over all samples whose labels hold `label`, such as
    /// `output="udp://`; 0 where there is none.
    pub fn sum_of(&self, name: &str, label: &str) -> u64 {
        let is_meant = |series: &str| {
            let (metric, labels) = series.split_once('{').unwrap_or((series, ""));
            metric == name && labels.contains(label)
        };
        let samples = self.0.iter().filter(|(series, _)| is_meant(series));
        let sum: f64 = samples.map(|(_, value)| *value).sum();
        // Counts are far below the numbers that a float does not have.
        sum as u64
    }

    /// Whether there is a sample of a metric.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(series, _)| series.split('{').next() == Some(name))
    }

    /// The sum of a metric over all its samples.
    pub fn sum(&self, name: &str) -> u64 {
        self.sum_of(name, "")
    }
}

/// A line of the text format: `name{labels} value`.
fn sample(line: &str) -> Option<(String, f64)> {
    if line.starts_with('#') {
        return None;
    }
    let (series, value) = line.rsplit_once(' ')?;
    Some((series.to_owned(), value.parse().ok()?))
}
