//! The parts of an Amazon Resource Name.

/// `arn:partition:service:region:account-id:resource`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    /// `sqs`, `kinesis`, ….
    pub(crate) service: &'a str,
    /// Empty where the service has none.
    pub(crate) region: &'a str,
    /// Empty where the service has none.
    pub(crate) account_id: &'a str,
    /// All after the fifth colon.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let _partition = parts.next()?;
        let [service, region, account_id] = [parts.next()?, parts.next()?, parts.next()?];
        Some(Self { service, region, account_id, resource: parts.next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn the_resource_keeps_its_own_colons() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:111122223333:log-group:/flow:*");
        let resource = "log-group:/flow:*";
        let expected =
            Arn { service: "logs", region: "eu-west-1", account_id: "111122223333", resource };
        assert_eq!(arn, Some(expected));
    }

    #[test]
    fn anything_else_is_none() {
        assert_eq!(Arn::parse("arn:aws:s3"), None);
        assert_eq!(Arn::parse("bucket"), None);
    }
}
