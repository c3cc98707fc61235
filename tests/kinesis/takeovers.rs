//! What the contract lets come again: what a worker that failed had read and not committed.

use std::collections::HashSet;

use weir_tests::Service;

use crate::stream::{Put, Stream};

/// A worker's failure, and all that there was to read at that time.
pub(crate) struct Failure {
    put: Vec<Put>,
}

impl Failure {
    /// It has failed just now.
    pub(crate) fn now(stream: &Stream) -> Self {
        Self { put: stream.records() }
    }

    /// The lines behind a checkpoint of a shard.
    fn lines_behind(&self, shard: &str, checkpoint: &str) -> u64 {
        // A shard without a checkpoint begins at its oldest record.
        let is_behind = |put: &&Put| {
            put.shard == shard && (checkpoint == "TRIM_HORIZON" || *put.sequence > *checkpoint)
        };
        self.put.iter().filter(is_behind).map(|put| put.lines).sum()
    }
}

/// A shard that became a worker's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Grant {
    shard: String,
    fence: u64,
    checkpoint: String,
}

fn grants(worker: &Service) -> Vec<Grant> {
    let grant = |fields: serde_json::Value| {
        let shard = fields["shard"].as_str().unwrap();
        Grant {
            shard: shard.rsplit('/').next().unwrap().to_owned(),
            fence: fields["fence"].as_u64().unwrap(),
            checkpoint: fields["checkpoint"].as_str().unwrap().to_owned(),
        }
    };
    worker.logged("the shard is read here").into_iter().map(grant).collect()
}

/// The most lines that may come again after `failures`: of each shard that another worker took
/// over from one that failed, the lines behind its checkpoint that were there when it failed.
/// `failed` are those of them whose logs are there, each with its failure; a shard whose owner
/// before is in no log was `gone`'s.
pub(crate) fn most_repeated(
    workers: &[Service],
    failed: (&Service, &Failure),
    gone: &Failure,
) -> u64 {
    let all: Vec<_> = workers.iter().flat_map(grants).collect();
    let of_failed: HashSet<_> =
        grants(failed.0).into_iter().map(|it| (it.shard, it.fence)).collect();
    let known: HashSet<_> = all.iter().map(|it| (it.shard.clone(), it.fence)).collect();
    let most = all.iter().filter(|grant| grant.fence > 1).map(|grant| {
        let before = (grant.shard.clone(), grant.fence - 1);
        match (of_failed.contains(&before), known.contains(&before)) {
            (true, _) => failed.1.lines_behind(&grant.shard, &grant.checkpoint),
            (false, true) => 0,
            (false, false) => gone.lines_behind(&grant.shard, &grant.checkpoint),
        }
    });
    most.sum()
}
