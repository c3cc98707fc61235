//! Random sweeps: an address resolves to who held it at a flow's time, and never to somebody who
//! never had it.

use std::net::IpAddr;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use weir_inventory::region::{HeldSince, RegionSnapshot, carry_over, merge};
use weir_inventory::{Interface, IpRanges, NOW, Snapshot};

use crate::build::{attached, instance, interface, ip, snapshot, texts, vpc};

const START: u64 = 1_764_072_000;
/// Interfaces that are there at the same time, at most.
const SLOTS: usize = 4;
const PRIVATE: [&str; 4] = ["10.0.0.4", "10.0.0.5", "2a05:d018::4", "2a05:d018::5"];
/// Only the IPv4 addresses have public ones.
const WITH_PUBLIC: usize = 2;
const PUBLIC: [&str; 2] = ["3.5.0.8", "3.5.0.9"];

/// Something that happens between two sweeps.
#[derive(Clone, Debug)]
enum Event {
    /// An address goes to an interface, or to nobody.
    Assign { address: usize, to: Option<usize> },
    /// An interface goes to an instance.
    Attach { slot: usize, instance: u8 },
    /// A public address goes to a private one, or to nobody.
    Translate { public: usize, to: Option<usize> },
}

/// A sweep, and what happened since the one before.
#[derive(Clone, Debug)]
struct Step {
    /// Seconds since the last sweep.
    after: u64,
    events: Vec<Event>,
    /// How far into that time EC2 says that new interfaces were attached, in percent.
    told: Option<u64>,
}

/// Who holds what at a sweep.
#[derive(Clone, Debug, Default)]
struct World {
    holder: [Option<usize>; PRIVATE.len()],
    instance: [u8; SLOTS],
    /// Which private address each public one belongs to.
    private_of: [Option<usize>; PUBLIC.len()],
    /// An interface that comes again has another id.
    generation: [u32; SLOTS],
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..PRIVATE.len(), option::weighted(0.7, 0..SLOTS))
            .prop_map(|(address, to)| Event::Assign { address, to }),
        1 => (0..SLOTS, 0..3_u8).prop_map(|(slot, instance)| Event::Attach { slot, instance }),
        1 => (0..PUBLIC.len(), option::weighted(0.7, 0..WITH_PUBLIC))
            .prop_map(|(public, to)| Event::Translate { public, to }),
    ]
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (1..5_000_u64, vec(any_event(), 0..4), option::of(0..=100_u64));
    let step = step.prop_map(|(after, events, told)| Step { after, events, told });
    vec(step, 1..10)
}

impl World {
    fn after(&self, events: &[Event]) -> Self {
        let mut next = self.clone();
        for event in events {
            match *event {
                Event::Assign { address, to } => next.holder[address] = to,
                Event::Attach { slot, instance } => next.instance[slot] = instance,
                Event::Translate { public, to } => {
                    // A private address has one public address at most.
                    next.private_of.iter_mut().filter(|of| **of == to).for_each(|of| *of = None);
                    next.private_of[public] = to;
                }
            }
        }
        for slot in 0..SLOTS {
            if !self.is_there(slot) && next.is_there(slot) {
                next.generation[slot] += 1;
            }
        }
        next
    }

    fn is_there(&self, slot: usize) -> bool {
        self.holder.contains(&Some(slot))
    }

    fn interface_id(&self, slot: usize) -> String {
        format!("eni-{slot}-{}", self.generation[slot])
    }

    fn interface(&self, slot: usize) -> Interface {
        let instance_id = format!("i-{}", self.instance[slot]);
        let mut made = attached(interface(&self.interface_id(slot), "vpc-a", &[]), &instance_id);
        for (place, text) in PRIVATE.iter().enumerate() {
            if self.holder[place] != Some(slot) {
                continue;
            }
            match ip(text) {
                IpAddr::V4(_) => {
                    let mut pair = interface("", "", &[text]).addresses.remove(0);
                    let public = self.private_of.iter().position(|of| *of == Some(place));
                    pair.public = public.map(|public| PUBLIC[public].parse().unwrap());
                    made.addresses.push(pair);
                }
                IpAddr::V6(address) => made.ipv6_addresses.push(address),
            }
        }
        made
    }

    fn sweep(&self, taken_at: u64) -> RegionSnapshot {
        let mut part = RegionSnapshot::new("111122223333", "eu-west-1", taken_at);
        part.inventory.vpcs = vec![vpc("vpc-a", &["10.0.0.0/16", "2a05:d018::/56"])];
        part.inventory.instances =
            (0..3).map(|n| instance(&format!("i-{n}"), &format!("host {n}"))).collect();
        let slots = (0..SLOTS).filter(|slot| self.is_there(*slot));
        part.inventory.interfaces = slots.map(|slot| self.interface(slot)).collect();
        part
    }

    /// Interface and instance of an address.
    fn holder_of(&self, address: usize) -> Option<(String, String)> {
        let slot = self.holder[address]?;
        Some((self.interface_id(slot), format!("i-{}", self.instance[slot])))
    }

    fn holder_of_public(&self, public: usize) -> Option<(String, String)> {
        self.holder_of(self.private_of[public]?)
    }
}

/// What was swept: the worlds and when, with the time at which EC2 says that those interfaces
/// were attached that came with each.
struct Story {
    sweeps: Vec<(u64, World, Option<u64>)>,
    part: RegionSnapshot,
}

fn tell(steps: &[Step], keep: Duration) -> Story {
    let (mut at, mut world) = (START, World::default());
    let mut sweeps = Vec::new();
    let mut part: Option<RegionSnapshot> = None;
    for step in steps {
        let before = at;
        at += step.after;
        let next = world.after(&step.events);
        let told = step.told.map(|percent| before + step.after * percent / 100);
        let told = told.filter(|told| *told > before && part.is_some());
        let mut swept = next.sweep(at);
        let is_new = |slot: &usize| !world.is_there(*slot) && next.is_there(*slot);
        for slot in (0..SLOTS).filter(is_new) {
            let interface = next.interface(slot);
            let addresses = interface.private_addresses();
            let held = addresses.filter_map(|address| {
                Some(HeldSince { interface_id: interface.id.clone(), address, since: told? })
            });
            swept.inventory.held_since.extend(held);
        }
        part = Some(match part {
            Some(part) => carry_over(&part, swept, at, keep),
            None => swept,
        });
        world = next;
        sweeps.push((at, world.clone(), told));
    }
    Story { sweeps, part: part.unwrap() }
}

type Holder = (String, String);

impl Story {
    /// Who held an address at a time: who had it at the last sweep before, or got it since, as
    /// EC2 tells; of nobody, who was seen with it next.
    fn expected(&self, at: u64, holder: impl Fn(&World) -> Option<Holder>) -> Option<Holder> {
        let last = self.sweeps.iter().rposition(|(taken_at, ..)| *taken_at <= at).unwrap_or(0);
        let known = holder(&self.sweeps[last].1);
        if let Some((_, next, Some(told))) = self.sweeps.get(last + 1)
            && *told <= at
            && let Some(new) = holder(next)
            && self.sweeps[..=last].iter().all(|(_, world, _)| !has_interface(world, &new.0))
        {
            return Some(new);
        }
        known.or_else(|| self.sweeps[last..].iter().find_map(|(_, world, _)| holder(world)))
    }

    /// Everybody who ever had it.
    fn ever(&self, holder: impl Fn(&World) -> Option<Holder>) -> Vec<Holder> {
        self.sweeps.iter().filter_map(|(_, world, _)| holder(world)).collect()
    }

    /// Times around all sweeps, and one between each two.
    fn times(&self) -> Vec<u64> {
        let around = |at: u64| [at - 1, at, at + 1];
        let mut times: Vec<u64> = self.sweeps.iter().flat_map(|(at, ..)| around(*at)).collect();
        let told = self.sweeps.iter().filter_map(|(.., told)| *told);
        times.extend(told.flat_map(around));
        let between = self.sweeps.windows(2).map(|pair| pair[0].0.midpoint(pair[1].0));
        times.extend(between);
        times.extend([0, NOW]);
        times
    }
}

fn has_interface(world: &World, id: &str) -> bool {
    (0..SLOTS).any(|slot| world.is_there(slot) && world.interface_id(slot) == id)
}

fn found_in_vpc(snapshot: &Snapshot, address: &str, at: u64) -> Option<Holder> {
    let vpc = snapshot.vpc_by_id(b"vpc-a").unwrap();
    let [instance_id, ..] = texts(snapshot.endpoint_in_vpc(vpc, ip(address), at))?;
    let entry = snapshot.interface_in_vpc(vpc, ip(address), at).unwrap();
    Some((String::from_utf8(snapshot.interface_id(entry).to_vec()).unwrap(), instance_id))
}

fn found_by_public(snapshot: &Snapshot, address: &str, at: u64) -> Option<Holder> {
    let [instance_id, ..] = texts(snapshot.endpoint_by_public_address(ip(address), at))?;
    let entry = snapshot.interface_by_public_address(ip(address), at).unwrap();
    Some((String::from_utf8(snapshot.interface_id(entry).to_vec()).unwrap(), instance_id))
}

/// Checks one address: who ever had it is the only answer, and within the history, who held it
/// then.
fn check(
    story: &Story,
    keep: Duration,
    holder: impl Fn(&World) -> Option<Holder> + Copy,
    found: impl Fn(u64) -> Option<Holder>,
) -> Result<(), TestCaseError> {
    let oldest = story.part.taken_at.saturating_sub(keep.as_secs());
    for at in story.times() {
        let found = found(at);
        let ever = story.ever(holder);
        prop_assert!(found.iter().all(|holder| ever.contains(holder)), "{at}: {found:?}");
        if at >= oldest {
            prop_assert_eq!(found, story.expected(at, holder), "at {}", at);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_address_is_with_who_held_it_at_the_time(
        steps in any_steps(),
        keep in prop_oneof![Just(100_000_u64), 1..20_000_u64],
    ) {
        let keep = Duration::from_secs(keep);
        let story = tell(&steps, keep);
        let snapshot = snapshot(&merge([&story.part], &IpRanges::default()));
        for (place, text) in PRIVATE.iter().enumerate() {
            let holder = |world: &World| world.holder_of(place);
            check(&story, keep, holder, |at| found_in_vpc(&snapshot, text, at))?;
        }
        for (place, text) in PUBLIC.iter().enumerate() {
            let holder = |world: &World| world.holder_of_public(place);
            check(&story, keep, holder, |at| found_by_public(&snapshot, text, at))?;
        }
    }
}
