//! The regions that are enabled in an account.

use aws_sdk_ec2::types::Region;
use aws_types::SdkConfig;

use crate::sweep::calls::{self, Calls, client};
use crate::sweep::faults::CallError;

/// The codes of the account's enabled regions, in order. Regions that are not opted in are left
/// out: EC2 lists none of them unless it is asked to.
pub(crate) async fn enabled_regions(
    calls: &Calls,
    config: &SdkConfig,
) -> Result<Vec<String>, CallError> {
    let client = client!(aws_sdk_ec2, "ec2", calls, config);
    let answer = calls.once(calls::REGIONS, client.describe_regions().send()).await?;
    let mut codes: Vec<String> = answer.regions().iter().filter_map(enabled).collect();
    codes.sort_unstable();
    Ok(codes)
}

/// A region's code, unless it says that it is closed.
fn enabled(region: &Region) -> Option<String> {
    let is_open = region.opt_in_status() != Some("not-opted-in");
    region.region_name().filter(|_| is_open).map(str::to_owned)
}
