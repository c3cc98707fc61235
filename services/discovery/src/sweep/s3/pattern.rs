//! Which buckets and keys an event pattern of EventBridge lets pass.

use serde_json::Value;

/// A rule's pattern, as far as it is about new objects of S3
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Pattern {
    /// Lists of buckets, of each of which one has to fit.
    buckets: Vec<Vec<Match>>,
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
    /// What lets every new object pass.
    pub(crate) fn everything() -> Self {
        Self { buckets: Vec::new(), prefix: String::new(), suffix: String::new() }
    }

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
        let buckets = bucket.map(|bucket| matches(bucket).ok_or(())).transpose().ok()?;
        let key = detail.and_then(|detail| detail.get("object")?.get("key"));
        let keys = key.map_or(Some(Vec::new()), matches)?;
        let (prefix, suffix) = match keys.as_slice() {
            [Match::StartingWith(start)] => (start.clone(), String::new()),
            [Match::EndingWith(end)] => (String::new(), end.clone()),
            _ => Default::default(),
        };
        Some(Self { buckets: buckets.into_iter().collect(), prefix, suffix })
    }

    /// What passes this pattern of what has passed another one before: a rule may send to a bus
    /// that has rules of its own. `None` when that is nothing.
    pub(crate) fn after(&self, before: &Self) -> Option<Self> {
        let longer = |one: &String, other: &String, is_part: fn(&str, &str) -> bool| {
            let (long, short) = if one.len() < other.len() { (other, one) } else { (one, other) };
            is_part(long, short).then(|| long.clone())
        };
        let mut buckets = before.buckets.clone();
        buckets.extend(self.buckets.iter().filter(|list| !before.buckets.contains(list)).cloned());
        let prefix = longer(&self.prefix, &before.prefix, |long, short| long.starts_with(short))?;
        let suffix = longer(&self.suffix, &before.suffix, |long, short| long.ends_with(short))?;
        Some(Self { buckets, prefix, suffix })
    }

    /// Whether new objects of a bucket pass.
    pub(crate) fn covers(&self, bucket: &str) -> bool {
        self.buckets.iter().all(|list| is_among(list, bucket))
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
    fn what_passes_two_rules_passes_each_of_them() {
        let first = r#"{"source":["aws.s3"],"detail":{"bucket":{"name":[{"prefix":"flows"}]},
            "object":{"key":[{"prefix":"AWSLogs/"}]}}}"#;
        let second = r#"{"source":["aws.s3"],"detail":{"bucket":{"name":["flows-a","others"]},
            "object":{"key":[{"prefix":"AWSLogs/111122223333/"}]}}}"#;
        let [first, second] = [first, second].map(|text| S3Pattern::parse(text).unwrap());
        let both = second.after(&first).unwrap();
        assert_eq!(both.prefix, "AWSLogs/111122223333/");
        assert_eq!(
            ["flows-a", "flows-b", "others"].map(|name| both.covers(name)),
            [true, false, false]
        );
        let elsewhere = r#"{"source":["aws.s3"],"detail":{"object":{"key":[{"prefix":"tmp/"}]}}}"#;
        assert_eq!(S3Pattern::parse(elsewhere).unwrap().after(&first), None);
        assert_eq!(first.after(&S3Pattern::everything()), Some(first.clone()));
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
