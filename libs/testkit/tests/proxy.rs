//! The proxy between a client and a server that says everything back.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use weir_testkit::{Mode, Proxy};

/// A server that says back what one client after another says, each octet plus `shift`.
fn echo(shift: u8) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let (mut stream, mut octet) = (stream.unwrap(), [0]);
                while stream.read(&mut octet).is_ok_and(|length| length == 1) {
                    if stream.write_all(&[octet[0] + shift]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    address
}

fn client(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// What comes back for 1; `None` when the connection has ended.
fn ask(stream: &mut TcpStream) -> Option<u8> {
    let mut octet = [0];
    stream.write_all(&[1]).ok()?;
    stream.read_exact(&mut octet).ok()?;
    Some(octet[0])
}

/// Whether nothing comes back in a while.
fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream.write_all(&[1]).unwrap();
    let error = stream.read_exact(&mut [0]).unwrap_err();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[test]
fn a_cut_ends_connections_until_it_is_over() {
    let proxy = Proxy::to(echo(1));
    let mut stream = client(&proxy);
    assert_eq!(ask(&mut stream), Some(2));
    proxy.set(Mode::Cut);
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(ask(&mut client(&proxy)), None);
    proxy.set(Mode::Pass);
    assert_eq!(ask(&mut client(&proxy)), Some(2));
}

#[test]
fn what_a_black_hole_takes_never_comes_out() {
    let proxy = Proxy::to(echo(1));
    let mut stream = client(&proxy);
    assert_eq!(ask(&mut stream), Some(2));
    for mode in [Mode::BlackHole, Mode::OneWay] {
        proxy.set(mode);
        assert!(is_silent(&mut stream), "{mode:?}");
    }
    proxy.set(Mode::Pass);
    assert_eq!(ask(&mut stream), Some(2));
}

#[test]
fn a_delay_is_kept_both_ways() {
    let proxy = Proxy::to(echo(1));
    let mut stream = client(&proxy);
    proxy.set(Mode::Delay(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(ask(&mut stream), Some(2));
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn new_connections_go_to_the_new_target() {
    let proxy = Proxy::to(echo(1));
    let mut old = client(&proxy);
    assert_eq!(ask(&mut old), Some(2));
    proxy.retarget(echo(2));
    assert_eq!(ask(&mut client(&proxy)), Some(3));
    assert_eq!(ask(&mut old), Some(2));
}
