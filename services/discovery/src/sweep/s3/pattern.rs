//! Which buckets and keys an event pattern of EventBridge lets pass.

use serde_json::Value;

/// A rule's pattern, as far as it is about new objects of S3
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Pattern {
    /// Empty: every bucket.
    buckets: Vec<Match>,
    /// The start and the end that keys have in common; empty for all keys.
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    Exactly(String),
    StartingWith(String),
    EndingWith(String),
}

impl S3Pattern {
    /// `None` when new objects do not pass, or when the pattern asks for more than is understood:
    /// a queue is left out rather than guessed.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let pattern: Value = serde_json::from_str(pattern).ok()?;
        let passes = |key: &str, text: &str| match pattern.get(key) {
            None => true,
            Some(list) => matches(list).is_some_and(|list| is_among(&list, text)),
        };
        let names_s3 = pattern.get("source").is_some() || pattern.get("detail-type").is_some();
        if !names_s3 || !passes("source", "aws.s3") || !passes("detail-type", "Object Created") {
            return None;
        }
        let detail = pattern.get("detail");
        let bucket = detail.and_then(|detail| detail.get("bucket")?.get("name"));
        let buckets = bucket.map_or(Some(Vec::new()), matches)?;
        let key = detail.and_then(|detail| detail.get("object")?.get("key"));
        let keys = key.map_or(Some(Vec::new()), matches)?;
        let (prefix, suffix) = match keys.as_slice() {
            [Match::StartingWith(start)] => (start.clone(), String::new()),
            [Match::EndingWith(end)] => (String::new(), end.clone()),
            _ => Default::default(),
        };
        Some(Self { buckets, prefix, suffix })
    }

    /// Whether new objects of a bucket pass.
    pub(crate) fn covers(&self, bucket: &str) -> bool {
        self.buckets.is_empty() || is_among(&self.buckets, bucket)
    }
}

fn matches(list: &Value) -> Option<Vec<Match>> {
    list.as_array()?.iter().map(one_match).collect()
}

fn one_match(value: &Value) -> Option<Match> {
    let of = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    match value {
        Value::String(text) => Some(Match::Exactly(text.clone())),
        _ => {
            let start = of("prefix").map(Match::StartingWith);
            start.or_else(|| of("suffix").map(Match::EndingWith))
        }
    }
}

fn is_among(list: &[Match], text: &str) -> bool {
    list.iter().any(|one| match one {
        Match::Exactly(whole) => whole == text,
        Match::StartingWith(start) => text.starts_with(start.as_str()),
        Match::EndingWith(end) => text.ends_with(end.as_str()),
    })
}

#[cfg(test)]
mod tests {
    use super::S3Pattern;

    #[test]
    fn a_rule_for_one_bucket_covers_it_alone() {
        let text = r#"{"source":["aws.s3"],"detail-type":["Object Created"],
            "detail":{"bucket":{"name":["flows"]},"object":{"key":[{"prefix":"AWSLogs/"}]}}}"#;
        let pattern = S3Pattern::parse(text).unwrap();
        assert!(pattern.covers("flows") && !pattern.covers("others"));
        assert_eq!((pattern.prefix.as_str(), pattern.suffix.as_str()), ("AWSLogs/", ""));
    }

    #[test]
    fn a_rule_for_all_of_s3_covers_every_bucket() {
        assert!(S3Pattern::parse(r#"{"source":["aws.s3"]}"#).unwrap().covers("any"));
        let starts =
            r#"{"source":[{"prefix":"aws."}],"detail":{"bucket":{"name":[{"prefix":"fl"}]}}}"#;
        assert!(S3Pattern::parse(starts).unwrap().covers("flows"));
    }

    #[test]
    fn rules_of_other_events_and_patterns_that_are_not_understood_are_left_out() {
        for text in [
            r#"{"source":["aws.ec2"]}"#,
            r#"{"source":["aws.s3"],"detail-type":["Object Deleted"]}"#,
            r#"{"source":["aws.s3"],"detail":{"bucket":{"name":[{"anything-but":["flows"]}]}}}"#,
            r#"{"detail":{}}"#,
            "no json",
        ] {
            assert_eq!(S3Pattern::parse(text), None, "{text}");
        }
    }
}
