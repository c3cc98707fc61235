//! The protocols that services of AWS speak.

/// How a call and its answer are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A form, answered with EC2's own XML.
    Ec2,
    /// A form, answered with XML (STS).
    Query,
    /// `awsJson1_0` and `awsJson1_1`: the operation is in `X-Amz-Target`.
    Json,
    /// `smithy.protocols#rpcv2Cbor`: the operation is in the path, and bodies are CBOR (CloudWatch).
    Cbor,
    /// Paths, answered with XML (S3).
    RestXml,
}

/// The names of the parameter and of the member of the answer that pages are chained with.
pub(crate) fn tokens(service: &str, operation: &str) -> (&'static str, &'static str) {
    match (service, operation) {
        ("ec2", _) => ("NextToken", "nextToken"),
        ("logs", _) => ("nextToken", "nextToken"),
        ("s3", "ListBuckets") => ("continuation-token", "ContinuationToken"),
        ("s3", _) => ("continuation-token", "NextContinuationToken"),
        _ => ("NextToken", "NextToken"),
    }
}

/// The parameters that bound a page, of all services.
pub(crate) const PAGE_SIZES: &[&str] = &["MaxResults", "limit", "Limit", "max-keys", "max-buckets"];
