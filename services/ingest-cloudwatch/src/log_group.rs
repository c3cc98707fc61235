//! A log group of CloudWatch Logs.

use std::fmt;
use std::str::FromStr;

/// A log group: its account, its region and its name. It is written as its ARN, and displayed as
/// `ACCOUNT/REGION/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogGroup {
    partition: String,
    account_id: String,
    region: String,
    name: String,
}

/// A text that is no log group's ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "give the log group's ARN, such as arn:aws:logs:eu-west-1:123456789012:log-group:vpc-flow-logs"
)]
pub struct InvalidLogGroup;

/// The longest name
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>).
const MAX_NAME: usize = 512;

impl LogGroup {
    /// Twelve digits.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Its region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its ARN, without the `:*` that stands for its streams.
    pub fn arn(&self) -> String {
        let Self { partition, account_id, region, name } = self;
        format!("arn:{partition}:logs:{region}:{account_id}:log-group:{name}")
    }
}

impl FromStr for LogGroup {
    type Err = InvalidLogGroup;

    fn from_str(text: &str) -> Result<Self, InvalidLogGroup> {
        let text = text.strip_suffix(":*").unwrap_or(text);
        let parts: Vec<_> = text.split(':').collect();
        let ["arn", partition, "logs", region, account_id, "log-group", name] = parts.as_slice()
        else {
            return Err(InvalidLogGroup);
        };
        let is_account = account_id.len() == 12 && account_id.bytes().all(|o| o.is_ascii_digit());
        let is_word = |text: &str| {
            let is_of_word = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            !text.is_empty() && text.bytes().all(is_of_word)
        };
        let is_of_name = |octet: u8| octet.is_ascii_alphanumeric() || b"._/#-".contains(&octet);
        let is_name = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_of_name);
        if !is_account || !is_name || !is_word(partition) || !is_word(region) {
            return Err(InvalidLogGroup);
        }
        let [partition, account_id, region, name] =
            [partition, account_id, region, name].map(|part| (*part).to_owned());
        Ok(Self { partition, account_id, region, name })
    }
}

impl fmt::Display for LogGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.account_id, self.region, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_is_read_from_its_arn_with_and_without_its_streams() {
        let arn = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/vpc_flow.logs#1";
        let group: LogGroup = arn.parse().unwrap();
        assert_eq!(group.arn(), arn);
        assert_eq!(group.to_string(), "123456789012/cn-north-1//aws/vpc_flow.logs#1");
        assert_eq!(format!("{arn}:*").parse(), Ok(group));
    }

    #[test]
    fn what_is_no_arn_of_a_log_group_is_refused() {
        for text in [
            "vpc-flow-logs",
            "arn:aws:logs:eu-west-1:123456789012:log-group:",
            "arn:aws:logs:eu-west-1:12345678901:log-group:a",
            "arn:aws:logs::123456789012:log-group:a",
            "arn:aws:sqs:eu-west-1:123456789012:log-group:a",
            "arn:aws:logs:eu-west-1:123456789012:log-group:a b",
            "arn:aws:logs:eu-west-1:123456789012:log-group:a:log-stream:b",
        ] {
            assert_eq!(text.parse::<LogGroup>(), Err(InvalidLogGroup), "{text}");
        }
    }
}
