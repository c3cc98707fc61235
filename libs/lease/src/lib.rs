//! Leases of named units of work over the store.
//!
//! Many workers share the units of one [`Table`]: shards of streams, log groups of a region. Each
//! unit has a record in the store ([`LeaseRecord`]): who owns it, its fence, how far it was read.
//! Every change of a record is a compare-and-set on its etag. The rules are those of the Kinesis
//! Client Library:
//!
//! - An owner writes its records again and again (**renewal**). Another worker takes a record whose
//!   etag it has not seen change for [`LeaseConfig::failover`], by its own monotonic clock: no
//!   clocks are compared.
//! - The **fence** grows with each change of the owner. A checkpoint is written by who holds the
//!   present fence alone, and only ever grows.
//! - An owner whose renewals do not get through stops before others may take over
//!   (**self-fencing**).
//! - Workers **balance**: each takes its share of what is free and, when nothing is, asks the
//!   busiest for one. The owner is **asked to hand over**, reads no more, commits what is on its
//!   way, and releases; if it hangs, the asker takes it.
//! - A person may take a lease from its owner, or have its unit read from another position
//!   ([`Table::release`], [`Table::set_position`]): the fence grows, so that the owner hears of it
//!   with its next write.
//! - A unit starts only when its **parents** are finished. A finished record names its
//!   **children**, whose records any worker makes; it is deleted when all of them have begun.
//! - The units of a **set** (a stream) begin once, by [`Table::begin`], at a position that a person
//!   chose. A set that has no record, or another one than before, is refused ([`LeaseError`]): a
//!   lost or rolled-back store never starts anything over by itself.
//!
//! [`Keeper`] is the algorithm: a state machine to which time is an argument. [`Leases`] drives it
//! over a [`weir_store::Store`]; a [`LeaseObserver`] is told what that came to.

mod config;
mod driver;
mod error;
mod keeper;
mod keys;
mod observer;
mod position;
mod range;
mod record;
mod sync;
mod table;
mod unit;

pub use config::LeaseConfig;
pub use driver::{LeaseEvent, LeaseHandle, Leases};
pub use error::{LeaseError, SyncError};
pub use keeper::{Call, Event, Fenced, Keeper, Listing, LossReason, Purpose, Reply, Seen, Trouble};
pub use observer::{CallOutcome, LeaseCall, LeaseObserver, Round};
pub use position::{Checkpoint, InitialPosition, InvalidPosition, Position};
pub use range::HashRange;
pub use record::{Child, LeaseRecord, Placement, Renewal, SetRecord};
pub use sync::{Holes, plan_begin, plan_repair};
pub use table::{Change, Table, UnitPage};
pub use unit::{UnitId, UnitSpec};
