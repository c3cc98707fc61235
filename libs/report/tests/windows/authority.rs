//! Each pair of hosts in the VPC alone that saw most flows of it.

use weir_report::{Count, Extent, Report, WindowOptions};

use crate::support::{Counting, Record};

#[test]
fn a_pair_of_hosts_counts_in_the_vpc_that_saw_most_flows_of_it() {
    for report in Report::ALL {
        let options =
            WindowOptions { authoritative_only: true, top: None, ..WindowOptions::new(report) };
        let there = Record::new("10.0.0.9:40000", "10.1.0.1:443");
        let back = Record::new("10.1.0.1:443", "10.0.0.9:40000");
        let another = Record::new("10.0.0.9:40001", "10.1.0.1:443");
        let alone = Record { domain: 8, ..Record::new("10.0.0.9:40000", "10.1.0.2:443") };
        let of = |domain, record: &Record| Record { domain, ..record.clone() };
        let records =
            [of(7, &there), of(7, &back), of(8, &there), of(8, &back), of(8, &another), alone];
        let (rows, closed) = Counting::new(options).add_all(&records).close(0, Extent::All);
        assert!(rows.iter().all(|row| row.domain == 8), "{rows:?}");
        assert_eq!(rows.iter().map(|row| row.flows).sum::<u64>(), 4);
        assert_eq!(closed.deduplicated(), Count { octets: 200, packets: 2, flows: 2 });
    }
}

#[test]
fn of_vpcs_that_saw_as_many_flows_one_counts() {
    let options =
        WindowOptions { authoritative_only: true, ..WindowOptions::new(Report::TopTraffic) };
    let record = Record::new("10.0.0.9:40000", "10.1.0.1:443");
    let records = [Record { domain: 9, ..record.clone() }, Record { domain: 8, ..record }];
    let rows = Counting::new(options).add_all(&records).all();
    assert_eq!(rows.iter().map(|row| row.domain).collect::<Vec<_>>(), [8]);
}
