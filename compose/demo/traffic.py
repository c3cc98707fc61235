"""A small AWS at moto, and flow logs that go on: `traffic.py seed`, `traffic.py run`.

Three VPCs in two accounts, one for each way that flow logs can take: `shop` writes objects to a
bucket that tells a queue, `data` writes to a log group whose subscription fills a Kinesis stream,
`office` of the second account writes to a log group that is polled. Flows are numbered, and the
number is the flow's bytes, so that a collector can be asked for each. On SIGTERM the last line of
the output is the total.
"""

import gzip
import itertools
import json
import os
import signal
import sys
import time

import boto3

ENDPOINT = os.environ["WEIR__AWS__ENDPOINT"]
REGION = "eu-west-1"
OWN, OTHER = "123456789012", "444455556666"
BUCKET = QUEUE = STREAM = "flow-logs"
FIELDS = ("version account-id vpc-id subnet-id instance-id interface-id srcaddr dstaddr srcport "
          "dstport protocol packets bytes start end action log-status flow-direction").split()
LOG_FORMAT = " ".join(f"${{{field}}}" for field in FIELDS)
VPCS = {"shop": (OWN, "10.10"), "data": (OWN, "10.20"), "office": (OTHER, "10.30")}
INSTANCES = {"shop": ["web-1", "web-2", "checkout", "cache"], "data": ["orders-db", "etl", "search"],
             "office": ["wiki", "build", "mail"]}
PEERS = ["198.51.100.7", "203.0.113.20", "52.94.76.10", "192.0.2.99"]
SERVICES = [443, 80, 5432, 6379, 22, 53]
# The first number: bytes of 1 octet would look odd.
FIRST = 1000


def client(service, account=OWN):
    """A client of an account; the second one is reached through its role, as weir reaches it."""
    keys = {}
    if account != OWN:
        role = f"arn:aws:iam::{account}:role/weir-reader"
        session = client("sts").assume_role(RoleArn=role, RoleSessionName="demo")["Credentials"]
        keys = {"aws_access_key_id": session["AccessKeyId"],
                "aws_secret_access_key": session["SecretAccessKey"],
                "aws_session_token": session["SessionToken"]}
    return boto3.client(service, region_name=REGION, endpoint_url=ENDPOINT, **keys)


def named(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def seed_vpc(name):
    account, block = VPCS[name]
    ec2 = client("ec2", account)
    vpc = ec2.create_vpc(CidrBlock=f"{block}.0.0/16", TagSpecifications=named("vpc", name))
    vpc = vpc["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"{block}.1.0/24")["Subnet"]["SubnetId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    for number, instance in enumerate(INSTANCES[name], 10):
        ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet,
                          PrivateIpAddress=f"{block}.1.{number}",
                          TagSpecifications=named("instance", instance))
    return ec2, vpc


def log_to(ec2, vpc, **destination):
    ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL",
                         LogFormat=LOG_FORMAT, MaxAggregationInterval=60, **destination)


def log_to_group(ec2, vpc, account, group):
    logs = client("logs", account)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="eni-flows")
    log_to(ec2, vpc, LogDestinationType="cloud-watch-logs", LogGroupName=group,
           DeliverLogsPermissionArn=f"arn:aws:iam::{account}:role/flow-logs")
    return logs


def seed():
    if client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["shop"]}])["Vpcs"]:
        return
    sqs, s3, kinesis = client("sqs"), client("s3"), client("kinesis")
    dead = f"arn:aws:sqs:{REGION}:{OWN}:{QUEUE}-dead"
    sqs.create_queue(QueueName=f"{QUEUE}-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": "10"})
    sqs.create_queue(QueueName=QUEUE, Attributes={"RedrivePolicy": redrive})
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = {"QueueArn": f"arn:aws:sqs:{REGION}:{OWN}:{QUEUE}", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [queue]})
    ec2, vpc = seed_vpc("data")
    logs = log_to_group(ec2, vpc, OWN, "/flow-logs/data")
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
    logs.put_subscription_filter(
        logGroupName="/flow-logs/data", filterName="weir", filterPattern="",
        destinationArn=f"arn:aws:kinesis:{REGION}:{OWN}:stream/{STREAM}",
        roleArn=f"arn:aws:iam::{OWN}:role/subscription", distribution="Random")
    ec2, vpc = seed_vpc("office")
    log_to_group(ec2, vpc, OTHER, "/flow-logs/office")
    # What is looked for above comes last.
    ec2, vpc = seed_vpc("shop")
    log_to(ec2, vpc, LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{BUCKET}")
    print("moto has 3 VPCs in 2 accounts, a bucket with a queue, a stream and 2 log groups")


class Interfaces:
    """The network interfaces of a VPC, and the lines that they log."""

    def __init__(self, name):
        self.account, _ = VPCS[name]
        ec2 = client("ec2", self.account)
        vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"][0]
        filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        reservations = ec2.describe_instances(Filters=filters)["Reservations"]
        instances = [each for reservation in reservations for each in reservation["Instances"]]
        self.all = [(vpc["VpcId"], each["SubnetId"], each["InstanceId"],
                     each["NetworkInterfaces"][0]["NetworkInterfaceId"], each["PrivateIpAddress"])
                    for each in instances]

    def line(self, number, now):
        vpc, subnet, instance, interface, address = self.all[number % len(self.all)]
        inside = number % 3 == 0
        peer = self.all[(number + 1) % len(self.all)][4] if inside else PEERS[number % len(PEERS)]
        action = "REJECT" if number % 17 == 0 else "ACCEPT"
        ports = (SERVICES[number % len(SERVICES)], 32768 + number % 28000)
        ingress = number % 2
        ends = (peer, address, *ports[::-1]) if ingress else (address, peer, *ports)
        return " ".join(map(str, (
            5, self.account, vpc, subnet, instance, interface, *ends, 6, 1 + number // 1400, number,
            now - 60, now, action, "OK", "ingress" if ingress else "egress")))


class Traffic:
    """Writes lines to all three sources and keeps count."""

    def __init__(self):
        self.interfaces = {name: Interfaces(name) for name in VPCS}
        self.s3, self.logs = client("s3"), {OWN: client("logs"), OTHER: client("logs", OTHER)}
        self.next, self.lines = FIRST, dict.fromkeys(VPCS, 0)
        self.objects = itertools.count()

    def write(self, count):
        """So many lines, divided among the sources."""
        now = int(time.time())
        for name, share in (("shop", count // 2), ("data", count // 3), ("office", count // 6)):
            lines = [self.interfaces[name].line(number, now)
                     for number in range(self.next, self.next + max(share, 1))]
            (self.object if name == "shop" else self.events)(name, lines, now)
            self.next += len(lines)
            self.lines[name] += len(lines)

    def object(self, _, lines, now):
        day, minute = time.strftime("%Y/%m/%d", time.gmtime(now)), time.gmtime(now - now % 300)
        key = (f"AWSLogs/{OWN}/vpcflowlogs/{REGION}/{day}/{OWN}_vpcflowlogs_{REGION}_fl-0shop_"
               f"{time.strftime('%Y%m%dT%H%MZ', minute)}_{next(self.objects):08x}.log.gz")
        text = "\n".join([" ".join(FIELDS), *lines, ""])
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text.encode()))

    def events(self, name, lines, _):
        at = int(time.time() * 1000)
        events = [{"timestamp": at, "message": line} for line in lines]
        self.logs[VPCS[name][0]].put_log_events(
            logGroupName=f"/flow-logs/{name}", logStreamName="eni-flows", logEvents=events)

    def totals(self):
        return json.dumps({"first": FIRST, "end": self.next, "lines": self.lines})


def run():
    ended = []
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.append(True))
    traffic, rate, interval = Traffic(), int(os.environ["WEIR_DEMO_RATE"]), 2
    print(f"writing {rate} flows a second", flush=True)
    due = time.monotonic()
    while not ended:
        traffic.write(rate * interval)
        due += interval
        while not ended and (left := due - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
    print(traffic.totals(), flush=True)


if __name__ == "__main__":
    {"seed": seed, "run": run}[sys.argv[1]]()
