//! Leases: the algorithm on random schedules, and over each form of a store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod fixture;
mod model;
mod observed;
mod outages;
mod random;
mod rules;
mod suite;
mod world;

/// Runs the whole suite over a form, whose tests get the form's name.
macro_rules! form {
    ($form:ident) => {
        mod $form {
            form! { $form:
                a_worker_reads_what_began,
                what_has_not_begun_is_refused,
                workers_share_and_hand_over_gracefully,
                a_dead_worker_s_leases_are_taken_and_its_checkpoints_refused,
                children_start_when_their_parents_are_finished,
                a_checkpoint_is_never_set_back,
                a_finished_record_goes_when_its_children_have_begun,
                a_position_is_set_whoever_reads_the_unit,
                a_lease_that_is_taken_away_goes_to_another_worker,
                a_worker_that_is_alone_gets_back_what_is_taken_away,
                leases_are_listed_page_by_page_with_their_renewals,
                units_that_no_lease_has_are_found_and_read,
            }
        }
    };
    ($form:ident: $($behaviour:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                let fixture = crate::fixture::Fixture::$form().await;
                crate::suite::$behaviour(fixture).await;
            }
        )*
    };
}

form!(memory);
form!(file);
form!(redis);
