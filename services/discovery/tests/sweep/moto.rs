//! Two accounts in two regions, as moto's server has them.

use aws_sdk_ec2::types as ec2;
use aws_sdk_s3::types as s3;
use weir_aws::Account;
use weir_discovery::reader::{Place, Reading, RegionProgress, RegionReader, RegionStep};
use weir_inventory::region::{FlowLogDestination, NotificationRoute};
use weir_testkit::MotoServer;

use crate::setup::{MOTO_ACCOUNT, OTHER_ACCOUNT, moto_accounts, moto_reader};

const FORMAT: &str = "${version} ${vpc-id} ${srcaddr} ${dstaddr} ${bytes}";
const ROLE: &str = "arn:aws:iam::123456789012:role/delivery";
const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/flows";
const DELIVERY: &str = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/fire";
const QUEUES: [&str; 2] = ["direct", "through-sns"];

/// What one region has.
struct Region {
    vpc_id: String,
    subnet_id: String,
    instance_id: String,
}

fn named(kind: ec2::ResourceType, name: &str) -> ec2::TagSpecification {
    let tag = ec2::Tag::builder().key("Name").value(name).build();
    ec2::TagSpecification::builder().resource_type(kind).tags(tag).build()
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:eu-west-1:123456789012:{name}")
}

/// A VPC with a subnet and a named instance with a second address and an IPv6 block.
async fn fill(account: &Account, region: &str, cidr: &str, name: &str) -> Region {
    let client = aws_sdk_ec2::Client::new(&account.config(region));
    let vpc = client.create_vpc().cidr_block(format!("{cidr}.0.0/16"));
    let vpc = vpc.tag_specifications(named(ec2::ResourceType::Vpc, name)).send().await.unwrap();
    let vpc_id = vpc.vpc.unwrap().vpc_id.unwrap();
    let subnet = client.create_subnet().vpc_id(&vpc_id).cidr_block(format!("{cidr}.1.0/24"));
    let subnet_id = subnet.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    let run = client.run_instances().image_id("ami-12c6146b").min_count(1).max_count(1);
    let run = run.subnet_id(&subnet_id).private_ip_address(format!("{cidr}.1.10"));
    let run = run.tag_specifications(named(ec2::ResourceType::Instance, name));
    let instances = run.send().await.unwrap().instances.unwrap();
    let instance_id = instances[0].instance_id.clone().unwrap();
    Region { vpc_id, subnet_id, instance_id }
}

/// Flow logs to a log group, a bucket and a delivery stream, and what these lead to.
async fn deliver(account: &Account, region: &Region) {
    let config = account.config("eu-west-1");
    let kinesis = aws_sdk_kinesis::Client::new(&config);
    kinesis.create_stream().stream_name("flows").shard_count(2).send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    logs.create_log_group().log_group_name("/flow").send().await.unwrap();
    let filter = logs.put_subscription_filter().log_group_name("/flow").filter_name("all");
    let filter = filter.filter_pattern("").destination_arn(STREAM).role_arn(ROLE);
    filter.send().await.unwrap();
    bucket(account).await;
    let firehose = aws_sdk_firehose::Client::new(&config);
    let to = aws_sdk_firehose::types::ExtendedS3DestinationConfiguration::builder();
    let plain = aws_sdk_firehose::types::CompressionFormat::Uncompressed;
    let to = to.role_arn(ROLE).bucket_arn("arn:aws:s3:::flows-fire").compression_format(plain);
    let to = to.build().unwrap();
    let stream = firehose.create_delivery_stream().delivery_stream_name("fire");
    stream.extended_s3_destination_configuration(to).send().await.unwrap();

    let client = aws_sdk_ec2::Client::new(&config);
    let flow_log = || client.create_flow_logs().traffic_type(ec2::TrafficType::All);
    let of_vpc = || flow_log().resource_type(ec2::FlowLogsResourceType::Vpc);
    let of_vpc = || of_vpc().resource_ids(&region.vpc_id).log_format(FORMAT);
    let to_group = of_vpc().log_group_name("/flow").deliver_logs_permission_arn(ROLE);
    to_group.send().await.unwrap();
    let to_bucket = of_vpc().log_destination_type(ec2::LogDestinationType::S3);
    to_bucket.log_destination("arn:aws:s3:::flows").send().await.unwrap();
    let of_subnet = flow_log().resource_type(ec2::FlowLogsResourceType::Subnet);
    let of_subnet = of_subnet.resource_ids(&region.subnet_id).log_destination(DELIVERY);
    let of_subnet = of_subnet.log_destination_type(ec2::LogDestinationType::KinesisDataFirehose);
    of_subnet.send().await.unwrap();
}

/// A bucket that tells two queues: itself and through a topic. moto keeps to itself whether a
/// bucket tells EventBridge.
async fn bucket(account: &Account) {
    let config = account.config("eu-west-1");
    let client = aws_sdk_s3::Client::new(&config);
    for name in ["flows", "flows-fire", "others"] {
        let place = s3::CreateBucketConfiguration::builder();
        let place = place.location_constraint(s3::BucketLocationConstraint::EuWest1).build();
        let create = client.create_bucket().bucket(name).create_bucket_configuration(place);
        create.send().await.unwrap();
    }
    let sqs = aws_sdk_sqs::Client::new(&config);
    for name in QUEUES {
        sqs.create_queue().queue_name(name).send().await.unwrap();
    }
    let sns = aws_sdk_sns::Client::new(&config);
    let topic = sns.create_topic().name("flows").send().await.unwrap().topic_arn.unwrap();
    let subscribe =
        sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn(QUEUES[1]));
    subscribe.send().await.unwrap();

    let rule = s3::FilterRule::builder().name(s3::FilterRuleName::Prefix).value("AWSLogs/").build();
    let key = s3::S3KeyFilter::builder().filter_rules(rule).build();
    let filter = s3::NotificationConfigurationFilter::builder().key(key).build();
    let queue = s3::QueueConfiguration::builder().queue_arn(queue_arn(QUEUES[0]));
    let queue = queue.events(s3::Event::S3ObjectCreated).filter(filter).build().unwrap();
    let topic = s3::TopicConfiguration::builder().topic_arn(topic);
    let topic = topic.events(s3::Event::S3ObjectCreatedPut).build().unwrap();
    let events = s3::EventBridgeConfiguration::builder().build();
    let told = s3::NotificationConfiguration::builder().event_bridge_configuration(events);
    // moto's answer for a bucket that tells nobody is none of S3's.
    for name in ["flows-fire", "others"] {
        let put = client.put_bucket_notification_configuration().bucket(name);
        put.notification_configuration(told.clone().build()).send().await.unwrap();
    }
    let told = told.queue_configurations(queue).topic_configurations(topic).build();
    let put = client.put_bucket_notification_configuration().bucket("flows");
    put.notification_configuration(told).send().await.unwrap();
}

/// A NAT gateway, a peering connection and a route over a prefix list.
async fn connect(account: &Account, region: &Region, other: &Account, peer: &Region) {
    let client = aws_sdk_ec2::Client::new(&account.config("eu-west-1"));
    let address = client.allocate_address().domain(ec2::DomainType::Vpc).send().await.unwrap();
    let gateway = client.create_nat_gateway().subnet_id(&region.subnet_id);
    let gateway = gateway.allocation_id(address.allocation_id.unwrap());
    gateway.send().await.unwrap();
    let peering = client.create_vpc_peering_connection().vpc_id(&region.vpc_id);
    let peering = peering.peer_vpc_id(&peer.vpc_id).peer_owner_id(OTHER_ACCOUNT);
    let peering = peering.send().await.unwrap().vpc_peering_connection.unwrap();
    let id = peering.vpc_peering_connection_id.unwrap();
    let accepter = aws_sdk_ec2::Client::new(&other.config("eu-west-1"));
    accepter.accept_vpc_peering_connection().vpc_peering_connection_id(&id).send().await.unwrap();
    let entry = ec2::AddPrefixListEntry::builder().cidr("10.50.0.0/16").build();
    let list = client.create_managed_prefix_list().prefix_list_name("far").max_entries(5);
    let list = list.address_family("IPv4").entries(entry).send().await.unwrap();
    let list = list.prefix_list.unwrap().prefix_list_id.unwrap();
    let of_vpc = ec2::Filter::builder().name("vpc-id").values(&region.vpc_id).build();
    let tables = client.describe_route_tables().filters(of_vpc).send().await.unwrap();
    let table = tables.route_tables()[0].route_table_id().unwrap();
    let route = client.create_route().route_table_id(table).destination_prefix_list_id(list);
    route.vpc_peering_connection_id(id).send().await.unwrap();
}

#[tokio::test]
async fn two_accounts_in_two_regions_are_read_whole() {
    let moto = MotoServer::start();
    let accounts = moto_accounts(&moto).await;
    let [own, other] = accounts.as_slice() else { panic!("{accounts:?}") };
    let (own_eu, own_us, other_eu, _) = tokio::join!(
        fill(own, "eu-west-1", "10.1", "own-eu"),
        fill(own, "us-east-1", "10.2", "own-us"),
        fill(other, "eu-west-1", "10.3", "other-eu"),
        fill(other, "us-east-1", "10.2", "other-us"),
    );
    deliver(own, &own_eu).await;
    connect(own, &own_eu, other, &other_eu).await;

    let reader = moto_reader(&moto);
    let plan = reader.plan().await;
    assert_eq!(plan.faults, []);
    let planned: Vec<_> = plan.accounts.iter().map(|one| (one.id.as_str(), &one.regions)).collect();
    let regions = vec!["eu-west-1".to_owned(), "us-east-1".to_owned()];
    assert_eq!(planned, [(MOTO_ACCOUNT, &regions), (OTHER_ACCOUNT, &regions)]);

    let found = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = std::sync::Arc::clone(&found);
    let progress = RegionProgress::new(move |step| {
        if let RegionStep::Found { what: "instances", count } = step {
            seen.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let read = async |account: &str, region: &str| {
        reader.read(&Place::new(account, region), &progress).await.unwrap()
    };
    let first = read(MOTO_ACCOUNT, "eu-west-1").await;
    // moto fails at DescribeAccountPolicies.
    let unread: Vec<_> = first.unread.iter().map(|unread| unread.fault.cause.as_str()).collect();
    assert!(matches!(unread.as_slice(), [one] if one.contains("AccountPolicies")), "{unread:?}");
    check_inventory(&first, &own_eu, &other_eu);
    check_deliveries(&first, &own_eu);
    // The VPC of the other region has a twin with the same addresses in the other account.
    for (account, name) in [(MOTO_ACCOUNT, "own-us"), (OTHER_ACCOUNT, "other-us")] {
        let reading = read(account, "us-east-1").await;
        let inventory = &reading.snapshot.inventory;
        let vpc = inventory.vpcs.iter().find(|vpc| vpc.name.as_deref() == Some(name)).unwrap();
        assert_eq!(vpc.account_id, account);
        assert_eq!(inventory.instances[0].name.as_deref(), Some(name));
        assert!(reading.snapshot.flow_logs.is_empty());
    }
    let peer = read(OTHER_ACCOUNT, "eu-west-1").await;
    assert_eq!(peer.snapshot.inventory.peering_connections.len(), 1, "both sides know of it");
    assert_ne!(own_us.instance_id, own_eu.instance_id);
    assert_eq!(found.load(std::sync::atomic::Ordering::Relaxed), 4);
}

fn check_inventory(reading: &Reading, own: &Region, peer: &Region) {
    let inventory = &reading.snapshot.inventory;
    let vpc = inventory.vpcs.iter().find(|vpc| vpc.id == own.vpc_id).unwrap();
    assert_eq!(vpc.name.as_deref(), Some("own-eu"));
    assert_eq!((vpc.region.as_str(), vpc.account_id.as_str()), ("eu-west-1", MOTO_ACCOUNT));
    assert_eq!(vpc.cidrs[0].to_string(), "10.1.0.0/16");
    let subnet = inventory.subnets.iter().find(|subnet| subnet.id == own.subnet_id).unwrap();
    assert_eq!(subnet.vpc_id, own.vpc_id);
    let instance = inventory.instances.iter().find(|one| one.id == own.instance_id).unwrap();
    assert_eq!(instance.name.as_deref(), Some("own-eu"));
    let has_it = |id: &Option<String>| id.as_deref() == Some(own.instance_id.as_str());
    let interface = inventory.interfaces.iter().find(|one| has_it(&one.instance_id)).unwrap();
    assert_eq!(interface.addresses[0].private.to_string(), "10.1.1.10");
    assert_eq!(interface.subnet_id.as_deref(), Some(own.subnet_id.as_str()));
    let gateway = inventory.interfaces.iter().find(|one| one.instance_id.is_none()).unwrap();
    assert!(gateway.addresses[0].public.is_some(), "the NAT gateway's");
    let peering = &inventory.peering_connections[0];
    assert_eq!(peering.requester_vpc_id, own.vpc_id);
    assert_eq!(peering.accepter_vpc_id, peer.vpc_id);
    let table = inventory.route_tables.iter().find(|one| one.vpc_id == own.vpc_id).unwrap();
    assert!(table.is_main);
    let is_far = |route: &&weir_inventory::Route| route.destination.to_string() == "10.50.0.0/16";
    assert_eq!(table.routes.iter().find(is_far).unwrap().target, peering.id);
}

fn check_deliveries(reading: &Reading, own: &Region) {
    let snapshot = &reading.snapshot;
    let mut destinations = Vec::new();
    for log in &snapshot.flow_logs {
        match &log.destination {
            FlowLogDestination::CloudWatchLogs { log_group, .. } => {
                assert_eq!((log_group.as_str(), log.log_format.as_str()), ("/flow", FORMAT));
                assert_eq!(log.resource_id, own.vpc_id);
                destinations.push("log group");
            }
            FlowLogDestination::S3 { bucket, .. } => {
                assert_eq!(bucket, "flows");
                destinations.push("bucket");
            }
            FlowLogDestination::Firehose { arn } => {
                assert_eq!(
                    (arn.as_str(), log.resource_id.as_str()),
                    (DELIVERY, own.subnet_id.as_str())
                );
                destinations.push("firehose");
            }
            other => panic!("{other:?}"),
        }
    }
    destinations.sort_unstable();
    assert_eq!(destinations, ["bucket", "firehose", "log group"]);
    assert_eq!(snapshot.log_groups.len(), 1);
    assert_eq!(snapshot.log_groups[0].subscription_filters[0].destination_arn, STREAM);
    let stream = &snapshot.kinesis_streams[0];
    assert_eq!((stream.arn.as_str(), stream.open_shards), (STREAM, Some(2)));
    assert_eq!(stream.vpc_ids, [own.vpc_id.as_str()], "flow log, log group, filter, stream");
    let mut buckets: Vec<_> = snapshot.buckets.iter().map(|bucket| bucket.name.as_str()).collect();
    buckets.sort_unstable();
    assert_eq!(buckets, ["flows", "flows-fire"], "one is Firehose's, and the third is nobody's");
    let flows = snapshot.buckets.iter().find(|bucket| bucket.name == "flows").unwrap();
    let queues: Vec<_> = flows.notifications.iter().map(|one| one.queue_arn.clone()).collect();
    assert_eq!(queues, QUEUES.map(queue_arn));
    assert_eq!(flows.notifications[0].prefix, "AWSLogs/");
    let routes: Vec<_> = flows.notifications.iter().map(|one| &one.route).collect();
    assert!(matches!(
        routes.as_slice(),
        [NotificationRoute::Direct, NotificationRoute::Sns { .. }]
    ));
}
