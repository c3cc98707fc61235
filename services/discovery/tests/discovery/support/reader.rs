//! A reader whose answers are scripted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Semaphore;
use weir_discovery::reader::{
    Fault, Place, Plan, Reading, RegionError, RegionProgress, RegionReader,
};

use super::samples::{reading, region};

/// What comes of the reading of a region.
#[derive(Clone)]
pub(crate) enum Script {
    /// Made-up content with so many instances.
    Instances(usize),
    /// This.
    Reading(Box<Reading>),
    Fails(Fault),
    Excluded,
    Panics,
    Hangs,
    /// As with `Instances(1)`, once [`FakeReader::gate`] has a permit.
    Waits,
}

/// Reads what its script says; each region has one instance unless it says otherwise.
pub(crate) struct FakeReader {
    plan: Mutex<Plan>,
    scripts: Mutex<HashMap<Place, Script>>,
    pub(crate) gate: Semaphore,
    pub(crate) plans: AtomicUsize,
    /// Regions that are being read now, and the most at a time.
    pub(crate) reading: AtomicUsize,
    pub(crate) most: AtomicUsize,
    /// When regions say that they were read.
    pub(crate) taken_at: AtomicUsize,
}

impl FakeReader {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Arc::new(Self {
            plan: Mutex::new(plan),
            scripts: Mutex::default(),
            gate: Semaphore::new(0),
            plans: AtomicUsize::new(0),
            reading: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            taken_at: AtomicUsize::new(usize::try_from(now.as_secs()).unwrap()),
        })
    }

    pub(crate) fn script(&self, place: &Place, script: Script) {
        self.scripts.lock().unwrap().insert(place.clone(), script);
    }

    pub(crate) fn set_plan(&self, plan: Plan) {
        *self.plan.lock().unwrap() = plan;
    }

    fn made_up(&self, place: &Place, instances: usize) -> Reading {
        let taken_at = self.taken_at.load(Ordering::SeqCst) as u64;
        reading(region(place, instances, taken_at))
    }
}

#[async_trait]
impl RegionReader for FakeReader {
    async fn plan(&self) -> Plan {
        self.plans.fetch_add(1, Ordering::SeqCst);
        self.plan.lock().unwrap().clone()
    }

    async fn read(&self, place: &Place, progress: &RegionProgress) -> Result<Reading, RegionError> {
        let at_a_time = self.reading.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(at_a_time, Ordering::SeqCst);
        let _leave = Leave(&self.reading);
        progress.call();
        progress.found("instances", 1);
        tokio::task::yield_now().await;
        let script = self.scripts.lock().unwrap().get(place).cloned();
        match script.unwrap_or(Script::Instances(1)) {
            Script::Instances(count) => Ok(self.made_up(place, count)),
            Script::Reading(reading) => Ok(*reading),
            Script::Fails(fault) => Err(fault.into()),
            Script::Excluded => Err(RegionError::Excluded { cause: "not opted in".to_owned() }),
            Script::Panics => panic!("a region that nobody can read"),
            Script::Hangs => std::future::pending().await,
            Script::Waits => {
                self.gate.acquire().await.unwrap().forget();
                Ok(self.made_up(place, 1))
            }
        }
    }
}

/// Counts down also where the reading is dropped.
struct Leave<'r>(&'r AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
