//! Accounts and regions that tests begin with.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use weir_aws::{Account, Accounts, AwsConfig, Connection, Endpoints, RegionFilter, Role};
use weir_discovery::sweep::{AwsReader, CallOutcome, SweepLimits};
use weir_testkit::{Answer, AwsDouble, MotoServer, ec2, s3};

/// The account of the double's user.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The region where it is at home.
pub(crate) const REGION: &str = "eu-west-1";
/// The account of all keys that moto does not know.
pub(crate) const MOTO_ACCOUNT: &str = "123456789012";
/// The account of the role.
pub(crate) const OTHER_ACCOUNT: &str = "222233334444";

/// The access key of its user.
pub(crate) const KEY: &str = "AKIADISCOVERY";

/// A double in whose account each region has one VPC, subnet, instance and interface, and nothing
/// else.
pub(crate) fn region_of_three() -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user(KEY, ACCOUNT, "weir");
    aws.otherwise(Answer::empty());
    let regions = [(REGION, ec2::OptIn::NotRequired)];
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
    let vpc = ec2::Vpc { id: "vpc-1".into(), owner: ACCOUNT.into(), ..Default::default() };
    aws.on("ec2", "DescribeVpcs").answer(ec2::vpcs(&[vpc]));
    let subnet = ec2::Subnet { id: "subnet-1".into(), vpc: "vpc-1".into(), ..Default::default() };
    aws.on("ec2", "DescribeSubnets").answer(ec2::subnets(&[subnet]));
    let instance = ec2::Instance { id: "i-1".into(), vpc: "vpc-1".into(), ..Default::default() };
    aws.on("ec2", "DescribeInstances").answer(ec2::instances(&[instance]));
    let interface = ec2::Interface {
        id: "eni-1".into(),
        owner: ACCOUNT.into(),
        vpc: "vpc-1".into(),
        private: vec![ec2::PrivateAddress::new("10.0.0.10")],
        instance: Some("i-1".into()),
        kind: "interface".into(),
        ..Default::default()
    };
    aws.on("ec2", "DescribeNetworkInterfaces").answer(ec2::interfaces(&[interface]));
    aws.on("s3", "ListBuckets").answer(s3::buckets(&[]));
    aws
}

/// A reader of the double's account that is not held up by its own pace.
pub(crate) fn reader(aws: &AwsDouble) -> AwsReader {
    reader_within(aws, SweepLimits { pace: 100.0, ..Default::default() })
}

/// The same within limits.
pub(crate) fn reader_within(aws: &AwsDouble, limits: SweepLimits) -> AwsReader {
    AwsReader::new(accounts(aws.url(), KEY, Vec::new(), RegionFilter::default()), limits)
}

/// Accounts that a user reads: its own, and those of roles.
pub(crate) fn accounts(
    url: String,
    key: &str,
    roles: Vec<Role>,
    regions: RegionFilter,
) -> Accounts {
    let connection = Connection { endpoints: Endpoints::one(url), ..Default::default() };
    let region = Some(REGION.to_owned());
    let config = AwsConfig { roles, regions, region, connection, ..Default::default() };
    let keys = Credentials::builder().access_key_id(key).secret_access_key("secret");
    let keys = keys.provider_name("test").build();
    Accounts::with_own_credentials(config, SharedCredentialsProvider::new(keys))
}

/// weir's own account and one behind a role with an external id, in two regions.
fn of_moto(moto: &MotoServer) -> Accounts {
    let role = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/discovery,external-1");
    let allow = vec!["eu-west-1".to_owned(), "us-east-1".to_owned()];
    let regions = RegionFilter { allow, deny: Vec::new() };
    accounts(moto.url(), KEY, Role::list(&role).unwrap(), regions)
}

/// The accounts themselves, to fill them.
pub(crate) async fn moto_accounts(moto: &MotoServer) -> Vec<Account> {
    let resolution = of_moto(moto).resolve().await;
    assert!(resolution.faults.is_empty(), "{:?}", resolution.faults);
    let mut accounts = resolution.accounts;
    accounts.sort_by(|one, other| one.id().cmp(other.id()));
    accounts
}

/// A reader of moto's accounts.
pub(crate) fn moto_reader(moto: &MotoServer) -> AwsReader {
    AwsReader::new(of_moto(moto), SweepLimits { pace: 100.0, ..Default::default() })
}

/// How many attempts of an operation had an outcome.
pub(crate) fn count(reader: &AwsReader, operation: &str, outcome: CallOutcome) -> u64 {
    let calls = reader.calls();
    let matching = calls.iter().filter(|(kind, _)| {
        kind.operation == operation && kind.outcome == outcome && kind.account_id == ACCOUNT
    });
    matching.map(|(_, count)| count).sum()
}
