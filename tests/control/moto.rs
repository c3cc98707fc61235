//! An account at moto, over plain HTTP: whatever a test needs of AWS to be there.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use weir_testkit::MotoServer;

/// The account of all keys at moto.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";

/// moto, and a VPC there.
pub(crate) struct Cloud {
    moto: MotoServer,
    vpc_id: String,
}

impl Cloud {
    pub(crate) fn open() -> Self {
        let mut cloud = Self { moto: MotoServer::start(), vpc_id: String::new() };
        let vpc = cloud.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16");
        cloud.vpc_id = between(&vpc, "<vpcId>", "</vpcId>");
        cloud
    }

    /// The sections that lead a service here.
    pub(crate) fn sections(&self) -> String {
        format!(
            "[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\n[[aws.profiles]]\n\
             access_key_id = \"AKIAEXAMPLE\"\nsecret_access_key = \"secret\"\n\
             [aws.regions]\nallow = [\"{REGION}\"]\n",
            self.moto.url()
        )
    }

    /// A log group that sends all its events to a stream, and the flow log of the VPC that writes
    /// to it. The ARNs of the log group and of the stream.
    pub(crate) fn flow_log_to_stream(
        &self,
        group: &str,
        stream: &str,
        traffic: &str,
    ) -> [String; 2] {
        self.json(
            "kinesis",
            "Kinesis_20131202.CreateStream",
            &json!({"StreamName": stream, "ShardCount": 1}),
        );
        let stream = format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}");
        self.logs("CreateLogGroup", &json!({ "logGroupName": group }));
        self.logs(
            "CreateLogStream",
            &json!({ "logGroupName": group, "logStreamName": LOG_STREAM }),
        );
        self.logs(
            "PutSubscriptionFilter",
            &json!({
                "logGroupName": group, "filterName": "all", "filterPattern": "",
                "destinationArn": stream, "roleArn": ROLE,
            }),
        );
        self.flow_log(traffic, &format!("LogGroupName={group}&DeliverLogsPermissionArn={ROLE}"));
        [format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"), stream]
    }

    /// A network interface of the VPC, and its address.
    pub(crate) fn network_interface(&self) -> [String; 2] {
        let subnet =
            self.ec2(&format!("Action=CreateSubnet&CidrBlock=10.0.1.0/24&VpcId={}", self.vpc_id));
        let subnet = between(&subnet, "<subnetId>", "</subnetId>");
        let made = self.ec2(&format!("Action=CreateNetworkInterface&SubnetId={subnet}"));
        ["networkInterfaceId", "privateIpAddress"]
            .map(|tag| between(&made, &format!("<{tag}>"), &format!("</{tag}>")))
    }

    /// The VPC.
    pub(crate) fn vpc_id(&self) -> &str {
        &self.vpc_id
    }

    /// A bucket whose objects a queue is told of, and the flow log of the VPC to it: its id.
    pub(crate) fn flow_log_to_bucket(&self, bucket: &str, traffic: &str) -> String {
        let place = format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.s3(&format!("/{bucket}"), place.as_bytes());
        self.call(
            "sqs",
            "POST",
            "/",
            FORM,
            b"Action=CreateQueue&Version=2012-11-05&QueueName=objects",
        );
        let told = format!(
            "<NotificationConfiguration><QueueConfiguration>\
             <Queue>arn:aws:sqs:{REGION}:{ACCOUNT}:objects</Queue>\
             <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
        );
        self.s3(&format!("/{bucket}?notification"), told.as_bytes());
        self.flow_log(
            traffic,
            &format!("LogDestinationType=s3&LogDestination=arn:aws:s3:::{bucket}"),
        )
    }

    /// Puts an object of a flow log whose records end in the five minutes from `time` on, such as
    /// `20260102T0305Z`.
    pub(crate) fn put_object(&self, bucket: &str, flow_log: &str, time: &str, content: &[u8]) {
        let name = format!("{ACCOUNT}_vpcflowlogs_{REGION}_{flow_log}_{time}_0a1b2c3d.log.gz");
        let folder = format!("AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/01/02");
        self.s3(&format!("/{bucket}/{folder}/{name}"), content);
    }

    /// Puts lines into a log group. Each has the time in milliseconds that it comes with.
    pub(crate) fn put_events(&self, group: &str, events: &[(u64, String)]) {
        let event = |(time, line): &(u64, String)| json!({"timestamp": time, "message": line});
        let events: Vec<_> = events.iter().map(event).collect();
        self.logs(
            "PutLogEvents",
            &json!({"logGroupName": group, "logStreamName": LOG_STREAM, "logEvents": events}),
        );
    }

    fn flow_log(&self, traffic: &str, destination: &str) -> String {
        let made = self.ec2(&format!(
            "Action=CreateFlowLogs&ResourceType=VPC&ResourceId.1={}&TrafficType={traffic}&{destination}",
            self.vpc_id
        ));
        between(&made, "<item>", "</item>")
    }

    fn ec2(&self, form: &str) -> String {
        let form = format!("{form}&Version=2016-11-15");
        self.call("ec2", "POST", "/", FORM, form.as_bytes())
    }

    fn s3(&self, path: &str, body: &[u8]) {
        self.call("s3", "PUT", path, "Content-Type: application/octet-stream\r\n", body);
    }

    fn logs(&self, action: &str, request: &Value) {
        self.json("logs", &format!("Logs_20140328.{action}"), request);
    }

    fn json(&self, service: &str, target: &str, request: &Value) {
        let headers =
            format!("Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n");
        self.call(service, "POST", "/", &headers, request.to_string().as_bytes());
    }

    /// A call that must succeed: what moto answered.
    #[track_caller]
    fn call(&self, service: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> String {
        let url = self.moto.url();
        let host = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        // moto looks at the scope of the signature, and at nothing else of it.
        let scope = format!("AKIAEXAMPLE/20260101/{REGION}/{service}/aws4_request");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             {headers}Content-Length: {}\r\n\r\n",
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.lines().next().unwrap_or_default();
        assert!(status.contains(" 200"), "{service} {path}: {answer}");
        answer
    }
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const LOG_STREAM: &str = "eni-0a1b2c3d4e5f67890-all";
const ROLE: &str = "arn:aws:iam::123456789012:role/delivery";

fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0.to_owned()
}
