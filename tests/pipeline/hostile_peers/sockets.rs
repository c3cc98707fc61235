//! Connections that speak no gRPC, or are too many.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use weir_tests::wait_for;

use super::{PATIENCE, attacked};

#[test]
fn garbage_and_silence_are_cut_off() {
    attacked("garbage", |pipeline, _| {
        let addresses = [
            pipeline.enrichers[0].addresses().data,
            pipeline.exporter.addresses().data,
            pipeline.exporter.addresses().admin,
            pipeline.tail.addresses().admin,
        ];
        let texts: [&[u8]; 4] = [
            b"",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            &[0xff; 70_000],
            // The preface of HTTP/2 and settings whose length is none.
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x05\x04\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff",
        ];
        let addresses: Vec<_> = addresses.into_iter().flatten().collect();
        let pairs = addresses.iter().flat_map(|address| texts.map(|text| (*address, text)));
        let peers: Vec<_> = pairs.map(|(address, text)| speak(address, text)).collect();
        // All at once: some are cut off when the time for a first frame is over.
        for mut peer in peers {
            let mut said = Vec::new();
            if let Err(error) = peer.read_to_end(&mut said) {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
            }
            assert!(said.len() < 1024, "{} octets said", said.len());
        }
    });
}

fn speak(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be cut off before all is written.
    drop(stream.write_all(text));
    stream
}

#[test]
fn more_connections_than_a_listener_takes_are_closed_at_once() {
    attacked("many connections", |pipeline, _| {
        let admin = pipeline.exporter.addresses().admin.unwrap();
        let data = pipeline.exporter.addresses().data.unwrap();
        let open = |address: SocketAddr, count: usize| -> Vec<_> {
            (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
        };
        let crowd = [open(admin, 300), open(data, 1_100)];
        let is_closed = |stream: &TcpStream| {
            stream.set_nonblocking(true).unwrap();
            matches!((&*stream).read(&mut [0; 64]), Ok(0))
        };
        for (streams, most) in crowd.iter().zip([128, 1024]) {
            let surplus = streams.len() - most;
            wait_for("surplus connections to be closed", || {
                let closed = streams.iter().filter(|stream| is_closed(stream)).count();
                (closed >= surplus).then_some(())
            });
        }
        drop(crowd);
        wait_for("people to get in again", || pipeline.exporter.is_serving().then_some(()));
    });
}
