//! The behaviour of all forms of a store, by one suite, and what each has beside it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod file_alone;
mod file_damage;
mod fixture;
mod keys;
mod model;
mod properties;
mod redis_access;
mod redis_alone;
mod redis_faults;
mod redis_loss;
mod redis_restarts;
mod redis_server;
mod steps;
mod suite;

/// Runs the whole suite against a form, whose tests get the form's name.
macro_rules! form {
    ($form:ident) => {
        form! { $form:
            values::a_key_without_a_value_has_none,
            values::what_was_put_is_read_by_all,
            values::a_put_needs_its_condition_to_hold,
            values::a_delete_needs_its_condition_to_hold,
            values::an_etag_never_repeats,
            values::one_of_many_creators_succeeds,
            values::a_count_by_compare_and_set_is_exact,
            values::json_is_read_as_it_was_written,
            values::json_of_another_shape_is_refused,
            listing::pages_hold_each_key_once_in_order,
            listing::a_prefix_ends_with_a_part,
            listing::a_page_ends_after_many_octets,
            listing::a_limit_counts_as_one_to_a_thousand,
            listing::a_listing_goes_on_behind_a_key_that_is_gone,
            watching::a_watch_begins_with_reading_all,
            watching::a_watcher_is_told_what_others_change,
            watching::a_watcher_is_not_told_what_did_not_happen,
            watching::many_changes_of_a_key_are_told_once,
            watching::a_watcher_that_lags_is_told_to_read_all,
            watching::a_busy_key_does_not_hide_the_others,
            watching::a_watcher_sees_the_last_value,
            watching::a_watch_ends_with_its_store,
            sets::a_member_is_new_once,
            sets::a_member_is_new_once_in_a_call,
            sets::a_member_expires,
            sets::a_life_is_prolonged_and_never_cut,
            sets::a_set_is_neither_another_set_nor_a_value,
            sets::a_full_set_loses_who_expires_first,
            sets::one_of_many_finds_a_member_new,
            bounds::a_long_value_is_refused,
            bounds::long_members_are_refused,
            bounds::many_members_are_refused,
            bounds::a_life_of_nothing_or_too_long_is_refused,
        }
    };
    ($form:ident: $($room:ident::$behaviour:ident,)*) => {
        mod $form {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $behaviour() {
                    let fixture = crate::fixture::Fixture::$form().await;
                    crate::suite::$room::$behaviour(fixture).await;
                }
            )*
        }
    };
}

form!(memory);
form!(file);
form!(redis);
