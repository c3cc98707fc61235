//! Flow logs from S3, as SQS tells of them.
//!
//! S3 sends a message to a queue for each new object; a message is deleted when every record of
//! every object that it names is committed, and never before. [`S3Source`] is the source of the
//! loop in `weir_ingest`; the way of a message:
//!
//! - `inputs`, `queue_address`: which queues there are, and who reads them; both may change;
//! - `queue`: receives a message when there is a free slot for it, keeps it invisible to others
//!   from then on, deletes it;
//! - `notification`: which objects it names, in each of the forms in which messages come;
//! - `coverage`: whether a better source has an object's records;
//! - `object`: which objects are flow logs and were not exported before; their octets, which are
//!   fetched by a task and cut into runs by a thread;
//! - `work`, `reading`: one message, one attempt at one object;
//! - `source`: what the loop hears of it, and what it may delete;
//! - `backfill`: objects by listing a bucket, for `weir replay s3://…`.
//!
//! # Parts
//!
//! A part is one object of one message. It is followed as a whole. A message whose objects are all
//! committed is deleted; one of which an object failed is left, and its visibility runs out: it
//! comes again, and goes to the dead-letter queue in the end. What went well of it is remembered
//! and not exported again.
//!
//! # What waits, and what fails
//!
//! Access that is denied, keys that cannot be used, services that ask for patience or do not
//! answer: the message stays ours, its slot is free, and its object is tried again, after 1 s at
//! first and after 60 s at most. That ends when SQS says so, twelve hours after the receipt. An
//! object that is damaged, is no flow log or breaks off five times has failed.
//!
//! # Bounds
//!
//! [`Inputs::concurrency`] messages are worked on at the same time, until an exporter has taken
//! over what was read; 1,000 are held in all. Text waits in a channel of 8 runs.

mod backfill;
mod clients;
mod coverage;
mod desk;
mod event;
mod inputs;
mod message;
mod metrics;
mod notification;
mod object;
mod part;
mod queue;
mod queue_address;
mod reading;
mod slots;
mod source;
mod supervisor;
mod time;
mod work;

pub use backfill::{Backfill, BucketPrefix, ListedObject, Listing, ObjectReader, Window};
pub use coverage::{BetterSource, Coverage, Decision, ExportAll};
pub use inputs::{Inputs, QueueInput};
pub use part::ObjectPart;
pub use queue_address::{InvalidQueueAddress, QueueAddress};
pub use source::{S3Config, S3Source};
