//! Prints how long one changed part of a large inventory takes from its publication to lookups.
//!
//! `cargo run --release -p weir-enricher --example inventory_load`
//!
//! The inventory has 200,000 network interfaces in 20 parts. Bar: 5 s and 600 MB, while lookups
//! go on.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use weir_enricher::service::{InventorySource, LoadedInventory, follow_inventory};
use weir_inventory::region::{
    DEFAULT_KEEP, FORMAT, IndexPart, InventoryIndex, RegionSnapshot, carry_over,
};
use weir_inventory::{FallbackExporter, Instance, Interface, InterfaceAddress, NOW, Vpc};
use weir_store::{Condition, Key, MemoryStore, Store, StoreOptions};

const PARTS: u32 = 20;
const INTERFACES: u32 = 10_000;
const NOON: u64 = 1_764_072_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(StoreOptions::default()));
    let mut index = InventoryIndex {
        format: FORMAT,
        revision: 1,
        published_at: NOON,
        parts: Vec::new(),
        ip_ranges: None,
    };
    let mut octets = 0;
    for n in 0..PARTS {
        let part = part(n, "first", NOON);
        let named = IndexPart {
            account_id: part.account_id.clone(),
            region: part.region.clone(),
            version: 1,
            taken_at: NOON,
            stale: None,
        };
        octets += put_part(&store, &named, &part).await;
        index.parts.push(named);
    }
    put_index(&store, &index).await;
    let (stored, before) = (octets as f64 / 1e6, memory("VmRSS"));
    println!("{PARTS} parts, {stored:.0} MB compressed; the process has {before} MB");

    let begin = Instant::now();
    let source = InventorySource::Store(Arc::clone(&store));
    let inventory = follow_inventory(source, FallbackExporter::default());
    wait_for(&inventory, 1).await;
    let snapshot = Arc::clone(&inventory.borrow().as_ref().unwrap().snapshot);
    let (counts, megabytes) = (snapshot.counts(), snapshot.memory_bytes() as f64 / 1e6);
    println!(
        "the first load: {:.2} s, {} interfaces, snapshot {megabytes:.0} MB, peak {} MB",
        begin.elapsed().as_secs_f64(),
        counts.interfaces,
        memory("VmHWM"),
    );
    drop(snapshot);
    for round in 2..=4 {
        publish_change(&store, &mut index, &inventory, round).await;
    }
}

/// Every tenth interface of one part has another instance.
async fn publish_change(
    store: &Arc<dyn Store>,
    index: &mut InventoryIndex,
    inventory: &LoadedInventory,
    round: u64,
) {
    let taken_at = NOON + round * 900;
    let owner = |round: u64| if round.is_multiple_of(2) { "second" } else { "first" };
    let next = part(7, owner(round), taken_at);
    let previous = part(7, owner(round + 1), taken_at - 900);
    let next = carry_over(&previous, next, taken_at, DEFAULT_KEEP);
    let lookups = Lookups::start(inventory.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rate_before = lookups.rate();
    let begin = Instant::now();
    index.parts[7].version = round;
    put_part(store, &index.parts[7], &next).await;
    index.revision = round;
    put_index(store, index).await;
    let published = begin.elapsed();
    let count = lookups.count();
    wait_for(inventory, round).await;
    let loaded = begin.elapsed();
    let rate = (lookups.count() - count) as f64 / (loaded - published).as_secs_f64();
    lookups.stop();
    println!(
        "one changed part: {:.2} s (written in {:.2} s), {:.1} million lookups a second before, \
         {:.1} meanwhile, {} former, peak {} MB",
        loaded.as_secs_f64(),
        published.as_secs_f64(),
        rate_before / 1e6,
        rate / 1e6,
        inventory.borrow().as_ref().unwrap().snapshot.counts().former_holdings,
        memory("VmHWM"),
    );
}

/// A thread that looks addresses up in the inventory of the moment.
struct Lookups {
    count: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    begin: Instant,
}

impl Lookups {
    fn start(inventory: LoadedInventory) -> Lookups {
        let (count, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counting, ending) = (Arc::clone(&count), Arc::clone(&is_over));
        std::thread::spawn(move || {
            let mut n = 0_u32;
            while !ending.load(Ordering::Relaxed) {
                let loaded = inventory.borrow().clone().unwrap();
                let vpc = loaded.snapshot.vpc_by_id(vpc_id(3).as_bytes()).unwrap();
                for _ in 0..1_000 {
                    n = n.wrapping_add(7_919);
                    let address = IpAddr::V4(address(n % INTERFACES));
                    assert!(loaded.snapshot.endpoint_in_vpc(vpc, address, NOW).is_some());
                }
                counting.fetch_add(1_000, Ordering::Relaxed);
            }
        });
        Lookups { count, is_over, begin: Instant::now() }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn rate(&self) -> f64 {
        self.count() as f64 / self.begin.elapsed().as_secs_f64()
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

async fn wait_for(inventory: &LoadedInventory, revision: u64) {
    let mut inventory = inventory.clone();
    let is_there = inventory.wait_for(|loaded| {
        let published = loaded.as_ref().and_then(|loaded| loaded.published.as_deref());
        published.is_some_and(|published| published.revision == revision)
    });
    is_there.await.unwrap();
}

fn vpc_id(part: u32) -> String {
    format!("vpc-0a1b2c3d4e5f6{part:04x}")
}

fn address(n: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(10 << 24 | n)
}

/// One account's region with as much text as AWS has.
fn part(n: u32, owner: &str, taken_at: u64) -> RegionSnapshot {
    let account_id = format!("{:012}", 100_000_000_000_u64 + u64::from(n));
    let mut part = RegionSnapshot::new(account_id.clone(), "eu-west-1", taken_at);
    part.inventory.vpcs = vec![Vpc {
        id: vpc_id(n),
        account_id: account_id.clone(),
        region: "eu-west-1".to_owned(),
        name: Some(format!("vpc {n}")),
        cidrs: vec!["10.0.0.0/8".parse().unwrap()],
        exporter: None,
    }];
    for i in 0..INTERFACES {
        let id = u64::from(n * INTERFACES + i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let is_changed = i.is_multiple_of(10) && owner != "first";
        let instance_id = format!("i-0{:016x}", if is_changed { !id } else { id });
        let name = Some(format!("service-{i:05}-{owner}"));
        part.inventory.instances.push(Instance { id: instance_id.clone(), name });
        part.inventory.interfaces.push(Interface {
            id: format!("eni-0{id:016x}"),
            account_id: account_id.clone(),
            vpc_id: vpc_id(n),
            subnet_id: Some(format!("subnet-0a1b2c3d4e5f{:05x}", i % 50)),
            instance_id: Some(instance_id),
            interface_type: "interface".to_owned(),
            description: "Primary network interface".to_owned(),
            addresses: vec![
                InterfaceAddress {
                    private: address(i),
                    public: i.is_multiple_of(10).then(|| Ipv4Addr::from_bits(id as u32)),
                },
                InterfaceAddress { private: address(i + (1 << 20)), public: None },
            ],
            ipv6_addresses: Vec::new(),
            ipv6_prefixes: Vec::new(),
        });
    }
    part
}

async fn put_part(store: &Arc<dyn Store>, named: &IndexPart, part: &RegionSnapshot) -> usize {
    let packed = zstd::encode_all(&*part.to_json(), 3).unwrap();
    let length = packed.len();
    let key = Key::of_parts(named.key_parts()).unwrap();
    store.put(&key, packed.into(), Condition::Any).await.unwrap();
    length
}

async fn put_index(store: &Arc<dyn Store>, index: &InventoryIndex) {
    let key = Key::from_static(InventoryIndex::KEY);
    store.put(&key, index.to_json().into(), Condition::Any).await.unwrap();
}

/// Megabytes of a line of the process's status.
fn memory(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}
