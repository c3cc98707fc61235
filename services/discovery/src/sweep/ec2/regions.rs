//! The regions of an account.

use aws_sdk_ec2::types::Region;
use aws_types::SdkConfig;
use weir_aws::FoundRegion;

use crate::sweep::calls::{self, Calls, client};
use crate::sweep::faults::CallError;

/// Every region of the account's partition, also those that it has not opted in to.
pub(crate) async fn all_regions(
    calls: &Calls,
    config: &SdkConfig,
) -> Result<Vec<FoundRegion>, CallError> {
    let client = client!(aws_sdk_ec2, "ec2", calls, config);
    let request = client.describe_regions().all_regions(true);
    let answer = calls.once(calls::REGIONS, request.send()).await?;
    Ok(answer.regions().iter().filter_map(region).collect())
}

fn region(region: &Region) -> Option<FoundRegion> {
    let opt_in_status = region.opt_in_status().map(str::to_owned);
    Some(FoundRegion { name: region.region_name()?.to_owned(), opt_in_status })
}
