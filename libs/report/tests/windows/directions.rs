//! Which way conversations go.

use weir_ipfix::Ends;
use weir_report::{Report, WindowOptions};

use crate::support::{Counting, Record};

const LOCAL: &str = "10.0.0.9:40000";
const REMOTE: &str = "203.0.113.1:443";

fn direction(options: WindowOptions, records: &[Record]) -> String {
    let rows = Counting::new(options).add_all(records).all();
    assert_eq!(rows.len(), 1);
    rows[0].direction.clone()
}

fn ends(source_is_local: bool, destination_is_local: bool) -> Ends {
    Ends { source_is_local, destination_is_local, ..Ends::default() }
}

#[test]
fn the_direction_is_that_of_the_first_flow_whoever_reports() {
    let options = || WindowOptions::new(Report::Conversations);
    let request = Record { flags: 2, ends: ends(true, false), ..Record::new(LOCAL, REMOTE) };
    let reply = Record { flags: 18, ends: ends(false, true), ..Record::new(REMOTE, LOCAL) };
    assert_eq!(direction(options(), &[request.clone(), reply.clone()]), "outbound");
    assert_eq!(direction(options(), &[reply.clone(), request.clone()]), "outbound");
    // The answer alone tells it as well.
    assert_eq!(direction(options(), &[reply]), "outbound");
    let inbound = Record { flags: 2, ends: ends(false, true), ..Record::new(REMOTE, LOCAL) };
    assert_eq!(direction(options(), &[inbound]), "inbound");
    let internal = Record { ends: ends(true, true), ..request.clone() };
    assert_eq!(direction(options(), &[internal]), "internal");
    let unknown = Record { ends: ends(false, false), ..request };
    assert_eq!(direction(options(), &[unknown]), "unknown");
}

#[test]
fn configured_subnets_go_over_what_the_inventory_says() {
    let options = |subnets: &[&str]| WindowOptions {
        local_subnets: subnets.iter().map(|each| each.parse().unwrap()).collect(),
        ..WindowOptions::new(Report::Conversations)
    };
    let record = Record { flags: 2, ends: ends(true, true), ..Record::new(LOCAL, REMOTE) };
    let records = std::slice::from_ref(&record);
    assert_eq!(direction(options(&["10.0.0.0/8"]), records), "outbound");
    assert_eq!(direction(options(&["203.0.113.0/24"]), records), "inbound");
    assert_eq!(direction(options(&["0.0.0.0/0"]), records), "internal");
    assert_eq!(direction(options(&["192.0.2.0/24"]), records), "unknown");
    let v6 = Record { flags: 2, ..Record::new("[2001:db8::1]:40000", "[2001:db8:1::1]:443") };
    assert_eq!(direction(options(&["2001:db8::/64"]), &[v6]), "outbound");
}
