//! Two accounts of a scripted AWS: a VPC of the one is peered with a VPC of the other.

use serde_json::json;
use weir_testkit::{Answer, AwsDouble, Listing, Xml, ec2, s3};

pub(crate) const CLIENTS: &str = "111122223333";
pub(crate) const DATA: &str = "444455556666";

/// The address in `vpc-clients` that changes hands.
pub(crate) const REUSED: &str = "10.1.0.30";

/// `vpc-clients` (10.1.0.0/16) has a route over the peering connection to `vpc-data`
/// (10.2.0.0/16). Two VPCs that it is not connected with have the same block and the same
/// addresses as `vpc-data`, one in each account.
pub(crate) struct World {
    aws: AwsDouble,
}

impl World {
    pub(crate) fn new() -> Self {
        let aws = AwsDouble::start();
        aws.add_user("AKIACLIENTS", CLIENTS, "weir");
        aws.add_user("AKIADATA", DATA, "weir");
        aws.otherwise(Answer::empty());
        let regions = [("eu-west-1", ec2::OptIn::NotRequired)];
        aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
        aws.on("s3", "ListBuckets").answer(s3::buckets(&[]));
        let world = Self { aws };
        let vpcs = [vpc(CLIENTS, "vpc-clients", "10.1.0.0/16"), vpc(CLIENTS, "vpc-1", BLOCK)];
        world.answer(CLIENTS, "DescribeVpcs", ec2::vpcs(&vpcs));
        let vpcs = [vpc(DATA, "vpc-data", BLOCK), vpc(DATA, "vpc-2", BLOCK)];
        world.answer(DATA, "DescribeVpcs", ec2::vpcs(&vpcs));
        world.aws.on("ec2", "DescribeVpcPeeringConnections").answer(peering());
        world.answer(CLIENTS, "DescribeRouteTables", routes());
        let data = [
            interface(DATA, "vpc-data", "database", "10.2.0.20"),
            interface(DATA, "vpc-2", "stranger-2", "10.2.0.20"),
        ];
        world.has(DATA, &data);
        world.has(CLIENTS, &clients(interface(CLIENTS, "vpc-clients", "worker-1", REUSED)));
        world
    }

    /// The portal of IAM Identity Center gives a session of the first account.
    pub(crate) fn has_identity_center(&self) {
        let credentials = json!({"accessKeyId": "AKIACLIENTS", "secretAccessKey": "secret",
            "sessionToken": "token", "expiration": 4_000_000_000_000_u64});
        let answer = Answer::json(json!({"roleCredentials": credentials}));
        self.aws
            .on("sso", "GetRoleCredentials")
            .with_parameter("account_id", CLIENTS)
            .answer(answer);
    }

    pub(crate) fn endpoint(&self) -> String {
        self.aws.url()
    }

    /// `worker-2` has the address of `worker-1` now. `at` is when EC2 says that its interface was
    /// attached, in RFC 3339.
    pub(crate) fn change_hands(&self, at: String) {
        let new = interface(CLIENTS, "vpc-clients", "worker-2", REUSED);
        self.has(CLIENTS, &clients(ec2::Interface { attached: Some(at), ..new }));
    }

    /// These interfaces, each of an instance that is called as it is.
    fn has(&self, account: &str, interfaces: &[ec2::Interface]) {
        self.answer(account, "DescribeNetworkInterfaces", ec2::interfaces(interfaces));
        let instance = |interface: &ec2::Interface| ec2::Instance {
            id: interface.instance.clone().unwrap(),
            tags: interface.tags.clone(),
            ..Default::default()
        };
        let instances: Vec<_> = interfaces.iter().map(instance).collect();
        self.answer(account, "DescribeInstances", ec2::instances(&instances));
    }

    fn answer(&self, account: &str, operation: &str, listing: Listing) {
        self.aws.on("ec2", operation).of_account(account).answer(listing);
    }
}

/// The block of three VPCs.
const BLOCK: &str = "10.2.0.0/16";

fn clients(worker: ec2::Interface) -> [ec2::Interface; 3] {
    let stranger = interface(CLIENTS, "vpc-1", "stranger-1", "10.2.0.20");
    [interface(CLIENTS, "vpc-clients", "client", "10.1.0.10"), stranger, worker]
}

fn vpc(account: &str, id: &str, block: &str) -> ec2::Vpc {
    ec2::Vpc {
        id: id.into(),
        owner: account.into(),
        cidrs: vec![block.into()],
        ..Default::default()
    }
}

fn interface(account: &str, vpc: &str, name: &str, address: &str) -> ec2::Interface {
    ec2::Interface {
        id: format!("eni-{name}"),
        owner: account.into(),
        vpc: vpc.into(),
        subnet: format!("subnet-of-{vpc}"),
        private: vec![ec2::PrivateAddress::new(address)],
        instance: Some(format!("i-{name}")),
        kind: "interface".into(),
        tags: vec![("Name".into(), name.into())],
        ..Default::default()
    }
}

fn peering() -> Listing {
    let end = |vpc: &str, account: &str| Xml::new().leaf("vpcId", vpc).leaf("ownerId", account);
    let connection = Xml::new()
        .leaf("vpcPeeringConnectionId", "pcx-1")
        .nest("requesterVpcInfo", &end("vpc-clients", CLIENTS))
        .nest("accepterVpcInfo", &end("vpc-data", DATA))
        .nest("status", &Xml::new().leaf("code", "active"));
    Listing::xml("vpcPeeringConnectionSet", vec![connection])
}

fn routes() -> Listing {
    let route = |block: &str, kind: &str, target: &str| {
        Xml::new().leaf("destinationCidrBlock", block).leaf(kind, target).leaf("state", "active")
    };
    let routes = Xml::new()
        .nest("item", &route("10.1.0.0/16", "gatewayId", "local"))
        .nest("item", &route(BLOCK, "vpcPeeringConnectionId", "pcx-1"));
    let main = Xml::new().nest("item", &Xml::new().leaf("main", true));
    let table = Xml::new()
        .leaf("routeTableId", "rtb-1")
        .leaf("vpcId", "vpc-clients")
        .nest("routeSet", &routes)
        .nest("associationSet", &main);
    Listing::xml("routeTableSet", vec![table])
}
