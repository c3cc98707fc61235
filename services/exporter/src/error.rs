//! Why exporting cannot start or go on.

use std::io;

use weir_ipfix::PackError;

use crate::tls_config::TlsError;

/// Why exporting cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The packet size is outside its range.
    #[error("maximum packet size {size} is out of range: give 512 to 3900 octets")]
    PacketSizeRange {
        /// What was asked for.
        size: usize,
    },
    /// Packets would be fragmented on the way.
    #[error(
        "maximum packet size {size} does not fit the path to {collector}: its MTU of {mtu} leaves \
         {limit} octets; give at most that"
    )]
    PacketSizePath {
        /// What was asked for.
        size: usize,
        /// The collector.
        collector: String,
        /// The path MTU in octets.
        mtu: usize,
        /// What a UDP payload may have.
        limit: usize,
    },
    /// The fields do not fit the packet size.
    #[error("cannot export to {collector}")]
    Packing {
        /// The collector.
        collector: String,
        /// Why.
        source: PackError,
    },
    /// TLS to a collector or syslog receiver is not configured well.
    #[error("cannot set up TLS to {peer}")]
    Tls {
        /// The collector or receiver.
        peer: String,
        /// Why.
        source: TlsError,
    },
    /// A collector or syslog receiver has no address, or cannot be connected to.
    #[error("cannot connect to {peer}")]
    Connect {
        /// Its address.
        peer: String,
        /// The system's word.
        source: io::Error,
    },
    /// A message could not be sent.
    #[error("cannot send to {peer}")]
    Send {
        /// Where it should go.
        peer: String,
        /// The system's word.
        source: io::Error,
    },
    /// A file cannot be opened.
    #[error("cannot open {target} for writing")]
    Open {
        /// The file.
        target: String,
        /// The system's word.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write to {target}")]
    Write {
        /// The file.
        target: String,
        /// The system's word.
        source: io::Error,
    },
    /// There are more outputs than the exporter has room for.
    #[error("{outputs} collectors and outputs are too many: give at most 64, rejects counted in")]
    TooManyOutputs {
        /// How many there are.
        outputs: usize,
    },
    /// An output's thread cannot be started.
    #[error("cannot start a thread of the exporter")]
    Thread {
        /// The system's word.
        source: io::Error,
    },
    /// A thread of the exporter ended without a result.
    #[error("the exporter ended unexpectedly; this is a fault of weir, please report it")]
    Panicked,
}

impl ExportError {
    /// Whether the configuration is at fault, not the world around.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::PacketSizeRange { .. }
                | Self::PacketSizePath { .. }
                | Self::Packing { .. }
                | Self::Tls { .. }
                | Self::TooManyOutputs { .. }
        )
    }

    /// Whether another attempt cannot help.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Packing { .. })
    }

    /// Whether what failed has worked before, so that it may work again at once.
    pub(crate) fn has_worked(&self) -> bool {
        matches!(self, Self::Send { .. } | Self::Write { .. })
    }
}
