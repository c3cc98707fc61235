//! The manifests against the rules.

use cargo_metadata::DependencyKind;

use crate::rooms::{
    COMPOSER, IMPURE_CRATES, OWNERS, ROOMS, Rank, TRANSPORT_FEATURES, TRANSPORT_OWNER,
};
use crate::workspace::{Workspace, rank_of};

/// Fails with all that broke a rule.
#[track_caller]
fn assert_none(broken: impl IntoIterator<Item = String>) {
    let broken: Vec<_> = broken.into_iter().collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_crate_has_a_room() {
    let workspace = Workspace::read();
    let is_known = |room: &&String| ROOMS.iter().any(|(known, _)| known == room);
    let unknown = workspace.members.keys().filter(|room| !is_known(room));
    assert_none(unknown.map(|room| format!("{room} has no rank: give it a line in ROOMS")));
}

#[test]
fn a_crate_is_named_after_its_folder() {
    let workspace = Workspace::read();
    let wrong = workspace.members.iter().filter_map(|(room, package)| {
        let folder = room.rsplit('/').next().unwrap();
        let expected = if room == COMPOSER { "weir".to_owned() } else { format!("weir-{folder}") };
        (package.name.as_str() != expected).then(|| format!("{room} is named {}", package.name))
    });
    assert_none(wrong);
}

#[test]
fn no_crate_imports_from_above() {
    let workspace = Workspace::read();
    let upwards = workspace.dependencies().filter_map(|(room, dependency)| {
        let other = workspace.room_of(dependency)?;
        let is_dev = dependency.kind == DependencyKind::Development;
        let is_help = is_dev && rank_of(&other) == Rank::TestKit;
        let is_upwards = rank_of(&other) > rank_of(room) && !is_help;
        is_upwards.then(|| format!("{room} imports {other}, which stands above it"))
    });
    assert_none(upwards);
}

#[test]
fn test_help_is_a_dev_dependency_only() {
    let workspace = Workspace::read();
    let in_production = workspace.dependencies().filter_map(|(room, dependency)| {
        let other = workspace.room_of(dependency)?;
        let is_help = rank_of(&other) == Rank::TestKit && rank_of(room) < Rank::TestKit;
        let is_wrong = is_help && dependency.kind != DependencyKind::Development;
        is_wrong.then(|| format!("{room} imports {other} outside of its tests"))
    });
    assert_none(in_production);
}

#[test]
fn no_service_imports_another_but_the_one_that_composes_them() {
    let workspace = Workspace::read();
    let sideways = workspace.dependencies().filter_map(|(room, dependency)| {
        let other = workspace.room_of(dependency)?;
        let are_services = rank_of(room) == Rank::Service && rank_of(&other) == Rank::Service;
        (are_services && room != COMPOSER).then(|| format!("{room} imports {other}"))
    });
    assert_none(sideways);
}

#[test]
fn pure_crates_import_no_crate_of_the_outside_world() {
    let workspace = Workspace::read();
    let impure = workspace.dependencies().filter_map(|(room, dependency)| {
        let is_pure = rank_of(room) == Rank::Pure && dependency.kind != DependencyKind::Development;
        let is_impure = IMPURE_CRATES.iter().any(|start| is_of_family(&dependency.name, start));
        (is_pure && is_impure).then(|| format!("{room} imports {}", dependency.name))
    });
    assert_none(impure);
}

#[test]
fn each_outside_system_has_one_owner() {
    let workspace = Workspace::read();
    let stray = workspace.dependencies().filter_map(|(room, dependency)| {
        let owners = OWNERS.iter().find(|(start, _)| is_of_family(&dependency.name, start));
        let (_, owners) = owners?;
        let is_stray = !owners.contains(&room) && rank_of(room) < Rank::TestKit;
        is_stray.then(|| format!("{room} imports {}, which {owners:?} own", dependency.name))
    });
    assert_none(stray);
}

#[test]
fn tonic_s_transport_has_one_owner() {
    let workspace = Workspace::read();
    let stray = workspace.dependencies().filter_map(|(room, dependency)| {
        let is_transport = |feature: &String| TRANSPORT_FEATURES.contains(&feature.as_str());
        let has_transport =
            dependency.uses_default_features || dependency.features.iter().any(is_transport);
        let is_stray = dependency.name == "tonic"
            && has_transport
            && room != TRANSPORT_OWNER
            && rank_of(room) < Rank::TestKit;
        is_stray.then(|| format!("{room} imports tonic with its transport"))
    });
    assert_none(stray);
}

#[test]
fn the_default_build_has_no_aws_sdk() {
    let crates = Workspace::read().crates_of("weir");
    assert!(crates.iter().any(|name| name == "weir-enrich"), "no dependency tree: {crates:?}");
    // aws-lc-rs, the cryptography of rustls, is no SDK.
    let is_sdk = |name: &String| {
        ["aws-sdk-", "aws-config", "aws-smithy-", "aws-runtime"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    assert_none(crates.into_iter().filter(is_sdk));
}

/// Whether a crate is the one of this name or of its family: `tokio` has `tokio-util`, `redis`
/// has `redis-protocol`; and `time` has nothing to do with `timer`.
fn is_of_family(name: &str, start: &str) -> bool {
    name.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || start.ends_with('-') || rest.starts_with('-'))
}
