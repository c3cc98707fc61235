//! The largest flows of each VPC, and the rest of it.

use weir_report::{Report, Top, WindowOptions};

use crate::support::{Counting, Record, Row};

/// Ten flows in each of two VPCs with 1, 2, 4, … octets.
fn records() -> Vec<Record> {
    let of = |domain, power: u32| {
        let mut record = Record::new("10.0.0.1:1000", "10.0.0.2:443");
        record.source.1 += power as u16;
        Record { domain, octets: 1 << power, ..record }
    };
    (0..10).flat_map(|power| [of(1, power), of(2, power)]).collect()
}

fn rows(top: Top) -> Vec<Row> {
    let options = WindowOptions { top: Some(top), ..WindowOptions::new(Report::TopTraffic) };
    Counting::new(options).add_all(&records()).all()
}

fn octets_of(rows: &[Row], domain: u32) -> (Vec<u64>, Option<u64>) {
    let of_domain = rows.iter().filter(|row| row.domain == domain);
    let (others, rows): (Vec<_>, Vec<_>) = of_domain.partition(|row| row.is_other());
    assert!(others.len() <= 1);
    let other = others.first().map(|row| row.there.0);
    (rows.iter().map(|row| row.there.0).collect(), other)
}

#[test]
fn each_vpc_has_its_largest_flows_and_one_row_for_the_rest() {
    let rows = rows(Top { rows: 3, share: 100 });
    for domain in [1, 2] {
        assert_eq!(octets_of(&rows, domain), (vec![512, 256, 128], Some(127)));
    }
}

#[test]
fn rows_end_where_they_have_their_share() {
    // 512 of 1023 is more than half, and 768 more than three quarters.
    assert_eq!(octets_of(&rows(Top { rows: 0, share: 50 }), 1), (vec![512], Some(511)));
    assert_eq!(octets_of(&rows(Top { rows: 0, share: 51 }), 1), (vec![512, 256], Some(255)));
    assert_eq!(octets_of(&rows(Top { rows: 1, share: 75 }), 1), (vec![512], Some(511)));
}

#[test]
fn all_rows_are_written_where_no_number_and_no_share_is_given() {
    let (octets, other) = octets_of(&rows(Top { rows: 0, share: 100 }), 2);
    assert_eq!((octets.len(), other), (10, None));
}
