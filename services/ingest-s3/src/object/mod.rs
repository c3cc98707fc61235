//! Objects in buckets: which are flow logs, how they are fetched, how they are read.

mod body;
mod documents;
mod fault;
mod fetch;
mod finished;
mod formats;
mod id;
mod key;
mod lines;

pub(crate) use body::Body;
pub(crate) use fault::is_waited_out;
pub(crate) use fetch::{Fetch, Opened, plain_etag};
pub(crate) use finished::Finished;
pub(crate) use formats::ObjectFormats;
pub(crate) use id::{ObjectId, uri};
pub(crate) use key::FlowLogKey;
pub(crate) use lines::{LineThread, Lines};
