//! What is committed, and when.

use proptest::prelude::*;
use weir_delivery::Verdict;
use weir_ingest::{End, Tracking};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::start;

#[tokio::test(start_paused = true)]
async fn a_source_that_ends_is_read_and_committed_to_its_end() {
    let script = Script::of("a", Tracking::Ordered, 5).and("b", Tracking::Whole, 3);
    let (notes, (exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    tokio::spawn(exporter.commit_all());
    let report = started.end().await;
    assert!(matches!(report.end, End::Complete), "{report:?}");
    assert!(report.is_clean());
    assert_eq!(notes.positions("a").last(), Some(&5));
    let mut done = notes.done();
    done.sort_by_key(|(part, _)| *part);
    assert_eq!(done, [("a", Verdict::Committed), ("b", Verdict::Committed)]);
    assert!(notes.read(|log| log.is_finished));
    let status = report.status;
    assert_eq!((status.runs_read, status.runs_committed, status.units_done), (8, 8, 2));
    assert_eq!((status.octets_read, status.octets_in_flight, status.runs_in_flight), (800, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn accepted_is_not_committed() {
    let script = Script::of("a", Tracking::Whole, 1);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    exporter.accept(run).await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(notes.done(), []);
    assert_eq!(started.meter.status().octets_in_flight, 0);
    assert_eq!(started.meter.status().runs_in_flight, 1);
    exporter.commit(run).await;
    assert!(matches!(started.end().await.end, End::Complete));
    assert_eq!(notes.done(), [("a", Verdict::Committed)]);
}

#[tokio::test(start_paused = true)]
async fn an_ordered_part_moves_past_a_rejected_run_and_a_whole_part_is_rejected() {
    let script = Script::of("ordered", Tracking::Ordered, 2).and("whole", Tracking::Whole, 2);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(4).await;
    for (index, run) in runs.into_iter().enumerate() {
        if index % 2 == 0 { exporter.reject(run).await } else { exporter.commit(run).await }
    }
    let status = started.end().await.status;
    assert_eq!(notes.positions("ordered"), [2]);
    let mut done = notes.done();
    done.sort_by_key(|(part, _)| *part);
    assert_eq!(done, [("ordered", Verdict::Committed), ("whole", Verdict::Rejected)]);
    assert_eq!((status.runs_committed, status.runs_rejected), (2, 2));
    assert_eq!((status.units_done, status.units_failed), (1, 1));
    assert!(status.last_error.contains("too_large"), "{}", status.last_error);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_the_order_of_answers_all_is_committed_and_no_checkpoint_goes_back(
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
        accepted in prop::collection::vec(any::<bool>(), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = Script::of("a", Tracking::Ordered, 6).and("b", Tracking::Ordered, 6);
            let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
            let started = start(script, dispatch);
            let runs = exporter.take_many(12).await;
            let mut is_answered = [false; 12];
            for index in order {
                if accepted[index] {
                    exporter.accept(runs[index]).await;
                }
                exporter.commit(runs[index]).await;
                is_answered[index] = true;
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
                for (part, first) in [("a", 0), ("b", 6)] {
                    let prefix = is_answered[first..first + 6].iter().take_while(|is| **is).count();
                    let positions = notes.positions(part);
                    assert!(positions.is_sorted());
                    assert_eq!(positions.last().copied().unwrap_or(0), prefix);
                }
            }
            assert!(started.end().await.is_clean());
        });
    }
}
