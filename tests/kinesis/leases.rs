//! Leases as people change them: a position that is set, a lease that is released.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weir_tests::{AdminClient, Corpus, Oracle, UdpCollector, wait_for};

use crate::STEP;
use crate::installation::Installation;
use crate::stream::Stream;

const SET_POSITION: &str = "IngestService/SetPosition";

/// Leases by their shards.
fn leases(client: &AdminClient) -> BTreeMap<String, Value> {
    let named = |lease: Value| (lease["part"].as_str().unwrap().to_owned(), lease);
    client.leases().into_iter().map(named).collect()
}

fn fence(lease: &Value) -> u64 {
    lease["fence"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_is_behind_a_position_that_is_set_is_exported_again_and_nothing_else() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(2));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let mut worker = installation.worker("a");
    worker.wait_until_serving();
    let client = AdminClient::of(&worker);
    let middle = stream.put(&corpus, 0..STEP);
    let end = stream.put(&corpus, STEP..2 * STEP);
    let mut oracle = Oracle::new(&corpus, 0..2 * STEP, collector.arrivals());
    oracle.wait_for_all();
    let are_at = |positions: &BTreeMap<String, String>| {
        let leases = leases(&client);
        positions.iter().all(|(shard, position)| leases[shard]["position"] == *position)
    };
    wait_for("the last checkpoints", || are_at(&end).then_some(()));
    oracle.verdict().is_exact();

    let before = leases(&client);
    for (shard, position) in &middle {
        let lease = &before[shard];
        assert_eq!(lease["state"], "LEASE_STATE_HELD", "{lease}");
        assert!(lease["owner"].as_str().is_some_and(|owner| !owner.is_empty()), "{lease}");
        assert!(lease["renewedAt"].as_str() < lease["expiresAt"].as_str(), "{lease}");
        let mut request = json!({ "id": lease["id"], "position": position });
        request["fence"] = json!(fence(lease) + 1);
        let stale = client.fail(SET_POSITION, &request);
        assert!(stale.contains("Aborted"), "{stale}");
        request["fence"] = lease["fence"].clone();
        let set = client.call(SET_POSITION, &request);
        assert_eq!(set["lease"]["position"], *position);
        assert_eq!((&set["lease"]["owner"], fence(&set["lease"])), (&json!(""), fence(lease) + 1));
    }
    wait_for("all to come again", || (oracle.verdict().repeated >= STEP).then_some(()));
    wait_for("the last checkpoints again", || are_at(&end).then_some(()));
    let verdict = oracle.verdict();
    assert_eq!(verdict.is_complete().repeated, STEP);
    let after = leases(&client);
    for (shard, lease) in &after {
        assert_eq!((fence(lease), &lease["timesSet"]), (fence(&before[shard]) + 2, &json!("1")));
    }
    worker.wait_until_logged("a position was set");
    worker.wait_until_logged("the lease is lost");
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    // What was read again does not come once more.
    let mut next = installation.worker("b");
    stream.put(&corpus, 0..1);
    wait_for("the line", || (oracle.verdict().repeated == STEP + 1).then_some(()));
    assert_eq!(next.terminate(), Some(0), "{}", next.log());
}

#[test]
fn a_lease_that_is_released_goes_to_another_worker_and_nothing_is_lost() {
    let (corpus, collector, stream) = (Corpus::new(), UdpCollector::open(), Stream::create(2));
    let installation = Installation::start(&corpus, &collector, &stream.url());
    let mut workers = ["a", "b"].map(|name| installation.worker(name));
    let clients = workers.each_ref().map(AdminClient::of);
    // Each has one.
    let shared = wait_for("the workers to share the shards", || {
        let leases = clients[0].leases();
        let mut owners: Vec<_> = leases.iter().map(|lease| lease["owner"].to_string()).collect();
        owners.sort_unstable();
        owners.dedup();
        (owners.len() == 2 && !leases.iter().any(|lease| lease["owner"] == "")).then_some(leases)
    });
    let mut oracle = Oracle::new(&corpus, 0..2 * STEP, collector.arrivals());
    stream.put(&corpus, 0..STEP);
    oracle.wait_for(STEP);

    let (id, owner) = (&shared[0]["id"], &shared[0]["owner"]);
    let request = json!({ "id": id, "fence": shared[0]["fence"] });
    let released = clients[1].call("IngestService/ReleaseLease", &request);
    assert_eq!(released["lease"]["owner"], "");
    wait_for("the other worker to have both", || {
        let lease = clients[0].leases().into_iter().find(|lease| lease["id"] == *id).unwrap();
        let is_taken = lease["owner"] != "" && lease["owner"] != *owner;
        is_taken.then(|| assert!(fence(&lease) >= fence(&shared[0]) + 2))
    });
    stream.put(&corpus, STEP..2 * STEP);
    oracle.wait_for_all().is_complete();
    let again = clients[0].fail("IngestService/ReleaseLease", &request);
    assert!(again.contains("Aborted"), "{again}");
    workers[1].wait_until_logged("a lease was released");
    for worker in &mut workers {
        assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    }
    let left = installation.worker("c");
    // Who ended well has given all back.
    assert!(AdminClient::of(&left).leases().iter().all(|lease| {
        lease["state"] == "LEASE_STATE_FREE" || lease["state"] == "LEASE_STATE_HELD"
    }));
}
