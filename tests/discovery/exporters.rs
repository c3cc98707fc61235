//! Exporters that are assigned while records flow: weir discovery, enricher, exporter and tail
//! around one Redis server.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::thread;

use serde_json::{Value, json};
use weir_testkit::wait_for;

use crate::account::Account;
use crate::processes::{Installation, Process};
use crate::recorder::{IpfixRecorder, SyslogRecorder};

const SERVICE: &str = "weir.v1.ExporterAssignmentService";

/// What a record says of its exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exporter {
    pub(crate) domain: u64,
    pub(crate) address: String,
    pub(crate) name: String,
}

/// Flows of one VPC, and who gets their records.
struct Flows {
    file: PathBuf,
    vpc_id: String,
    ipfix: RefCell<IpfixRecorder>,
    syslog: SyslogRecorder,
}

impl Flows {
    /// Waits until a new line leaves as IPFIX and as syslog under this exporter.
    fn wait_until_of(&self, wanted: &Exporter) {
        let (mut is_in_ipfix, mut is_in_syslog) = (false, false);
        wait_for("records of the exporter in IPFIX and syslog", || {
            self.add_line();
            is_in_ipfix |= self.ipfix.borrow_mut().records().contains(wanted);
            is_in_syslog |= self.syslog.addresses().contains(&wanted.address);
            (is_in_ipfix && is_in_syslog).then_some(())
        });
    }

    /// Waits until the domain is described anew, for collectors that read options alone.
    fn wait_until_described(&self, wanted: &Exporter) {
        wait_for("the description of the domain", || {
            self.add_line();
            let mut ipfix = self.ipfix.borrow_mut();
            ipfix.records();
            ipfix.described().contains(wanted).then_some(())
        });
    }

    fn add_line(&self) {
        let mut file = OpenOptions::new().append(true).create(true).open(&self.file).unwrap();
        if file.metadata().unwrap().len() == 0 {
            writeln!(file, "version vpc-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status").unwrap();
        }
        let vpc_id = &self.vpc_id;
        writeln!(
            file,
            "5 {vpc_id} 10.9.0.1 10.9.0.2 1024 443 6 1 40 1700000000 1700000060 ACCEPT OK"
        )
        .unwrap();
    }
}

fn listed(discovery: &Process, vpc_id: &str) -> Value {
    let all = discovery.call(&format!("{SERVICE}/ListAssignments"), &json!({"pageSize": 1000}));
    let assignments = all["assignments"].as_array().unwrap();
    assignments.iter().find(|each| each["id"] == vpc_id).unwrap().clone()
}

fn current(discovery: &Process, vpc_id: &str) -> Exporter {
    let listed = listed(discovery, vpc_id);
    let text = |field: &str| listed[field].as_str().unwrap().to_owned();
    Exporter {
        domain: listed["observationDomainId"].as_u64().unwrap(),
        address: text("exporterIpv4"),
        name: text("exporterName"),
    }
}

fn set(discovery: &Process, vpc_id: &str, ipv4: &str, name: &str) -> Value {
    let request = json!({"id": vpc_id, "exporter": {"ipv4": ipv4, "name": name}});
    discovery.call(&format!("{SERVICE}/SetAssignment"), &request)
}

#[test]
fn an_assignment_reaches_collectors_also_when_redis_dies_over_it() {
    let account = Account::open();
    let web = account.run_instance("web-01");
    let (ipfix, syslog) = (IpfixRecorder::open(), SyslogRecorder::open());
    let mut installation = Installation::start_with(&account, &[&ipfix.table(), &syslog.table()]);
    let discovery = installation.discovery();
    let (_tail, folder) = installation.tail();
    let flows = Flows {
        file: folder.join("flows.log"),
        vpc_id: web.vpc_id.clone(),
        ipfix: RefCell::new(ipfix),
        syslog,
    };

    let default = current(&discovery, &web.vpc_id);
    assert_eq!(listed(&discovery, &web.vpc_id)["defaultIpv4"], default.address.as_str());
    flows.wait_until_of(&default);

    set(&discovery, &web.vpc_id, "192.0.2.7", "edge");
    let assigned = Exporter { address: "192.0.2.7".into(), name: "edge".into(), ..default.clone() };
    assert_eq!(current(&discovery, &web.vpc_id), assigned);
    flows.wait_until_of(&assigned);
    flows.wait_until_described(&assigned);

    // Whether or not anybody was told.
    set(&discovery, &web.vpc_id, "192.0.2.8", "border");
    installation.redis.kill();
    installation.redis.restart();
    let again = Exporter { address: "192.0.2.8".into(), name: "border".into(), ..default.clone() };
    flows.wait_until_of(&again);

    // Another process, which has swept nothing: the domain is the same.
    drop(discovery);
    let discovery = installation.discovery();
    wait_for("the store to be read", || (current(&discovery, &web.vpc_id) == again).then_some(()));
    let clear = format!("{SERVICE}/ClearAssignment");
    discovery.call(&clear, &json!({"id": web.vpc_id}));
    flows.wait_until_of(&default);
}

#[test]
fn two_discoveries_that_are_called_at_a_time_end_in_one_state() {
    let account = Account::open();
    let web = account.run_instance("web-01");
    let installation = Installation::start(&account);
    let (one, other) = (installation.discovery(), installation.discovery());
    let vpc_id = web.vpc_id.as_str();
    thread::scope(|scope| {
        for (discovery, field) in [(&one, "ipv4"), (&other, "name")] {
            scope.spawn(move || {
                for number in 1..=10 {
                    let value = if field == "ipv4" {
                        format!("192.0.2.{number}")
                    } else {
                        format!("name {number}")
                    };
                    let request = json!({"id": vpc_id, "exporter": {field: value}});
                    discovery.call(&format!("{SERVICE}/SetAssignment"), &request);
                }
            });
        }
    });
    let wanted = json!({"ipv4": "192.0.2.10", "ipv6": "", "name": "name 10"});
    for discovery in [&one, &other] {
        assert_eq!(listed(discovery, vpc_id)["assigned"], wanted);
    }
    assert_eq!(current(&one, vpc_id), current(&other, vpc_id));
}

#[test]
fn clients_that_know_nothing_of_weir_make_every_call() {
    let account = Account::open();
    let web = account.run_instance("web-01");
    let installation = Installation::start(&account);
    let discovery = installation.discovery();
    let vpc_id = web.vpc_id.as_str();
    let methods = discovery.methods(SERVICE);
    let called = [
        ("ListAssignments", json!({})),
        (
            "SetAssignment",
            json!({"id": vpc_id, "exporter": {"ipv4": "192.0.2.7"}, "update_mask": "ipv4"}),
        ),
        ("ExportAssignments", json!({"only_assigned": true})),
        ("ImportAssignments", json!({"csv": format!("id,name\n{vpc_id},edge\n")})),
        ("ClearAssignment", json!({"id": vpc_id})),
    ];
    for (method, request) in &called {
        let answer = discovery.call_by_grpcio(&format!("{SERVICE}/{method}"), request);
        assert!(answer.is_object(), "{method}: {answer}");
    }
    let mut names: Vec<_> = called.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.sort_unstable();
    assert_eq!(methods, names);

    let refusals = [
        ("SetAssignment", json!({"id": "vpc-none", "exporter": {"name": "edge"}}), "NotFound"),
        (
            "SetAssignment",
            json!({"id": vpc_id, "exporter": {"ipv4": "10.0.0.300"}}),
            "InvalidArgument",
        ),
        (
            "SetAssignment",
            json!({"id": vpc_id, "updateMask": {"paths": ["address"]}}),
            "InvalidArgument",
        ),
        ("ClearAssignment", json!({"id": vpc_id, "etag": "0".repeat(32)}), "Aborted"),
        ("ListAssignments", json!({"pageToken": "7"}), "InvalidArgument"),
        ("ImportAssignments", json!({"csv": "id,ipv4\nvpc-none,1.2.3.4\n"}), "InvalidArgument"),
    ];
    for (method, request, code) in refusals {
        discovery.refuses(&format!("{SERVICE}/{method}"), &request, code);
    }
}
