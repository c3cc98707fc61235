//! A real Redis server that is killed, emptied and filled up.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use weir_discovery::service::{DiscoveryConfig, DiscoveryCore};
use weir_inventory::region::{InventoryIndex, RegionSnapshot};
use weir_store::{Key, RedisConfig, RedisStore, Store, StoreOptions};
use weir_testkit::RedisServer;

use crate::support::{ACCOUNT, FakeReader, REGION, Script, place, plan, schedule, until};

/// Discovery and its server; somebody else reads along.
struct Pair {
    redis: RedisServer,
    reader: Arc<FakeReader>,
    core: Arc<DiscoveryCore>,
    store: Arc<dyn Store>,
}

impl Pair {
    async fn start(arguments: &[&str]) -> Self {
        let redis = RedisServer::start_with(arguments);
        let store = || {
            let config =
                RedisConfig { timeout: Duration::from_secs(2), ..RedisConfig::new(redis.url()) };
            Arc::new(RedisStore::new(config, StoreOptions::default()).unwrap())
        };
        let reader = FakeReader::new(plan(&[(ACCOUNT, &[REGION, "us-east-1"])]));
        let config = DiscoveryConfig {
            concurrency: NonZeroUsize::new(4).unwrap(),
            backoff: Duration::from_millis(20),
            linger: Duration::from_millis(200),
            ..DiscoveryConfig::new(schedule())
        };
        let core = DiscoveryCore::start(&config, store(), reader.clone(), None);
        let store = store();
        let pair = Self { redis, reader, core, store };
        until("the first sweep is published", async || pair.has(1).await).await;
        pair
    }

    /// Whether the store has a whole inventory whose second region has so many instances.
    async fn has(&self, instances: usize) -> bool {
        self.parts().await.is_some_and(|parts| {
            parts.len() == 2 && parts[1].inventory.instances.len() == instances
        })
    }

    async fn parts(&self) -> Option<Vec<RegionSnapshot>> {
        let found = self.store.get(&Key::from_static(InventoryIndex::KEY)).await.ok()??;
        let index = InventoryIndex::from_json(&found.value).unwrap();
        let mut parts = Vec::new();
        for entry in index.parts {
            let key = Key::of_parts(entry.key_parts()).unwrap();
            let found = self.store.get(&key).await.ok()??;
            let json = weir_discovery::publish::decompress(&found.value, 1 << 28).unwrap();
            parts.push(RegionSnapshot::from_json(&json).unwrap());
        }
        Some(parts)
    }

    /// The second region has so many instances from now on.
    fn script(&self, instances: usize) {
        self.reader.script(&place(ACCOUNT, "us-east-1"), Script::Instances(instances));
    }

    async fn sweep(&self) -> Option<String> {
        self.core.sweeper.sweep_to_the_end().await;
        self.core.sweeper.last().unwrap().publish_error.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_found_while_redis_was_dead_is_there_when_it_is_back_with_its_data() {
    let mut pair = Pair::start(&[]).await;
    pair.redis.kill();
    pair.script(3);
    assert!(pair.sweep().await.is_some());
    assert!(pair.core.publisher.status().is_pending);
    pair.redis.restart();
    until("it is published", async || pair.has(3).await).await;
    assert_eq!(pair.sweep().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_written_again_when_redis_is_back_without_its_data() {
    let mut pair = Pair::start(&[]).await;
    pair.redis.kill();
    pair.redis.restart_empty();
    until("it is there again", async || pair.has(1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_written_again_when_redis_was_flushed() {
    let pair = Pair::start(&[]).await;
    pair.redis.command("FLUSHALL");
    until("it is there again", async || pair.has(1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_redis_keeps_what_it_has_and_gets_the_rest_when_it_has_room() {
    let pair = Pair::start(&["--maxmemory-policy", "noeviction"]).await;
    assert_eq!(pair.redis.command("CONFIG SET maxmemory 1"), "+OK");
    pair.script(4);
    let error = pair.sweep().await.unwrap();
    assert!(!error.is_empty());
    assert!(pair.has(1).await);
    assert_eq!(pair.redis.command("CONFIG SET maxmemory 0"), "+OK");
    until("it is published", async || pair.has(4).await).await;
}
