//! Addresses, names and observation domains of exporters.

use std::collections::BTreeMap;
use std::sync::Arc;

use tonic::{Code, Status};
use weir_control::exporters::{Domains, assignments, domains};
use weir_inventory::TransitGateway;
use weir_rpc::pb;

use crate::support::{
    ACCOUNT, FakeReader, OTHER_ACCOUNT, REGION, Sandbox, Script, Setup, StoredInventory as _,
    place, plan, reading, region, until,
};

const VPC: &str = "vpc-11eu-west-1";
const OTHER_VPC: &str = "vpc-22eu-west-1";

/// Two accounts, each with a VPC of the same block.
async fn sandbox() -> Sandbox {
    let accounts = [(ACCOUNT, &[REGION][..]), (OTHER_ACCOUNT, &[REGION][..])];
    Sandbox::swept(FakeReader::new(plan(&accounts))).await
}

fn set(id: &str, ipv4: &str, ipv6: &str, name: &str, mask: &[&str]) -> pb::SetAssignmentRequest {
    let exporter = pb::AssignedExporter { ipv4: ipv4.into(), ipv6: ipv6.into(), name: name.into() };
    let paths: Vec<_> = mask.iter().map(|path| (*path).to_owned()).collect();
    pb::SetAssignmentRequest {
        id: id.into(),
        exporter: Some(exporter),
        update_mask: (!paths.is_empty()).then_some(prost_types::FieldMask { paths }),
        etag: String::new(),
    }
}

impl Sandbox {
    async fn set(&mut self, request: pb::SetAssignmentRequest) -> Result<Assigned, Status> {
        let answer = self.assigning.set_assignment(request).await?.into_inner();
        Ok((answer.assignment.unwrap(), answer.etag))
    }

    async fn clear(&mut self, id: &str, etag: &str) -> Result<Assigned, Status> {
        let request = pb::ClearAssignmentRequest { id: id.into(), etag: etag.into() };
        let answer = self.assigning.clear_assignment(request).await?.into_inner();
        Ok((answer.assignment.unwrap(), answer.etag))
    }

    async fn listed(&mut self) -> Vec<pb::ExporterAssignment> {
        let request = pb::ListAssignmentsRequest::default();
        self.assigning.list_assignments(request).await.unwrap().into_inner().assignments
    }

    async fn import(
        &mut self,
        csv: &str,
        replace_all: bool,
        validate_only: bool,
    ) -> Result<pb::ImportAssignmentsResponse, Status> {
        let request = pb::ImportAssignmentsRequest {
            csv: csv.into(),
            replace_all,
            validate_only,
            etag: String::new(),
        };
        Ok(self.assigning.import_assignments(request).await?.into_inner())
    }

    async fn export(&mut self) -> String {
        let request = pb::ExportAssignmentsRequest::default();
        self.assigning.export_assignments(request).await.unwrap().into_inner().csv
    }
}

type Assigned = (pb::ExporterAssignment, String);

/// The reason and the message of a refusal.
fn refusal<T: std::fmt::Debug>(refused: Result<T, Status>) -> (Code, String) {
    let status = refused.unwrap_err();
    (status.code(), status.message().to_owned())
}

#[tokio::test]
async fn exporters_are_listed_with_their_defaults_and_who_shares_an_address() {
    let mut sandbox = sandbox().await;
    let listed = sandbox.listed().await;
    let first = &listed[0];
    assert_eq!(listed.len(), 2);
    assert_eq!((first.id.as_str(), first.account_id.as_str()), (VPC, ACCOUNT));
    assert_eq!((first.region.as_str(), &first.cidrs), (REGION, &vec!["10.0.0.0/16".to_owned()]));
    assert_eq!(first.kind(), pb::ExporterKind::Vpc);
    let default = (first.default_ipv4.as_str(), first.default_name.as_str());
    assert_eq!(default, ("10.0.0.1", "Production eu-west-1"));
    assert_eq!((first.exporter_ipv4.as_str(), first.assigned.as_ref()), ("10.0.0.1", None));
    assert_eq!((first.collisions, &first.collides_with), (1, &vec![OTHER_VPC.to_owned()]));
    assert!(first.observation_domain_id > 1);
    assert_ne!(first.observation_domain_id, listed[1].observation_domain_id);
}

#[tokio::test]
async fn an_exporter_gets_what_is_assigned_field_by_field() {
    let mut sandbox = sandbox().await;
    let (set_once, _) = sandbox.set(set(VPC, "192.0.2.7", "", "edge", &[])).await.unwrap();
    assert_eq!(set_once.exporter_ipv4, "192.0.2.7");
    assert_eq!((set_once.exporter_name.as_str(), set_once.collisions), ("edge", 0));
    // Without a mask, what is not given stays.
    let (twice, _) = sandbox.set(set(VPC, "", "2001:db8::7", "", &[])).await.unwrap();
    let assigned = twice.assigned.unwrap();
    let texts = (assigned.ipv4.as_str(), assigned.ipv6.as_str(), assigned.name.as_str());
    assert_eq!(texts, ("192.0.2.7", "2001:db8::7", "edge"));
    // With one, what it names is taken back where nothing is given.
    let (third, _) = sandbox.set(set(VPC, "", "", "", &["ipv4", "ipv6"])).await.unwrap();
    assert_eq!((third.exporter_ipv4.as_str(), third.exporter_ipv6.as_str()), ("10.0.0.1", ""));
    assert_eq!(third.exporter_name, "edge");
    let (last, _) = sandbox.set(set(VPC, "192.0.2.8", "", "", &["*"])).await.unwrap();
    assert_eq!(last.exporter_name, "Production eu-west-1");
    assert_eq!(last.exporter_ipv4, "192.0.2.8");
    let (cleared, _) = sandbox.clear(VPC, "").await.unwrap();
    assert_eq!((cleared.exporter_ipv4.as_str(), cleared.assigned), ("10.0.0.1", None));
    assert!(assignments().read(&*sandbox.store).await.unwrap().value.exporters.is_empty());
}

#[tokio::test]
async fn bad_requests_are_refused_with_what_to_do() {
    let mut sandbox = sandbox().await;
    let long = "x".repeat(256);
    let bad = [
        (set("", "192.0.2.7", "", "", &[]), "id: give the id"),
        (set(VPC, "", "", "", &[]), "exporter: give an address or a name"),
        (set(VPC, "192.0.2.700", "", "", &[]), "exporter.ipv4: no IPv4 address"),
        (set(VPC, "2001:db8::1", "", "", &[]), "give it as `ipv6`"),
        (set(VPC, "", "192.0.2.7", "", &[]), "give it as `ipv4`"),
        (set(VPC, "0.0.0.0", "", "", &[]), "no address of an exporter"),
        (set(VPC, "224.0.0.1", "", "", &[]), "no address of an exporter"),
        (set(VPC, "", "::", "", &[]), "no address of an exporter"),
        (set(VPC, "", "", "a\nb", &[]), "exporter.name: it has control characters"),
        (set(VPC, "", "", &long, &[]), "exporter.name: 256 octets are too many"),
        (set(VPC, "192.0.2.7", "", "", &["address"]), "update_mask: `address`: there is no such"),
    ];
    for (request, expected) in bad {
        let (code, message) = refusal(sandbox.set(request).await);
        assert_eq!(code, Code::InvalidArgument, "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let (code, message) = refusal(sandbox.set(set("vpc-none", "192.0.2.7", "", "", &[])).await);
    assert!(code == Code::NotFound && message.contains("RunDiscovery"), "{code} {message}");
    let (code, _) = refusal(sandbox.clear("vpc-none", "").await);
    assert_eq!(code, Code::NotFound);
    let wrong_etag =
        pb::SetAssignmentRequest { etag: "7".into(), ..set(VPC, "192.0.2.7", "", "", &[]) };
    let (code, message) = refusal(sandbox.set(wrong_etag).await);
    assert!(code == Code::InvalidArgument && message.starts_with("etag: "), "{message}");
    assert_eq!(sandbox.listed().await[0].assigned, None);
}

#[tokio::test]
async fn a_stale_etag_is_told_the_present_one() {
    let mut sandbox = sandbox().await;
    let (_, first) = sandbox.set(set(VPC, "192.0.2.7", "", "", &[])).await.unwrap();
    let (_, second) = sandbox.set(set(VPC, "192.0.2.8", "", "", &[])).await.unwrap();
    let (code, message) = refusal(sandbox.clear(VPC, &first).await);
    assert_eq!(code, Code::Aborted);
    assert!(message.contains(&second), "{message}");
    let (cleared, _) = sandbox.clear(VPC, &second).await.unwrap();
    assert_eq!(cleared.assigned, None);
}

#[tokio::test]
async fn pages_join_up_and_filters_hold() {
    let mut sandbox = sandbox().await;
    sandbox.set(set(OTHER_VPC, "192.0.2.7", "", "", &[])).await.unwrap();
    let mut asked = pb::ListAssignmentsRequest { page_size: 1, ..Default::default() };
    let first = sandbox.assigning.list_assignments(asked.clone()).await.unwrap().into_inner();
    asked.page_token = first.next_page_token;
    let second = sandbox.assigning.list_assignments(asked.clone()).await.unwrap().into_inner();
    assert_eq!(
        (first.assignments[0].id.as_str(), second.assignments[0].id.as_str()),
        (VPC, OTHER_VPC)
    );
    assert_eq!(second.next_page_token, "");
    asked.region = REGION.into();
    let other = sandbox.assigning.list_assignments(asked).await;
    assert_eq!(other.unwrap_err().code(), Code::InvalidArgument);
    for (only_assigned, only_colliding, expected) in [(true, false, 1), (false, true, 0)] {
        let asked =
            pb::ListAssignmentsRequest { only_assigned, only_colliding, ..Default::default() };
        let listed = sandbox.assigning.list_assignments(asked).await.unwrap().into_inner();
        assert_eq!(listed.assignments.len(), expected);
    }
}

#[tokio::test]
async fn a_table_that_is_exported_is_imported_as_it_was() {
    let mut sandbox = sandbox().await;
    let name = "=cmd|' /C calc'!A0, \"quoted\"";
    sandbox.set(set(VPC, "192.0.2.7", "2001:db8::7", name, &[])).await.unwrap();
    let exported = sandbox.export().await;
    let line = exported.lines().nth(1).unwrap();
    assert!(line.starts_with(&format!("{VPC},192.0.2.7,2001:db8::7,\"'=cmd")), "{line}");
    let again = sandbox.import(&exported, true, false).await.unwrap();
    assert_eq!((again.changed, again.cleared, again.unchanged), (0, 0, 2));
    assert_eq!(sandbox.export().await, exported);

    let table = format!("\u{feff}name,id\r\nfirst,{VPC}\r\nsecond,{OTHER_VPC}\r\n");
    let tried = sandbox.import(&table, false, true).await.unwrap();
    assert_eq!((tried.changed, tried.cleared, tried.unchanged), (2, 0, 0));
    assert_eq!(sandbox.export().await, exported);
    sandbox.import(&table, false, false).await.unwrap();
    let names: Vec<_> = sandbox.listed().await.into_iter().map(|it| it.exporter_name).collect();
    assert_eq!(names, ["first", "second"]);
    let emptied = sandbox.import(&format!("id\n{VPC}\n"), true, false).await.unwrap();
    assert_eq!((emptied.changed, emptied.cleared), (0, 2));
}

#[tokio::test]
async fn a_wrong_table_changes_nothing_and_each_line_is_told() {
    let mut sandbox = sandbox().await;
    let table = format!(
        "id,ipv4,name\n{VPC},192.0.2.7,good\nvpc-none,192.0.2.8,\n{OTHER_VPC},192.0.2,\n{VPC},,twice\n"
    );
    let (code, message) = refusal(sandbox.import(&table, false, false).await);
    assert_eq!(code, Code::InvalidArgument);
    for problem in [
        "line 3: id `vpc-none`",
        "line 4: ipv4: no IPv4 address",
        "line 5: id `vpc-11eu-west-1`: a line before names it",
    ] {
        assert!(message.contains(problem), "{message}");
    }
    let endless = "vpc-none\n".repeat(60_000);
    let hostile = [
        String::new(),
        "name\nx\n".to_owned(),
        "id,name\nvpc-1,a,b\n".to_owned(),
        "id,name\n\"vpc-1,a\n".to_owned(),
        format!("id\n{endless}"),
        format!("id\n{}", "x".repeat(4 << 20)),
        "\0\u{202e}id\n\0".to_owned(),
    ];
    for table in hostile {
        let status = sandbox.import(&table, false, false).await.unwrap_err();
        // The last but one is longer than a message may be.
        assert!(matches!(status.code(), Code::InvalidArgument | Code::OutOfRange), "{status}");
        assert!(status.message().len() < 10_000, "{}", status.message().len());
    }
    assert!(sandbox.listed().await.iter().all(|exporter| exporter.assigned.is_none()));
}

#[tokio::test]
async fn a_vpc_that_is_gone_keeps_its_domain_and_what_is_assigned_until_it_is_cleared() {
    let mut sandbox = sandbox().await;
    let before = sandbox.set(set(VPC, "192.0.2.7", "", "", &[])).await.unwrap().0;
    let mut without = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    without.inventory.vpcs.clear();
    sandbox.reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(without))));
    sandbox.summary().await;
    let gone = sandbox.listed().await.into_iter().find(|it| it.id == VPC).unwrap();
    assert_eq!(gone.kind(), pb::ExporterKind::Gone);
    assert_eq!(gone.observation_domain_id, before.observation_domain_id);
    let (code, _) = refusal(sandbox.set(set(VPC, "192.0.2.8", "", "", &[])).await);
    assert_eq!(code, Code::NotFound);
    let exported = sandbox.export().await;
    assert_eq!(sandbox.import(&exported, true, false).await.unwrap().unchanged, 2);
    sandbox.clear(VPC, "").await.unwrap();
    assert_eq!(sandbox.listed().await.len(), 1);
    let kept = domains().read(&*sandbox.store).await.unwrap().value;
    assert_eq!(kept.domains[VPC], before.observation_domain_id);
}

#[tokio::test]
async fn domains_are_there_before_the_inventory_that_needs_them() {
    let reader = FakeReader::new(plan(&[(ACCOUNT, &[REGION])]));
    let mut snapshot = region(&place(ACCOUNT, REGION), 1, 2_000_000_000);
    snapshot.inventory.transit_gateways.push(TransitGateway {
        id: "tgw-1".into(),
        account_id: ACCOUNT.into(),
        region: REGION.into(),
        name: None,
        exporter: None,
    });
    reader.script(&place(ACCOUNT, REGION), Script::Reading(Box::new(reading(snapshot))));
    let sandbox = Sandbox::swept(reader).await;
    until("it is published", async || sandbox.store.index().await.is_some()).await;
    let written = sandbox.store.writes().clone();
    let first = |key: &str| written.iter().position(|written| written == key).unwrap();
    assert!(first("control/domains") < first("inventory/index"), "{written:?}");
    let given: Vec<_> =
        domains().read(&*sandbox.store).await.unwrap().value.domains.into_keys().collect();
    assert_eq!(given, ["tgw-1", VPC]);
}

#[tokio::test]
async fn domains_stay_over_a_restart_and_come_back_to_a_store_that_lost_them() {
    let reader = || FakeReader::new(plan(&[(ACCOUNT, &[REGION])]));
    let setup = Setup::new(reader());
    // Another one has the domain that the VPC would get.
    let derived = weir_inventory::observation_domains(&BTreeMap::new(), [VPC].into_iter())[VPC];
    let taken = BTreeMap::from([("vpc-gone".to_owned(), derived)]);
    let write = |domains: &mut Domains| {
        domains.domains.clone_from(&taken);
        Ok::<_, std::convert::Infallible>(())
    };
    domains().update(&*setup.store, None, write).await.unwrap();
    let mut first = setup.start().await;
    first.after_sweeps(1).await;
    assert_eq!(first.listed().await[0].observation_domain_id, derived + 1);

    let setup = Setup { store: Arc::clone(&first.store), ..Setup::new(reader()) };
    let mut second = setup.start().await;
    until("it has read the store", async || second.core.publisher.status().is_loaded).await;
    assert_eq!(second.listed().await[0].observation_domain_id, derived + 1);

    second.store.flush().await;
    second.summary().await;
    let kept = domains().read(&*second.store).await.unwrap().value;
    assert_eq!(kept.domains["vpc-gone"], derived);
    assert_eq!(kept.domains[VPC], derived + 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_told_and_nothing_is_lost() {
    let mut sandbox = sandbox().await;
    sandbox.set(set(VPC, "192.0.2.7", "", "", &[])).await.unwrap();
    sandbox.store.set_away(true);
    let (code, message) = refusal(sandbox.set(set(VPC, "192.0.2.8", "", "", &[])).await);
    assert!(code == Code::Unavailable && message.contains("try again"), "{message}");
    sandbox.store.set_away(false);
    assert_eq!(sandbox.listed().await[0].exporter_ipv4, "192.0.2.7");
}
