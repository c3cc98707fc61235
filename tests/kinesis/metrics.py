"""Reads calls of PutMetricData with botocore's parser, puts them to moto, and prints what it has."""

import datetime
import io
import json
import sys

import boto3
from botocore.parsers import RpcV2CBORParser

url, region, namespace, *files = sys.argv[1:]
client = boto3.client("cloudwatch", endpoint_url=url, region_name=region,
                      aws_access_key_id="AKIAREADER", aws_secret_access_key="secret")
for file in files:
    with open(file, "rb") as octets:
        call = RpcV2CBORParser().parse_data_item(io.BufferedReader(io.BytesIO(octets.read())))
    # The client checks each member against the service's model.
    client.put_metric_data(**call)

now = datetime.datetime.now(datetime.timezone.utc)
found, seen = [], []
for metric in client.list_metrics(Namespace=namespace)["Metrics"]:
    # moto lists a metric again for values of another call.
    if metric in seen:
        continue
    seen.append(metric)
    answer = client.get_metric_statistics(
        Namespace=namespace, MetricName=metric["MetricName"], Dimensions=metric["Dimensions"],
        StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(minutes=1),
        Period=3600, Statistics=["Sum", "Maximum", "SampleCount"])
    points = answer["Datapoints"]
    found.append({
        "name": metric["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in metric["Dimensions"]},
        "sum": sum(each["Sum"] for each in points),
        "most": max(each["Maximum"] for each in points),
        "count": sum(each["SampleCount"] for each in points),
        "unit": points[0]["Unit"],
    })
found.sort(key=lambda each: (each["name"], sorted(each["dimensions"].items())))
print(json.dumps(found))
