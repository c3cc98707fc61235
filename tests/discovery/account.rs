//! An AWS account at moto, filled over EC2's query protocol.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use weir_testkit::MotoServer;

/// An image that moto has.
const IMAGE: &str = "ami-12c6146b";

pub(crate) struct Account {
    moto: MotoServer,
}

/// A running instance.
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) address: String,
}

impl Account {
    pub(crate) fn open() -> Self {
        Self { moto: MotoServer::start() }
    }

    pub(crate) fn endpoint(&self) -> String {
        self.moto.url()
    }

    /// Starts an instance of this name in eu-west-1.
    pub(crate) fn run_instance(&self, name: &str) -> Instance {
        let body = format!(
            "Action=RunInstances&Version=2016-11-15&ImageId={IMAGE}&MinCount=1&MaxCount=1\
             &TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name\
             &TagSpecification.1.Tag.1.Value={name}"
        );
        let answer = self.post(&body);
        let element = |tag: &str| {
            let (_, rest) = answer.split_once(&format!("<{tag}>")).expect(&answer);
            rest.split('<').next().unwrap().to_owned()
        };
        Instance {
            id: element("instanceId"),
            vpc_id: element("vpcId"),
            address: element("privateIpAddress"),
        }
    }

    fn post(&self, body: &str) -> String {
        let url = self.moto.url();
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/ec2/\
             aws4_request, SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        answer
    }
}
