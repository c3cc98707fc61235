//! What sweeps have found that can be read.

use std::collections::{BTreeMap, BTreeSet};

use weir_control::inputs::{
    BucketSource, Input, InputSource, Inputs, LogGroupSource, MAX_INPUTS, Rule, StreamSource,
};
use weir_inventory::coverage::{SourceKind, bucket_input};
use weir_inventory::region::RegionSnapshot;

use crate::publish::Edition;
use crate::reader::Place;

/// An input that a sweep has found.
#[derive(Clone, Debug)]
pub(super) struct Available {
    pub(super) source: InputSource,
    pub(super) name: String,
    pub(super) place: Place,
}

/// Everything that sweeps have found, by id.
#[derive(Default)]
pub(super) struct AllAvailable {
    pub(super) inputs: BTreeMap<String, Available>,
    /// The queues of each bucket; a bucket without one has none.
    pub(super) queues: BTreeMap<String, BTreeSet<String>>,
}

impl AllAvailable {
    pub(super) fn of(edition: &Edition) -> Self {
        let mut all = Self::default();
        for (place, snapshot) in edition.snapshots() {
            all.add_streams(place, snapshot);
            all.add_buckets(place, snapshot);
        }
        all
    }

    fn add_streams(&mut self, place: &Place, snapshot: &RegionSnapshot) {
        for stream in &snapshot.kinesis_streams {
            let source = StreamSource {
                arn: stream.arn.clone(),
                enhanced_fan_out: false,
                initial_position: Default::default(),
            };
            self.add(InputSource::KinesisStream(source), &stream.name, place);
        }
        for group in &snapshot.log_groups {
            let source = LogGroupSource { arn: group.arn.clone() };
            self.add(InputSource::LogGroup(source), &group.name, place);
        }
    }

    fn add_buckets(&mut self, place: &Place, snapshot: &RegionSnapshot) {
        for bucket in &snapshot.buckets {
            let queues = bucket.notifications.iter().map(|it| it.queue_arn.clone());
            let queues: BTreeSet<_> = queues.collect();
            for queue_arn in &queues {
                let source =
                    BucketSource { bucket: bucket.name.clone(), queue_arn: queue_arn.clone() };
                self.add(InputSource::Bucket(source), &bucket.name, place);
            }
            self.queues.entry(bucket.name.clone()).or_default().extend(queues);
        }
    }

    fn add(&mut self, source: InputSource, name: &str, place: &Place) {
        let found = Available { name: name.to_owned(), place: place.clone(), source };
        self.inputs.entry(found.source.id()).or_insert(found);
    }

    /// Lets rules enable what was never enabled: the ids.
    pub(super) fn apply_rules(&self, inputs: &mut Inputs, now: u64) -> Vec<String> {
        let mut enabled = Vec::new();
        for (id, available) in &self.inputs {
            if inputs.inputs.contains_key(id) || inputs.inputs.len() >= MAX_INPUTS {
                continue;
            }
            let kind = available.source.kind();
            let Place { account_id, region } = &available.place;
            let matches = |rule: &Rule| rule.matches(kind, account_id, region, &available.name);
            let rule = inputs.rules.iter().find(|(_, rule)| matches(rule));
            let Some((name, rule)) = rule.filter(|_| self.is_only_queue(available)) else {
                continue;
            };
            let input = available.input(rule, name.clone());
            inputs.enable(input, now);
            enabled.push(id.clone());
        }
        enabled
    }

    /// Of several queues of a bucket none is chosen: another consumer may need it.
    fn is_only_queue(&self, available: &Available) -> bool {
        match &available.source {
            InputSource::Bucket(source) => {
                self.queues.get(&source.bucket).is_some_and(|queues| queues.len() == 1)
            }
            InputSource::KinesisStream(_) | InputSource::LogGroup(_) => true,
        }
    }

    /// Why rules do not enable buckets that they match.
    pub(super) fn rule_warnings(&self, inputs: &Inputs) -> Vec<String> {
        let mut warnings = Vec::new();
        for (bucket, queues) in self.queues.iter().filter(|(_, queues)| queues.len() > 1) {
            let ids: Vec<_> = queues.iter().map(|queue| bucket_input(bucket, queue)).collect();
            if ids.iter().any(|id| inputs.inputs.contains_key(id)) {
                continue;
            }
            let found = ids.iter().find_map(|id| self.inputs.get(id));
            let Some(Available { place, .. }) = found else { continue };
            let Place { account_id, region } = place;
            let matches = |rule: &Rule| rule.matches(SourceKind::S3, account_id, region, bucket);
            if let Some((name, _)) = inputs.rules.iter().find(|(_, rule)| matches(rule)) {
                warnings.push(format!(
                    "rule `{name}` does not enable bucket `{bucket}`: {} queues are told of its \
                     objects; enable it through one of them",
                    queues.len()
                ));
            }
        }
        warnings
    }
}

impl Available {
    fn input(&self, rule: &Rule, name: String) -> Input {
        let mut source = self.source.clone();
        if let InputSource::KinesisStream(stream) = &mut source {
            stream.enhanced_fan_out = rule.enhanced_fan_out;
            stream.initial_position = rule.initial_position;
        }
        Input { rule: Some(name), ..self.enabled(source) }
    }

    /// The input that is to be enabled; its time is filled in later.
    pub(super) fn enabled(&self, source: InputSource) -> Input {
        let Place { account_id, region } = self.place.clone();
        Input {
            source,
            account_id,
            region,
            since: 0,
            until: None,
            read_since: None,
            is_done: false,
            rule: None,
        }
    }
}
