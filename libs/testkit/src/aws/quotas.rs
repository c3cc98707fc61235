//! How often AWS lets an account call an operation in a region, unless it has asked for more.

use super::call::Call;
use super::limit::Limit;

/// The operations of EC2 that have smaller buckets when a call neither asks for a page nor has a
/// filter.
const HEAVY_WHEN_WHOLE: &[&str] = &[
    "DescribeInstances",
    "DescribeInstanceStatus",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSnapshots",
    "DescribeSpotInstanceRequests",
    "DescribeVolumes",
];

/// The bucket of a call; none where AWS tells of no limit that a reader would meet.
///
/// - EC2 has a bucket for each operation, account and region: 100 calls and 20 a second more for
///   what only reads; 50 and 10 for [`HEAVY_WHEN_WHOLE`]
///   (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
/// - CloudWatch Logs has 10 a second for DescribeLogGroups and 5 for what is not listed by itself
///   (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>).
/// - Kinesis has 5 a second for ListStreams and 20 for DescribeStreamSummary
///   (<https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>), Firehose 5
///   (<https://docs.aws.amazon.com/firehose/latest/dev/limits.html>).
///
/// These tell of no burst: here a second's calls may come at once.
pub(crate) fn limit_of(call: &Call) -> Option<Limit> {
    let steady = |per_second| Some(Limit { burst: per_second, per_second });
    match (call.service.as_str(), call.operation.as_str()) {
        ("ec2", operation) if HEAVY_WHEN_WHOLE.contains(&operation) && is_whole(call) => {
            Some(Limit { burst: 50, per_second: 10 })
        }
        ("ec2", operation) if is_reading(operation) => Some(Limit { burst: 100, per_second: 20 }),
        ("logs", "DescribeLogGroups") => steady(10),
        ("logs", operation) if is_reading(operation) => steady(5),
        ("kinesis", "ListStreams") => steady(5),
        ("kinesis", "DescribeStreamSummary") => steady(20),
        ("firehose", operation) if is_reading(operation) => steady(5),
        _ => None,
    }
}

fn is_reading(operation: &str) -> bool {
    ["Describe", "List", "Search", "Get"].iter().any(|start| operation.starts_with(start))
}

/// Whether a call of EC2 asks for all there is at once.
fn is_whole(call: &Call) -> bool {
    let asked = call.parameters.as_object();
    let narrows =
        |name: &String| name.starts_with("Filter.") || name == "MaxResults" || name == "NextToken";
    !asked.is_some_and(|asked| asked.keys().any(narrows))
}
