//! The promises, on random schedules.

use std::time::Duration;

use proptest::prelude::*;

use crate::model::{Model, Step};

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_u8).prop_map(Step::Pass),
        1 => (100..250_u8).prop_map(Step::Pass),
        8 => any::<u8>().prop_map(Step::Poll),
        16 => (any::<u8>(), any::<u8>(), 0..12_u8)
            .prop_map(|(worker, choice, fate)| Step::Deliver { worker, choice, fate }),
        8 => (any::<u8>(), any::<u8>(), 0..5_u8)
            .prop_map(|(worker, choice, action)| Step::Work { worker, choice, action }),
        1 => any::<u8>().prop_map(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// One valid holder for each unit, fences and checkpoints only grow, parents finish before
    /// children start; and when the faults end, every unit is owned and the shares are fair.
    #[test]
    fn whatever_happens_the_promises_hold(
        workers in 1..4_u32,
        units in 1..7_u32,
        steps in prop::collection::vec(step(), 0..400),
    ) {
        let mut model = Model::new(workers, units);
        for step in steps {
            model.take(step);
        }
        model.calm(Duration::from_secs(400));
        let names = model.names();
        let left = model.table.without_owner(&names);
        prop_assert!(left.is_empty(), "nobody owns {left:?}");
        let held: Vec<_> = model.workers.iter().map(|worker| worker.keeper.held()).collect();
        let (most, least) = (held.iter().max().unwrap(), held.iter().min().unwrap());
        prop_assert!(most - least <= 1, "the shares are not fair: {held:?}");
    }
}
