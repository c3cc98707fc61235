//! Kinesis as a double plays it: a stream of one shard.

use weir_testkit::{Answer, kinesis};

use crate::sandbox::Sandbox;

/// A stream of one shard, whose iterators are numbered.
pub(crate) async fn scripted() -> Sandbox {
    let sandbox = Sandbox::with_double().await;
    kinesis::stream_of_one_shard(&sandbox.aws);
    sandbox
}

/// A read with one plain line.
pub(crate) fn line(sequence: u64, text: &str) -> Answer {
    kinesis::read(&[kinesis::record(sequence, text)], &format!("after-{sequence}"))
}

pub(crate) fn nothing() -> Answer {
    kinesis::read(&[], "on")
}
