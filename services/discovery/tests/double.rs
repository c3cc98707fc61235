//! What the double of AWS says of EC2, as EC2's SDK reads it.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

use aws_credential_types::Credentials;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Config, Region};
use aws_sdk_ec2::error::ProvideErrorMetadata as _;
use weir_testkit::{AwsDouble, Fault, ec2};

fn client(aws: &AwsDouble) -> Client {
    let credentials = Credentials::new("AKIATEST", "secret", None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(aws.url())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

fn tags() -> ec2::Tags {
    vec![("Name".to_owned(), "a <b> & \"c\"".to_owned()), ("empty".to_owned(), String::new())]
}

/// An interface with all that weir reads of one.
fn interface() -> ec2::Interface {
    ec2::Interface {
        id: "eni-1".into(),
        owner: "111111111111".into(),
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        availability_zone: "eu-west-1a".into(),
        private: vec![
            ec2::PrivateAddress::new("10.0.0.4").with_public("203.0.113.4"),
            ec2::PrivateAddress::new("10.0.0.5"),
        ],
        ipv6: vec!["2001:db8::4".into()],
        instance: Some("i-1".into()),
        instance_owner: Some("222222222222".into()),
        attached: Some("2026-03-01T12:00:00.000Z".into()),
        kind: "nat_gateway".into(),
        description: "Interface for NAT Gateway nat-1".into(),
        requester: Some("amazon-elb".into()),
        groups: vec!["sg-1".into()],
        tags: tags(),
    }
}

#[tokio::test]
async fn an_interface_has_all_its_addresses_and_its_owner() {
    let aws = AwsDouble::start();
    aws.on("ec2", "DescribeNetworkInterfaces").answer(ec2::interfaces(&[interface()]));
    let answer = client(&aws).describe_network_interfaces().send().await.unwrap();
    let found = &answer.network_interfaces()[0];
    assert_eq!(found.network_interface_id(), Some("eni-1"));
    assert_eq!(found.owner_id(), Some("111111111111"));
    assert_eq!((found.vpc_id(), found.subnet_id()), (Some("vpc-1"), Some("subnet-1")));
    assert_eq!(found.availability_zone(), Some("eu-west-1a"));
    assert_eq!(found.private_ip_address(), Some("10.0.0.4"));
    let addresses = found.private_ip_addresses();
    assert_eq!(addresses[0].association().unwrap().public_ip(), Some("203.0.113.4"));
    assert_eq!(addresses[1].private_ip_address(), Some("10.0.0.5"));
    assert_eq!((addresses[0].primary(), addresses[1].primary()), (Some(true), Some(false)));
    assert_eq!(addresses[1].association().and_then(|public| public.public_ip()), None);
    assert_eq!(found.ipv6_addresses()[0].ipv6_address(), Some("2001:db8::4"));
    let attachment = found.attachment().unwrap();
    assert_eq!(attachment.instance_id(), Some("i-1"));
    assert_eq!(attachment.instance_owner_id(), Some("222222222222"));
    assert_eq!(attachment.attach_time().unwrap().secs(), 1_772_366_400);
    assert_eq!(found.interface_type().unwrap().as_str(), "nat_gateway");
    assert_eq!(found.description(), Some("Interface for NAT Gateway nat-1"));
    assert_eq!(found.requester_id(), Some("amazon-elb"));
    assert_eq!(found.groups()[0].group_id(), Some("sg-1"));
    assert_eq!(found.tag_set()[0].value(), Some("a <b> & \"c\""));
    assert_eq!(found.tag_set()[1].value(), Some(""));
}

#[tokio::test]
async fn interfaces_subnets_and_flow_logs_come_in_pages() {
    let aws = AwsDouble::start();
    let subnets: Vec<_> =
        (0..5).map(|at| ec2::Subnet { id: format!("s-{at}"), ..Default::default() }).collect();
    let logs: Vec<_> =
        (0..3).map(|at| ec2::FlowLog { id: format!("fl-{at}"), ..Default::default() }).collect();
    let interfaces = vec![interface(); 7];
    aws.on("ec2", "DescribeSubnets").answer_in_pages(2, ec2::subnets(&subnets));
    aws.on("ec2", "DescribeFlowLogs").answer_in_pages(1, ec2::flow_logs(&logs));
    aws.on("ec2", "DescribeNetworkInterfaces").answer_in_pages(5, ec2::interfaces(&interfaces));

    let client = client(&aws);
    let subnets = client.describe_subnets().into_paginator().items().send().try_collect().await;
    let logs = client.describe_flow_logs().into_paginator().items().send().try_collect().await;
    let pages = client.describe_network_interfaces().max_results(3).into_paginator();
    let interfaces = pages.items().send().try_collect().await;

    assert_eq!(subnets.unwrap().len(), 5);
    assert_eq!(logs.unwrap().len(), 3);
    assert_eq!(interfaces.unwrap().len(), 7);
    let calls = |operation| aws.calls_of("ec2", operation).len();
    assert_eq!((calls("DescribeSubnets"), calls("DescribeFlowLogs")), (3, 3));
    assert_eq!(calls("DescribeNetworkInterfaces"), 3);
}

#[tokio::test]
async fn a_flow_log_says_how_its_files_are_written() {
    let aws = AwsDouble::start();
    let log = ec2::FlowLog {
        id: "fl-1".into(),
        resource: "vpc-1".into(),
        destination_type: "s3".into(),
        destination: Some("arn:aws:s3:::logs/prefix".into()),
        format: "${version} ${account-id}".into(),
        delivery: "FAILED".into(),
        delivery_error: Some("Access error".into()),
        aggregation: 60,
        options: Some(ec2::DestinationOptions {
            file_format: "parquet".into(),
            hive_compatible_partitions: true,
            per_hour_partition: false,
        }),
        ..Default::default()
    };
    aws.on("ec2", "DescribeFlowLogs").answer(ec2::flow_logs(&[log]));
    let answer = client(&aws).describe_flow_logs().send().await.unwrap();
    let found = &answer.flow_logs()[0];
    assert_eq!((found.flow_log_id(), found.resource_id()), (Some("fl-1"), Some("vpc-1")));
    assert_eq!(found.log_destination_type().unwrap().as_str(), "s3");
    assert_eq!(found.log_destination(), Some("arn:aws:s3:::logs/prefix"));
    assert_eq!(found.log_format(), Some("${version} ${account-id}"));
    assert_eq!(found.traffic_type().unwrap().as_str(), "ALL");
    assert_eq!(found.deliver_logs_status(), Some("FAILED"));
    assert_eq!(found.deliver_logs_error_message(), Some("Access error"));
    assert_eq!(found.max_aggregation_interval(), Some(60));
    let options = found.destination_options().unwrap();
    assert_eq!(options.file_format().unwrap().as_str(), "parquet");
    assert_eq!(options.hive_compatible_partitions(), Some(true));
    assert_eq!(options.per_hour_partition(), Some(false));
}

#[tokio::test]
async fn a_vpc_and_its_subnets_have_all_their_blocks() {
    let aws = AwsDouble::start();
    let vpc = ec2::Vpc {
        id: "vpc-1".into(),
        owner: "111111111111".into(),
        cidrs: vec!["10.0.0.0/16".into(), "100.64.0.0/16".into()],
        ipv6_cidrs: vec!["2001:db8::/56".into()],
        is_default: true,
        tags: tags(),
    };
    let subnet = ec2::Subnet {
        id: "subnet-1".into(),
        vpc: "vpc-1".into(),
        owner: "111111111111".into(),
        cidr: "10.0.1.0/24".into(),
        ipv6_cidrs: vec!["2001:db8::/64".into()],
        availability_zone: "eu-west-1a".into(),
        availability_zone_id: "euw1-az1".into(),
        tags: tags(),
    };
    aws.on("ec2", "DescribeVpcs").answer(ec2::vpcs(&[vpc]));
    aws.on("ec2", "DescribeSubnets").answer(ec2::subnets(&[subnet]));

    let vpcs = client(&aws).describe_vpcs().send().await.unwrap();
    let vpc = &vpcs.vpcs()[0];
    assert_eq!((vpc.vpc_id(), vpc.owner_id()), (Some("vpc-1"), Some("111111111111")));
    assert_eq!((vpc.cidr_block(), vpc.is_default()), (Some("10.0.0.0/16"), Some(true)));
    assert_eq!(vpc.cidr_block_association_set()[1].cidr_block(), Some("100.64.0.0/16"));
    let ipv6 = &vpc.ipv6_cidr_block_association_set()[0];
    assert_eq!(ipv6.ipv6_cidr_block(), Some("2001:db8::/56"));
    assert_eq!(ipv6.ipv6_cidr_block_state().unwrap().state().unwrap().as_str(), "associated");
    assert_eq!(vpc.tags().len(), 2);

    let subnets = client(&aws).describe_subnets().send().await.unwrap();
    let subnet = &subnets.subnets()[0];
    assert_eq!((subnet.subnet_id(), subnet.vpc_id()), (Some("subnet-1"), Some("vpc-1")));
    assert_eq!(subnet.cidr_block(), Some("10.0.1.0/24"));
    let ipv6 = &subnet.ipv6_cidr_block_association_set()[0];
    assert_eq!(ipv6.ipv6_cidr_block(), Some("2001:db8::/64"));
    assert_eq!(subnet.availability_zone_id(), Some("euw1-az1"));
}

#[tokio::test]
async fn an_instance_comes_in_its_reservation_with_its_interfaces() {
    let aws = AwsDouble::start();
    let instance = ec2::Instance {
        id: "i-1".into(),
        owner: "111111111111".into(),
        vpc: "vpc-1".into(),
        subnet: "subnet-1".into(),
        kind: "m7g.large".into(),
        state: "stopped".into(),
        image: "ami-1".into(),
        availability_zone: "eu-west-1a".into(),
        launched: Some("2026-03-01T12:00:00.000Z".into()),
        private: Some("10.0.0.4".into()),
        public: Some("203.0.113.4".into()),
        interfaces: vec![interface()],
        tags: tags(),
    };
    aws.on("ec2", "DescribeInstances").answer(ec2::instances(&[instance]));
    let answer = client(&aws).describe_instances().send().await.unwrap();
    let reservation = &answer.reservations()[0];
    assert_eq!(reservation.owner_id(), Some("111111111111"));
    let found = &reservation.instances()[0];
    assert_eq!((found.instance_id(), found.image_id()), (Some("i-1"), Some("ami-1")));
    assert_eq!(found.state().unwrap().name().unwrap().as_str(), "stopped");
    assert_eq!(found.instance_type().unwrap().as_str(), "m7g.large");
    assert_eq!(found.launch_time().unwrap().secs(), 1_772_366_400);
    assert_eq!(found.placement().unwrap().availability_zone(), Some("eu-west-1a"));
    assert_eq!(found.public_ip_address(), Some("203.0.113.4"));
    let interface = &found.network_interfaces()[0];
    assert_eq!(interface.network_interface_id(), Some("eni-1"));
    assert_eq!(interface.private_ip_addresses().len(), 2);
    assert_eq!(found.tags()[0].key(), Some("Name"));
}

#[tokio::test]
async fn regions_say_whether_the_account_may_use_them() {
    let aws = AwsDouble::start();
    let all = [("eu-west-1", ec2::OptIn::NotRequired), ("me-south-1", ec2::OptIn::NotOptedIn)];
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&all));
    let answer = client(&aws).describe_regions().all_regions(true).send().await.unwrap();
    let statuses = answer.regions().iter().filter_map(|region| region.opt_in_status());
    assert_eq!(statuses.collect::<Vec<_>>(), ["opt-in-not-required", "not-opted-in"]);
    assert_eq!(answer.regions()[1].region_name(), Some("me-south-1"));
    assert_eq!(aws.calls()[0].parameter("AllRegions"), Some("true"));
}

#[tokio::test]
async fn refusals_have_the_codes_of_ec2() {
    let aws = AwsDouble::start();
    let denied = Fault::denied("ec2:DescribeVpcs");
    let faults = [Fault::Throttled, Fault::Expired, Fault::UnknownKey, denied, Fault::Unavailable];
    aws.on("ec2", "DescribeVpcs").answer_in_turn(faults.map(Into::into));
    let codes = [
        "RequestLimitExceeded",
        "RequestExpired",
        "AuthFailure",
        "UnauthorizedOperation",
        "Unavailable",
    ];
    for code in codes {
        let error = client(&aws).describe_vpcs().send().await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
}
