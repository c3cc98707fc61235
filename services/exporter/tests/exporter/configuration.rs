//! What the exporter refuses to start with.

use std::error::Error as _;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::Arc;

use weir_exporter::{
    ExportError, Exporter, ExporterConfig, FileTarget, OutputConfig, OutputTarget, Peer,
    SyslogAddress, Transport,
};
use weir_ipfix::{DataType, InformationElement, PackError};

use crate::support::{collector, to_collectors};

/// An address of the documentation (RFC 5737), to which nothing is sent.
const ELSEWHERE: &str = "198.51.100.1";

fn local(transport: Transport) -> weir_exporter::CollectorConfig {
    collector(transport, Peer { host: "127.0.0.1".to_owned(), port: 4739 })
}

fn refusal(config: &ExporterConfig) -> ExportError {
    Exporter::start(config, Arc::new(drop)).expect_err("is refused")
}

#[test]
fn a_packet_size_out_of_range_is_refused() {
    for transport in [Transport::Udp, Transport::Tcp] {
        for size in [0, 511, 3901, usize::MAX] {
            let mut config = local(transport);
            config.max_packet_size = size;
            let error = refusal(&to_collectors(vec![config]));
            assert!(matches!(error, ExportError::PacketSizeRange { size: of } if of == size));
            assert!(error.is_configuration());
        }
        for size in [512, 3900] {
            let mut config = local(transport);
            config.max_packet_size = size;
            let exporter = Exporter::start(&to_collectors(vec![config]), Arc::new(drop));
            exporter.expect("starts").finish().expect("ends");
        }
    }
}

#[test]
fn a_packet_size_that_cannot_hold_the_template_is_refused() {
    let extra = |id| InformationElement::weir(id, "extra", DataType::String);
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut config = local(transport);
        config.max_packet_size = 512;
        let mut config = to_collectors(vec![config]);
        config.extra_elements = (100..150).map(extra).collect();
        let error = refusal(&config);
        let source = error.source().and_then(|source| source.downcast_ref());
        let is_too_low = |source: &_| matches!(source, PackError::LimitTooLow { limit: 512, .. });
        assert!(source.is_some_and(is_too_low), "{error:?}");
        assert!(error.is_configuration());
    }
}

#[test]
fn a_choice_without_any_element_is_refused() {
    let mut config = local(Transport::Udp);
    config.elements = Some(Vec::new());
    let error = refusal(&to_collectors(vec![config]));
    assert!(matches!(error, ExportError::Packing { source: PackError::NoElements { .. }, .. }));
    assert!(error.is_configuration());
}

#[test]
fn a_host_without_an_address_is_refused_and_named() {
    // Two dots make it no name at all, so that no name server is asked.
    let peer = Peer { host: "no..host".to_owned(), port: 4739 };
    let address = SyslogAddress { transport: Transport::Udp, peer: peer.clone() };
    let outputs = vec![OutputConfig::new(OutputTarget::Syslog(address))];
    let configs = [
        to_collectors(vec![collector(Transport::Udp, peer)]),
        ExporterConfig { outputs, ..ExporterConfig::default() },
    ];
    for config in configs {
        let error = refusal(&config);
        assert!(matches!(error, ExportError::Connect { .. }), "{error:?}");
        assert!(error.to_string().contains("udp://no..host:4739"), "{error}");
        assert!(!error.is_configuration());
    }
}

#[test]
fn a_packet_size_beyond_the_path_is_refused() {
    let has_route =
        UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect((ELSEWHERE, 4739))).is_ok();
    let mut config = local(Transport::Udp);
    config.address.peer.host = ELSEWHERE.to_owned();
    config.max_packet_size = 3900;
    match refusal(&to_collectors(vec![config])) {
        ExportError::PacketSizePath { size: 3900, mtu, limit, .. } if has_route => {
            assert_eq!(limit, mtu - 28);
        }
        ExportError::Connect { .. } if !has_route => {}
        error => panic!("{error:?}"),
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let target = FileTarget::File(PathBuf::from("/nowhere/flows.jsonl"));
    let outputs = vec![OutputConfig::new(OutputTarget::JsonLines(target.clone()))];
    let configs = [
        ExporterConfig { outputs, ..ExporterConfig::default() },
        ExporterConfig { rejects: Some(target), ..ExporterConfig::default() },
    ];
    for config in configs {
        let error = refusal(&config);
        assert_eq!(error.to_string(), "cannot open /nowhere/flows.jsonl for writing");
        assert!(!error.is_configuration());
    }
}
