//! Runs are let go once, when nothing of them is left.

use proptest::prelude::*;
use weir_report::{Extent, HeldRuns, Report};

use crate::support::{Counting, Record};

proptest! {
    /// Each run has a record in each of some conversations. When a run is let go, all its flows
    /// must be in rows.
    #[test]
    fn a_run_is_let_go_once_and_not_before_its_records_are_in_rows(
        windows in prop::collection::vec(
            prop::collection::vec(prop::collection::vec((0u16..8, any::<bool>()), 0..6), 0..6),
            1..8,
        ),
    ) {
        let mut counting = Counting::of(Report::Conversations);
        let mut held = HeldRuns::new();
        // What is left to be written of each conversation, by run.
        let mut left: Vec<Vec<u16>> = Vec::new();
        let mut done = Vec::new();
        let last = windows.len() - 1;
        for (number, runs) in windows.iter().enumerate() {
            for run in runs {
                for (port, is_back) in run {
                    let (client, server) = (format!("10.0.0.9:{}", 40000 + port), "10.0.0.1:443");
                    let record = match is_back {
                        false => Record::new(&client, server),
                        true => Record::new(server, &client),
                    };
                    counting.add(&Record { protocol: 17, ..record });
                }
                held.take(left.len());
                left.push(run.iter().map(|(port, _)| 40000 + port).collect());
            }
            let extent = if number == last { Extent::All } else { Extent::Interval };
            let (rows, closed) = counting.close(number as u64 * 30, extent);
            for row in &rows {
                let port = row.source.unwrap().1;
                left.iter_mut().for_each(|ports| ports.retain(|each| *each != port));
            }
            for run in held.written(closed.carried() > 0) {
                prop_assert!(left[run].is_empty(), "run {} was let go too soon", run);
                prop_assert!(!done.contains(&run), "run {} was let go twice", run);
                done.push(run);
            }
        }
        prop_assert!(held.is_empty());
        prop_assert_eq!(done.len(), left.len());
    }
}
