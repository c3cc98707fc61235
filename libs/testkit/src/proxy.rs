//! A TCP proxy that cuts, swallows and delays.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::background::Background;

/// What the proxy does with octets, on connections that are there and on new ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Carries them to and fro.
    #[default]
    Pass,
    /// Carries them after this time.
    Delay(Duration),
    /// Ends all connections, and new ones as soon as they come.
    Cut,
    /// Takes them and carries none, either way.
    BlackHole,
    /// Carries what clients say, and none of what the server says.
    OneWay,
}

/// A port of 127.0.0.1 that stands for another, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    control: watch::Sender<Control>,
    _server: Background,
}

/// What the test wants.
#[derive(Clone, Copy, Debug)]
struct Control {
    target: SocketAddr,
    mode: Mode,
}

impl Proxy {
    /// Starts one in front of `target`.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let (control, wanted) = watch::channel(Control { target, mode: Mode::Pass });
        let (server, address) = Background::listen(move |listener| accept(listener, wanted));
        Self { address, control, _server: server }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on.
    pub fn set(&self, mode: Mode) {
        self.control.send_modify(|control| control.mode = mode);
    }

    /// Connects new clients to `target`.
    pub fn retarget(&self, target: SocketAddr) {
        self.control.send_modify(|control| control.target = target);
    }
}

async fn accept(listener: TcpListener, wanted: watch::Receiver<Control>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let mut wanted = wanted.clone();
        tokio::spawn(async move {
            let until = wanted.clone();
            let is_cut = |control: &Control| control.mode == Mode::Cut;
            // Whoever comes first ends both connections: an error, an end, or the test.
            tokio::select! {
                _ = carry(client, until) => {}
                _ = wanted.wait_for(is_cut) => {}
            }
        });
    }
}

/// Carries octets between a client and the target until one of them ends.
async fn carry(client: TcpStream, wanted: watch::Receiver<Control>) -> io::Result<()> {
    let target = wanted.borrow().target;
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(
        pump(from_client, to_server, wanted.clone(), false),
        pump(from_server, to_client, wanted, true),
    )?;
    Ok(())
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    wanted: watch::Receiver<Control>,
    is_answer: bool,
) -> io::Result<()> {
    let mut octets = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut octets).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let mode = wanted.borrow().mode;
        match mode {
            Mode::BlackHole => continue,
            Mode::OneWay if is_answer => continue,
            Mode::Delay(delay) => tokio::time::sleep(delay).await,
            Mode::Pass | Mode::OneWay | Mode::Cut => {}
        }
        to.write_all(octets.get(..length).unwrap_or_default()).await?;
    }
}
