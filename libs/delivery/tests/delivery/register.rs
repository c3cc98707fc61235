//! What a receiver knows of single runs.

use weir_delivery::{Arrival, RunRegister};

use crate::run;

#[test]
fn all_streams_that_sent_a_run_hear_its_answer() {
    let mut register = RunRegister::new(8);
    assert_eq!(register.arrive(run(1), 'a'), Arrival::New);
    assert_eq!(register.arrive(run(1), 'b'), Arrival::Pending { is_accepted: false });
    assert_eq!(register.accept(run(1)), ['a', 'b']);
    assert_eq!(register.arrive(run(1), 'c'), Arrival::Pending { is_accepted: true });
    register.close('a');
    assert_eq!(register.commit(run(1)), ['b', 'c']);
    assert_eq!(register.commit(run(1)), [], "once");
    assert_eq!(register.arrive(run(1), 'd'), Arrival::Committed);
}

#[test]
fn a_forgotten_run_is_new_again() {
    let mut register = RunRegister::new(8);
    register.arrive(run(1), 'a');
    register.accept(run(1));
    assert_eq!(register.forget(run(1)), ['a']);
    assert_eq!(register.arrive(run(1), 'a'), Arrival::New);
    assert_eq!((register.awaited('a'), register.pending()), (1, 1));
}

#[test]
fn a_run_outlives_the_streams_that_wait_for_it() {
    let mut register = RunRegister::new(8);
    register.arrive(run(1), 'a');
    register.close('a');
    assert_eq!((register.awaited('a'), register.pending()), (0, 1));
    assert_eq!(register.commit(run(1)), []);
    assert_eq!(register.arrive(run(1), 'b'), Arrival::Committed);
}

#[test]
fn the_longest_waiting_stream_makes_room_where_too_many_wait() {
    let mut register = RunRegister::new(8);
    let most = RunRegister::<usize>::MAX_STREAMS;
    for stream in 0..=most {
        register.arrive(run(1), stream);
    }
    assert_eq!((register.awaited(0), register.awaited(most)), (0, 1));
    assert_eq!(register.commit(run(1)), (1..=most).collect::<Vec<_>>());
}
