//! Which regions are read.

use weir_aws::{FoundRegion, LeftOut, Partition, RegionFilter, RegionPlan};

fn plan(filter: &RegionFilter) -> RegionPlan {
    let found = [
        ("us-east-1", "opt-in-not-required"),
        ("eu-west-1", "opt-in-not-required"),
        ("me-south-1", "not-opted-in"),
        ("af-south-1", "opted-in"),
        ("eu-west-1", "opt-in-not-required"),
    ];
    filter.plan(found.map(|(name, status)| FoundRegion {
        name: name.to_owned(),
        opt_in_status: Some(status.to_owned()),
    }))
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn every_enabled_region_is_read_unless_lists_say_otherwise() {
    let everything = plan(&RegionFilter::default());
    assert_eq!(everything.enabled, ["af-south-1", "eu-west-1", "us-east-1"]);
    assert_eq!(everything.excluded[0].name, "me-south-1");
    assert_eq!(everything.excluded[0].why, LeftOut::NotOptedIn);

    let (allow, deny) = (list(&["eu-west-1", "us-east-1", "me-south-1"]), list(&["us-east-1"]));
    let filter = RegionFilter { allow, deny };
    let some = plan(&filter);
    assert_eq!(some.enabled, ["eu-west-1"]);
    let why: Vec<_> = some.excluded.iter().map(|each| (each.name.as_str(), each.why)).collect();
    assert_eq!(
        why,
        [
            ("af-south-1", LeftOut::NotAllowed),
            ("me-south-1", LeftOut::NotOptedIn),
            ("us-east-1", LeftOut::Denied),
        ]
    );
    assert_eq!(filter.named(), ["eu-west-1", "me-south-1"]);
}

#[test]
fn a_region_tells_its_partition() {
    for (region, partition) in [
        ("cn-northwest-1", Partition::China),
        ("us-gov-east-1", Partition::GovCloud),
        ("us-east-2", Partition::Aws),
    ] {
        assert_eq!(Partition::of_region(region), partition);
        assert_eq!(Partition::of_region(partition.default_region()), partition);
    }
}
