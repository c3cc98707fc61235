//! Collectors that can be looked into while records come.

use std::io::ErrorKind;
use std::net::UdpSocket;

use weir_tests::{DataRecord, Datagrams};

use crate::exporters::Exporter;

const EXPORTER_IPV4_ADDRESS: u16 = 130;
const OBSERVATION_DOMAIN_ID: u16 = 149;
const OBSERVATION_DOMAIN_NAME: u16 = 300;

/// Gets IPFIX.
pub(crate) struct IpfixRecorder {
    socket: UdpSocket,
    decoder: Datagrams,
    described: Vec<Exporter>,
}

impl IpfixRecorder {
    pub(crate) fn open() -> Self {
        Self { socket: open(), decoder: Datagrams::default(), described: Vec::new() }
    }

    /// Its place in a configuration.
    pub(crate) fn table(&self) -> String {
        let address = self.socket.local_addr().unwrap();
        format!("[[exporter.collectors]]\naddress = \"udp://{address}\"\n")
    }

    /// The exporters of the records that came since the last time.
    pub(crate) fn records(&mut self) -> Vec<Exporter> {
        let mut exporters = Vec::new();
        for datagram in datagrams(&self.socket) {
            let message = self.decoder.message(&datagram);
            let domain = u64::from(message.observation_domain_id);
            exporters.extend(message.records.iter().map(|record| exporter(record, domain)));
            let domains = message
                .options
                .iter()
                .filter_map(|option| Some(exporter(option, option.number(OBSERVATION_DOMAIN_ID)?)));
            self.described.extend(domains);
        }
        exporters
    }

    /// All descriptions of domains that have come.
    pub(crate) fn described(&self) -> &[Exporter] {
        &self.described
    }
}

fn exporter(record: &DataRecord, domain: u64) -> Exporter {
    let address = u32::try_from(record.number(EXPORTER_IPV4_ADDRESS).unwrap()).unwrap();
    let name = record.text(0, OBSERVATION_DOMAIN_NAME).unwrap().to_owned();
    Exporter { domain, address: std::net::Ipv4Addr::from_bits(address).to_string(), name }
}

/// Gets syslog.
pub(crate) struct SyslogRecorder(UdpSocket);

impl SyslogRecorder {
    pub(crate) fn open() -> Self {
        Self(open())
    }

    /// Its place in a configuration.
    pub(crate) fn table(&self) -> String {
        let address = self.0.local_addr().unwrap();
        format!("[[exporter.outputs]]\ntarget = \"syslog+udp://{address}\"\n")
    }

    /// The `exp_ip` of the messages that came since the last time.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let texts = datagrams(&self.0).into_iter().map(|octets| String::from_utf8(octets).unwrap());
        let address = |text: String| {
            let (_, rest) = text.split_once(" exp_ip=")?;
            Some(rest.split(' ').next()?.to_owned())
        };
        texts.filter_map(address).collect()
    }
}

fn open() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn datagrams(socket: &UdpSocket) -> Vec<Vec<u8>> {
    let mut datagrams = Vec::new();
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => datagrams.push(buffer[..length].to_vec()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return datagrams,
            Err(error) => panic!("{error}"),
        }
    }
}
