//! An account whose flow logs write lines of several formats to one log group.

use std::collections::BTreeMap;

use serde_json::json;
use weir_testkit::{Answer, AwsDouble, ec2};

use crate::oracle::Corpus;

/// The log group of all flow logs.
const GROUP: &str = "flows";

/// Flow logs of VPCs: half of them write lines of the corpus as they are, the others write ports,
/// packets and bytes in the opposite order, so that nothing in a line tells which it is.
#[derive(Debug)]
pub struct MixedFormats {
    account_id: String,
    region: String,
    /// The interfaces of lines, each with its VPC.
    interfaces: BTreeMap<String, String>,
}

/// A line as its flow log writes it, and its log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MixedLine {
    /// `eni-…-all`.
    pub log_stream: String,
    /// The line.
    pub text: String,
}

impl MixedFormats {
    /// The interfaces of these lines of the corpus, in an account's region.
    pub fn of(corpus: &Corpus, numbers: std::ops::Range<u64>, account: &str, region: &str) -> Self {
        let text = corpus.text(numbers);
        let fields = text.lines().skip(1).map(|line| line.split(' ').collect::<Vec<_>>());
        let interfaces = fields.map(|fields| (fields[2].to_owned(), fields[3].to_owned()));
        Self {
            account_id: account.to_owned(),
            region: region.to_owned(),
            interfaces: interfaces.collect(),
        }
    }

    /// The log group's ARN.
    pub fn group_arn(&self) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{GROUP}", self.region, self.account_id)
    }

    /// The log group's name.
    pub fn group(&self) -> &'static str {
        GROUP
    }

    /// The log formats of the two kinds of flow logs, as lists of fields.
    pub fn formats() -> [String; 2] {
        let fields = Corpus::log_format().replace(['$', '{', '}'], "");
        let swapped = swap(&fields);
        [fields, swapped]
    }

    /// These lines of the corpus as their flow logs write them.
    pub fn lines(&self, corpus: &Corpus, numbers: std::ops::Range<u64>) -> Vec<MixedLine> {
        let text = corpus.text(numbers);
        let line = |line: &str| {
            let fields: Vec<_> = line.split(' ').collect();
            let is_swapped = self.is_swapped(fields[3]);
            let text = if is_swapped { swap(line) } else { line.to_owned() };
            MixedLine { log_stream: format!("{}-all", fields[2]), text }
        };
        text.lines().skip(1).map(line).collect()
    }

    /// Has the double tell of the flow logs, the interfaces and the group, which a filter sends to
    /// `stream`, if one is given.
    pub fn answer(&self, aws: &AwsDouble, stream: Option<&str>) {
        aws.otherwise(Answer::empty());
        let regions = [(self.region.as_str(), ec2::OptIn::NotRequired)];
        aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
        let interfaces = self.interfaces.iter().map(|(id, vpc)| ec2::Interface {
            id: id.clone(),
            owner: self.account_id.clone(),
            vpc: vpc.clone(),
            subnet: format!("subnet-of-{vpc}"),
            kind: "interface".into(),
            ..ec2::Interface::default()
        });
        let interfaces: Vec<_> = interfaces.collect();
        aws.on("ec2", "DescribeNetworkInterfaces").answer(ec2::interfaces(&interfaces));
        aws.on("ec2", "DescribeFlowLogs").answer(ec2::flow_logs(&self.flow_logs()));
        let group = json!({"logGroupName": GROUP, "logGroupArn": self.group_arn()});
        aws.on("logs", "DescribeLogGroups").answer(json!({ "logGroups": [group] }));
        if let Some(stream) = stream {
            let filter =
                json!({"filterName": "all", "logGroupName": GROUP, "destinationArn": stream});
            let filters = json!({ "subscriptionFilters": [filter] });
            aws.on("logs", "DescribeSubscriptionFilters").answer(filters);
        }
    }

    fn flow_logs(&self) -> Vec<ec2::FlowLog> {
        let formats = Self::formats().map(|format| {
            let fields = format.split(' ').map(|field| format!("${{{field}}}"));
            fields.collect::<Vec<_>>().join(" ")
        });
        let flow_log = |(number, vpc): (usize, &&str)| ec2::FlowLog {
            id: format!("fl-{number}"),
            resource: (*vpc).to_owned(),
            destination_type: "cloud-watch-logs".into(),
            log_group: Some(GROUP.into()),
            format: formats[usize::from(self.is_swapped(vpc))].clone(),
            ..ec2::FlowLog::default()
        };
        self.vpcs().iter().enumerate().map(flow_log).collect()
    }

    fn vpcs(&self) -> Vec<&str> {
        let mut vpcs: Vec<_> = self.interfaces.values().map(String::as_str).collect();
        vpcs.sort_unstable();
        vpcs.dedup();
        assert!(vpcs.len() > 1, "the lines are of one VPC");
        vpcs
    }

    fn is_swapped(&self, vpc: &str) -> bool {
        self.vpcs().iter().position(|known| *known == vpc).is_some_and(|place| place % 2 == 1)
    }
}

/// A line, or its fields, with ports, packets and bytes in the opposite order.
fn swap(line: &str) -> String {
    let mut fields: Vec<_> = line.split(' ').collect();
    fields.swap(6, 7);
    fields.swap(9, 10);
    fields.join(" ")
}
