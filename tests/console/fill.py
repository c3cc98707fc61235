"""Fills an empty moto: an account with flow logs that come in all three ways.

Usage: fill.py ENDPOINT. Prints what was made as JSON. The names are for tests: one of the instances
has a script for its name.
"""

import json
import sys

import boto3

REGION = "eu-west-1"
IMAGE = "ami-12c6146b"
NAMES = ["web-1", "<script>document.title='broken'</script>", "database"]


def main(endpoint):
    session = boto3.Session("AKIAEXAMPLE", "secret", region_name=REGION)
    ec2, s3, sqs, logs, kinesis = (
        session.client(name, endpoint_url=endpoint)
        for name in ["ec2", "s3", "sqs", "logs", "kinesis"]
    )
    made = {"instances": []}
    for name in NAMES:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        run = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, TagSpecifications=tags)
        instance = run["Instances"][0]
        interface = instance["NetworkInterfaces"][0]
        made["vpc"] = instance["VpcId"]
        made["instances"].append(
            {
                "id": instance["InstanceId"],
                "name": name,
                "address": instance["PrivateIpAddress"],
                "interface": interface["NetworkInterfaceId"],
            }
        )
    ec2.create_tags(Resources=[made["vpc"]], Tags=[{"Key": "Name", "Value": "shop"}])

    queue = sqs.create_queue(QueueName="new-objects")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    s3.create_bucket(
        Bucket="flow-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    to_queue = {"QueueArn": arn["Attributes"]["QueueArn"], "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="flow-logs", NotificationConfiguration={"QueueConfigurations": [to_queue]}
    )

    kinesis.create_stream(StreamName="flow-stream", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="flow-stream")["StreamDescription"]["StreamARN"]
    logs.create_log_group(logGroupName="vpc-flow-logs")
    logs.put_subscription_filter(
        logGroupName="vpc-flow-logs",
        filterName="to-stream",
        filterPattern="",
        destinationArn=stream,
    )

    common = {"ResourceIds": [made["vpc"]], "ResourceType": "VPC"}
    to_bucket = ec2.create_flow_logs(
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flow-logs",
        **common,
    )
    to_group = ec2.create_flow_logs(
        TrafficType="REJECT",
        LogGroupName="vpc-flow-logs",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
        **common,
    )
    made["flow_logs"] = to_bucket["FlowLogIds"] + to_group["FlowLogIds"]
    json.dump(made, sys.stdout)


main(sys.argv[1])
