//! Where a queue is: its URL, or its ARN.

use std::fmt;
use std::str::FromStr;

use weir_aws::Partition;

/// Where a queue is. It is displayed as its URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueueAddress {
    url: String,
    account_id: Option<String>,
    region: String,
}

/// Why a text is no queue's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQueueAddress {
    /// Neither a URL nor an ARN of SQS.
    #[error(
        "give a queue's URL such as https://sqs.eu-west-1.amazonaws.com/123456789012/NAME, or its \
         ARN"
    )]
    Form,
    /// A URL of a host that does not tell the region.
    #[error("the URL does not tell the queue's region: give its ARN")]
    Region,
}

impl QueueAddress {
    /// The URL that calls name it by.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The account that it is in: twelve digits, where the address tells it.
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// Its region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>
    fn of_arn(arn: &str) -> Option<Self> {
        let parts: Vec<_> = arn.split(':').collect();
        let &["arn", partition, "sqs", region, account_id, name] = parts.as_slice() else {
            return None;
        };
        let suffix = match partition.parse::<Partition>().ok()? {
            Partition::China => "amazonaws.com.cn",
            Partition::Aws | Partition::GovCloud => "amazonaws.com",
        };
        if !is_region(region) || !is_account_id(account_id) || !is_name(name) {
            return None;
        }
        Some(Self {
            url: format!("https://sqs.{region}.{suffix}/{account_id}/{name}"),
            account_id: Some(account_id.to_owned()),
            region: region.to_owned(),
        })
    }
}

impl fmt::Display for QueueAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl FromStr for QueueAddress {
    type Err = InvalidQueueAddress;

    fn from_str(text: &str) -> Result<Self, InvalidQueueAddress> {
        if text.starts_with("arn:") {
            return Self::of_arn(text).ok_or(InvalidQueueAddress::Form);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let parts: Vec<_> = rest.ok_or(InvalidQueueAddress::Form)?.split('/').collect();
        let &[host, account_id, name] = parts.as_slice() else {
            return Err(InvalidQueueAddress::Form);
        };
        if !is_account_id(account_id) || !is_name(name) {
            return Err(InvalidQueueAddress::Form);
        }
        let region = region_of(host).ok_or(InvalidQueueAddress::Region)?;
        let (url, account_id) = (text.to_owned(), Some(account_id.to_owned()));
        Ok(Self { url, account_id, region: region.to_owned() })
    }
}

/// The region that a host of SQS is in: `sqs.eu-west-1.amazonaws.com`, an interface endpoint's
/// `vpce-1.sqs.eu-west-1.vpce.amazonaws.com`, or one of the names of old
/// (<https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>).
fn region_of(host: &str) -> Option<&str> {
    let host = host.split(':').next()?;
    if host == "queue.amazonaws.com" {
        return Some("us-east-1");
    }
    let labels: Vec<_> = host.split('.').collect();
    let after = labels.iter().position(|label| ["sqs", "sqs-fips"].contains(label));
    let region = match after {
        Some(place) => labels.get(place + 1),
        None => labels.first().filter(|_| labels.get(1) == Some(&"queue")),
    };
    region.copied().filter(|region| is_region(region))
}

fn is_region(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    };
    (3..=5).contains(&text.split('-').count()) && text.split('-').all(is_part)
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// 1 to 80 letters, digits, `-` and `_`; FIFO queues, which S3 cannot tell, end in `.fifo`
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>).
fn is_name(text: &str) -> bool {
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    let stem = text.strip_suffix(".fifo").unwrap_or(text);
    (1..=80).contains(&text.len()) && !stem.is_empty() && stem.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<String>, String, String) {
        let queue: QueueAddress = text.parse().unwrap();
        let account_id = queue.account_id().map(str::to_owned);
        (queue.to_string(), account_id, queue.region().to_owned(), queue.name().to_owned())
    }

    #[test]
    fn an_arn_tells_all_that_a_url_does() {
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/flow-logs";
        let (region, name) = ("eu-west-1".to_owned(), "flow-logs".to_owned());
        let expected = (url.to_owned(), Some("123456789012".to_owned()), region, name);
        assert_eq!(read("arn:aws:sqs:eu-west-1:123456789012:flow-logs"), expected);
        assert_eq!(read(url), expected);
        let china = read("arn:aws-cn:sqs:cn-north-1:123456789012:q").0;
        assert_eq!(china, "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q");
    }

    #[test]
    fn every_kind_of_host_tells_its_region() {
        for (host, region) in [
            ("sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("sqs-fips.us-east-2.amazonaws.com", "us-east-2"),
            ("vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
            ("eu-central-1.queue.amazonaws.com", "eu-central-1"),
            ("queue.amazonaws.com", "us-east-1"),
            ("sqs.us-east-1.localhost.localstack.cloud:4566", "us-east-1"),
        ] {
            assert_eq!(read(&format!("https://{host}/123456789012/q")).2, region, "{host}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "flow-logs",
            "arn:aws:sqs:eu-west-1:123456789012",
            "arn:aws:sns:eu-west-1:123456789012:topic",
            "arn:aws:sqs:eu-west-1:12345:q",
            "https://sqs.eu-west-1.amazonaws.com/flow-logs",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/flow/logs",
            "ftp://sqs.eu-west-1.amazonaws.com/123456789012/q",
        ] {
            assert_eq!(text.parse::<QueueAddress>(), Err(InvalidQueueAddress::Form), "{text}");
        }
        let url = "http://127.0.0.1:5000/123456789012/q";
        assert_eq!(url.parse::<QueueAddress>(), Err(InvalidQueueAddress::Region));
    }
}
