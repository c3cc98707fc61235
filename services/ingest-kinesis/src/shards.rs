//! Listings of shards.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{ChildShard, HashKeyRange, Shard};
use weir_lease::{Child, HashRange, UnitSpec};

use crate::faults::CallFault;

/// The most shards of a stream that are listed: AWS allows 20,000 by default, and closed ones
/// stay for the retention.
const MAX_SHARDS: usize = 200_000;

/// All shards of a stream, closed ones that still have records among them.
pub(crate) async fn list(client: &Client, stream: &str) -> Result<Vec<UnitSpec>, CallFault> {
    let mut shards = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let call = client.list_shards();
        let call = match token.take() {
            Some(token) => call.next_token(token),
            None => call.stream_name(stream),
        };
        let page = call.send().await;
        let page = page.map_err(|error| CallFault::of("kinesis:ListShards", &error))?;
        shards.extend(page.shards().iter().map(unit));
        token = page.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() || shards.len() > MAX_SHARDS {
            return Ok(shards);
        }
    }
}

/// The shards that follow one, in a listing.
pub(crate) fn children_of(shard: &str, listed: &[UnitSpec]) -> Vec<Child> {
    let follows = |unit: &&UnitSpec| unit.parents.iter().any(|parent| parent == shard);
    let child = |unit: &UnitSpec| Child {
        name: unit.name.clone(),
        parents: unit.parents.clone(),
        range: unit.range,
    };
    listed.iter().filter(follows).map(child).collect()
}

/// The shards that follow one, as its last read says.
pub(crate) fn children(shards: &[ChildShard]) -> Vec<Child> {
    let child = |shard: &ChildShard| Child {
        name: shard.shard_id().to_owned(),
        parents: shard.parent_shards().to_vec(),
        range: shard.hash_key_range().and_then(range),
    };
    shards.iter().map(child).collect()
}

fn unit(shard: &Shard) -> UnitSpec {
    let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
    let end = shard.sequence_number_range().and_then(|range| range.ending_sequence_number());
    UnitSpec {
        name: shard.shard_id().to_owned(),
        parents: parents.into_iter().flatten().map(str::to_owned).collect(),
        range: shard.hash_key_range().and_then(range),
        is_open: end.is_none(),
    }
}

fn range(range: &HashKeyRange) -> Option<HashRange> {
    let first = range.starting_hash_key().parse().ok()?;
    Some(HashRange { first, last: range.ending_hash_key().parse().ok()? })
}
