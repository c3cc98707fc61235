//! Where the flow logs of a region go.

use std::collections::BTreeSet;

use weir_inventory::region::{FlowLog, FlowLogDestination, LogGroup, RegionSnapshot};

use super::arn::Arn;
use super::ec2::Ec2;
use super::faults::CallError;
use super::logs::Logs;
use super::region::RegionSweep;
use super::streams;
use super::ties::Targets;
use super::unread::Unread;
use crate::reader::RegionPart;

/// What is delivered where.
#[derive(Default)]
pub(super) struct Deliveries {
    pub(super) flow_logs: Vec<FlowLog>,
    pub(super) log_groups: Vec<LogGroup>,
    pub(super) targets: Targets,
}

impl RegionSweep<'_> {
    /// Flow logs, the log groups that they fill, and where these lead.
    pub(super) async fn deliveries(&self, ec2: &Ec2<'_>) -> (Deliveries, Unread) {
        let mut unread = Unread::default();
        let logs = Logs::new(self.calls, self.config);
        let flow_logs = unread.part(RegionPart::FlowLogs, ec2.flow_logs().await);
        let names = log_group_names(&flow_logs);
        let (log_groups, destinations) = tokio::join!(logs.log_groups(&names), logs.destinations());
        let (log_groups, errors) = unread.part(RegionPart::LogGroups, log_groups);
        unread.details(errors);
        let mut targets = Targets::new();
        match destinations {
            Ok(destinations) => targets.extend(destinations),
            Err(error) => unread.details([error]),
        }
        let mut deliveries = Deliveries { flow_logs, log_groups, targets };
        for arn in self.delivery_streams(&deliveries) {
            match self.delivery_target(&arn).await {
                Ok(target) => deliveries.targets.extend(target.map(|target| (arn, target))),
                Err(error) => unread.details([error]),
            }
        }
        (deliveries, unread)
    }

    /// The delivery streams of this account and region that anything leads to.
    fn delivery_streams(&self, deliveries: &Deliveries) -> BTreeSet<String> {
        let of_logs = deliveries.flow_logs.iter().filter_map(|log| match &log.destination {
            FlowLogDestination::Firehose { arn } => Some(arn),
            _ => None,
        });
        let filters = deliveries.log_groups.iter().flat_map(|group| &group.subscription_filters);
        let of_filters = filters.map(|filter| &filter.destination_arn);
        let all = of_logs.chain(of_filters).chain(deliveries.targets.values());
        let place = self.calls.place();
        let is_here = |arn: &&String| {
            Arn::parse(arn).is_some_and(|arn| {
                arn.service == "firehose"
                    && arn.region == place.region
                    && arn.account_id == place.account_id
            })
        };
        all.filter(is_here).cloned().collect()
    }

    async fn delivery_target(&self, arn: &str) -> Result<Option<String>, CallError> {
        match Arn::parse(arn) {
            Some(arn) => streams::delivery_target(self.calls, self.config, &arn).await,
            None => Ok(None),
        }
    }
}

fn log_group_names(flow_logs: &[FlowLog]) -> BTreeSet<String> {
    let names = flow_logs.iter().filter_map(|log| match &log.destination {
        FlowLogDestination::CloudWatchLogs { log_group, .. } => Some(log_group.clone()),
        _ => None,
    });
    names.collect()
}

/// The buckets that the region's flow logs are delivered to, themselves or through Firehose.
pub(super) fn buckets_of(snapshot: &RegionSnapshot, targets: &Targets) -> BTreeSet<String> {
    let direct = snapshot.flow_logs.iter().filter_map(|log| match &log.destination {
        FlowLogDestination::S3 { bucket, .. } => Some(bucket.as_str()),
        _ => None,
    });
    let through = targets.values().filter_map(|arn| Arn::parse(arn));
    let through = through.filter(|arn| arn.service == "s3").map(|arn| arn.resource);
    direct.chain(through).map(str::to_owned).collect()
}
