//! A store with an inventory, whose reads are seen and can be made to fail.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use weir_control::exporters::{Assignments, Domains, assignments, domains};
use weir_enricher::service::{InventorySource, Loaded, LoadedInventory, follow_inventory};
use weir_inventory::region::{FORMAT, IndexPart, InventoryIndex, RegionSnapshot};
use weir_inventory::{AssignedExporter, FallbackExporter, Inventory};
use weir_store::{Condition, Key, Prefix, Store};
use weir_testkit::StoreDouble;

const DEADLINE: Duration = Duration::from_secs(30);

/// A part with one interface, `eni-<account>`, of an instance with this name.
pub(crate) fn part(account: u64, name: &str) -> RegionSnapshot {
    let mut part = RegionSnapshot::new(account.to_string(), "eu-west-1", 100);
    let json = format!(
        r#"{{"vpcs": [{{"id": "vpc-{account}", "account_id": "{account}", "region": "eu-west-1",
                        "cidrs": ["10.0.0.0/16"]}}],
             "instances": [{{"id": "i-{account}", "name": "{name}"}}],
             "interfaces": [{{"id": "eni-{account}", "account_id": "{account}",
                              "vpc_id": "vpc-{account}", "instance_id": "i-{account}",
                              "addresses": [{{"private": "10.0.0.5"}}]}}]}}"#
    );
    part.inventory = Inventory::from_json(json.as_bytes()).unwrap();
    part
}

pub(crate) fn packed(json: &[u8]) -> Vec<u8> {
    zstd::encode_all(json, 1).unwrap()
}

/// A store with an inventory, and who follows it.
pub(crate) struct Fixture {
    store: Arc<StoreDouble>,
    inventory: LoadedInventory,
    pub(crate) index: InventoryIndex,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let store = Arc::new(StoreDouble::default());
        let source = InventorySource::Store(Arc::<StoreDouble>::clone(&store));
        let inventory = follow_inventory(source, FallbackExporter::default());
        let index = InventoryIndex {
            format: FORMAT,
            revision: 0,
            published_at: 200,
            parts: Vec::new(),
            ip_ranges: None,
        };
        Self { store, inventory, index }
    }

    /// Writes a part under the key of `account`, in a new version.
    pub(crate) async fn put(&mut self, account: u64, part: RegionSnapshot) {
        let account_id = account.to_string();
        let known = self.index.parts.iter_mut().find(|part| part.account_id == account_id);
        let named = match known {
            Some(named) => {
                named.version += 1;
                named.clone()
            }
            None => {
                let region = "eu-west-1".to_owned();
                let named =
                    IndexPart { account_id, region, version: 1, taken_at: 100, stale: None };
                self.index.parts.push(named.clone());
                named
            }
        };
        self.write(&named, packed(&part.to_json())).await;
    }

    /// Writes something else for a part, or nothing.
    pub(crate) async fn damage(&self, account: u64, value: Option<&[u8]>) {
        let account_id = account.to_string();
        let named = self.index.parts.iter().find(|part| part.account_id == account_id).unwrap();
        match value {
            Some(value) => self.write(named, value.to_vec()).await,
            None => {
                let key = Key::of_parts(named.key_parts()).unwrap();
                self.store.memory().delete(&key, Condition::Any).await.unwrap();
            }
        }
    }

    async fn write(&self, named: &IndexPart, value: Vec<u8>) {
        let key = Key::of_parts(named.key_parts()).unwrap();
        self.store.memory().put(&key, value.into(), Condition::Any).await.unwrap();
    }

    /// Writes the index; its revision.
    pub(crate) async fn publish(&mut self) -> u64 {
        self.index.revision += 1;
        self.put_index(&self.index.to_json()).await;
        self.index.revision
    }

    pub(crate) async fn put_index(&self, json: &[u8]) {
        let key = Key::from_static(InventoryIndex::KEY);
        let value = json.to_vec().into();
        self.store.memory().put(&key, value, Condition::Any).await.unwrap();
    }

    /// Takes everything from the store.
    pub(crate) async fn flush(&self) {
        let page = self.store.memory().list(&Prefix::ALL, None, 1000).await.unwrap();
        for entry in page.entries {
            self.store.memory().delete(&entry.key, Condition::Any).await.unwrap();
        }
    }

    /// Assigns an exporter and its observation domain, as discovery does.
    pub(crate) async fn assign(&self, id: &str, ipv4: &str, name: &str, domain: u32) {
        let exporter = AssignedExporter {
            ipv4: Some(ipv4.parse().unwrap()),
            ipv6: None,
            name: Some(name.to_owned()),
        };
        let assign = |assigned: &mut Assignments| {
            assigned.exporters.insert(id.to_owned(), exporter.clone());
            Ok::<_, Infallible>(())
        };
        assignments().update(self.store.memory(), None, assign).await.unwrap();
        let give = |domains: &mut Domains| {
            domains.domains.insert(id.to_owned(), domain);
            Ok::<_, Infallible>(())
        };
        domains().update(self.store.memory(), None, give).await.unwrap();
    }

    pub(crate) fn break_store(&self, is_broken: bool) {
        self.store.set_away(is_broken);
    }

    /// The inventory of this revision, once it is loaded.
    pub(crate) async fn revision(&self, revision: u64) -> Arc<Loaded> {
        self.until(|loaded| {
            loaded.published.as_ref().is_some_and(|published| published.revision == revision)
        })
        .await
    }

    /// The inventory, once it is as it should be.
    pub(crate) async fn until(&self, condition: impl Fn(&Loaded) -> bool) -> Arc<Loaded> {
        let mut inventory = self.inventory.clone();
        let loaded = inventory.wait_for(|loaded| loaded.as_deref().is_some_and(&condition));
        let loaded = tokio::time::timeout(DEADLINE, loaded).await.unwrap().unwrap();
        Arc::clone(loaded.as_ref().unwrap())
    }

    /// How many values were read.
    pub(crate) fn reads(&self) -> usize {
        self.store.reads().len()
    }

    /// The parts that were read since.
    pub(crate) fn part_reads_since(&self, reads: usize) -> Vec<String> {
        let all = self.store.reads();
        let parts = all[reads..].iter().filter(|key| key.starts_with("inventory/parts/"));
        parts.cloned().collect()
    }
}
