//! gzip and zstd, one member at a time, from octets in memory to octets in memory.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{self, DCtx, DParameter, InBuffer, OutBuffer, get_error_name, is_error_kind};

use crate::encoding::Encoding;
use crate::failure::Failure;

/// The base-2 logarithm of deflate's window (RFC 1951 section 2).
const GZIP_WINDOW_LOG: u8 = 15;

/// The base-2 logarithm of the largest zstd window that is unpacked: 8 MiB, which RFC 8878 section
/// 3.1.1.1.2 asks for and every level of the `zstd` program up to 19 stays within.
pub(crate) const ZSTD_WINDOW_LOG: u32 = 23;

/// Unpacks members: gzip members (RFC 1952 section 2.2) or zstd frames (RFC 8878 section 3).
pub(crate) enum Codec {
    Gzip(Decompress),
    Zstd(DCtx<'static>),
}

/// How far one call came.
pub(crate) struct Step {
    /// Octets of the input that were used.
    pub(crate) consumed: usize,
    /// Octets of the output that were written, also before a fault.
    pub(crate) written: usize,
    pub(crate) outcome: Result<Progress, Failure>,
}

/// Where a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Within the member.
    Inside,
    /// At the member's end; its checksum was right.
    MemberEnd,
}

impl Codec {
    /// The codec of `encoding`; `None` where there is nothing to unpack.
    pub(crate) fn new(encoding: Encoding) -> Option<Self> {
        match encoding {
            Encoding::Plain | Encoding::Parquet => None,
            Encoding::Gzip => Some(Self::gzip()),
            Encoding::Zstd => Some(Self::Zstd(new_zstd())),
        }
    }

    /// The codec of gzip.
    pub(crate) fn gzip() -> Self {
        Self::Gzip(Decompress::new_gzip(GZIP_WINDOW_LOG))
    }

    /// Whether a member may start with this octet.
    pub(crate) fn starts_with(&self, octet: u8) -> bool {
        match self {
            Self::Gzip(_) => octet == 0x1f,
            // A frame, or a skippable frame (RFC 8878 section 3.1.2).
            Self::Zstd(_) => matches!(octet, 0x28 | 0x50..=0x5f),
        }
    }

    /// Gets ready for the next member.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Gzip(decompress) => decompress.reset(true),
            // Its decoder goes on with the next frame by itself.
            Self::Zstd(_) => {}
        }
    }

    /// Unpacks as much of `input` as there is room for.
    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self {
            Self::Gzip(decompress) => gzip_step(decompress, input, output),
            Self::Zstd(context) => zstd_step(context, input, output),
        }
    }
}

#[allow(clippy::expect_used, reason = "the library takes every logarithm from 10 to 31")]
fn new_zstd() -> DCtx<'static> {
    let mut context = DCtx::create();
    let window = DParameter::WindowLogMax(ZSTD_WINDOW_LOG);
    context.set_parameter(window).expect("the logarithm is in range");
    context
}

fn gzip_step(decompress: &mut Decompress, input: &[u8], output: &mut [u8]) -> Step {
    let (consumed, written) = (decompress.total_in(), decompress.total_out());
    let outcome = match decompress.decompress(input, output, FlushDecompress::None) {
        Ok(Status::StreamEnd) => Ok(Progress::MemberEnd),
        Ok(Status::Ok | Status::BufError) => Ok(Progress::Inside),
        Err(error) => Err(Failure::Corrupt(error.into())),
    };
    Step {
        consumed: (decompress.total_in() - consumed) as usize,
        written: (decompress.total_out() - written) as usize,
        outcome,
    }
}

fn zstd_step(context: &mut DCtx<'static>, input: &[u8], output: &mut [u8]) -> Step {
    let mut input = InBuffer::around(input);
    let mut output = OutBuffer::around(output);
    let outcome = match context.decompress_stream(&mut output, &mut input) {
        Ok(0) => Ok(Progress::MemberEnd),
        Ok(_) => Ok(Progress::Inside),
        Err(code) => Err(zstd_fault(code)),
    };
    Step { consumed: input.pos(), written: output.pos(), outcome }
}

fn zstd_fault(code: zstd_safe::ErrorCode) -> Failure {
    if is_error_kind(code, ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge) {
        return Failure::Memory { limit: 1 << ZSTD_WINDOW_LOG };
    }
    Failure::Corrupt(io::Error::new(io::ErrorKind::InvalidData, get_error_name(code)))
}
