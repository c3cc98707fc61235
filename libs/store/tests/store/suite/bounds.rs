//! What is too much is refused, with a reason, and changes nothing.

use std::time::Duration;

use bytes::Bytes;
use weir_store::{Condition, MAX_MEMBER_LENGTH, MAX_MEMBERS_PER_CALL, MAX_TTL, StoreError};

use crate::fixture::{Fixture, key};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn a_long_value_is_refused(form: Fixture) {
    let limit = form.time.options().max_value_length;
    let put = async |length| {
        form.store.put(&key("big"), Bytes::from(vec![0; length]), Condition::Any).await
    };
    let error = put(limit + 1).await.unwrap_err();
    assert!(matches!(error, StoreError::ValueTooLong { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the value of `big` has 3145729 octets, 3145728 are allowed; store less of it"
    );
    assert_eq!(form.store.get(&key("big")).await.unwrap(), None);
    put(limit).await.unwrap();
}

pub(crate) async fn long_members_are_refused(form: Fixture) {
    let (set, fits) = (key("events"), Bytes::from(vec![0; MAX_MEMBER_LENGTH]));
    let too_long = [fits.clone(), Bytes::from(vec![0; MAX_MEMBER_LENGTH + 1])];
    for result in [
        form.store.add_to_set(&set, &too_long, SECOND).await,
        form.store.contains_in_set(&set, &too_long).await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::MemberTooLong { length: 513, .. }), "{error}");
    }
    let fits = [fits];
    assert_eq!(form.store.contains_in_set(&set, &fits).await.unwrap(), [false]);
    assert_eq!(form.store.add_to_set(&set, &fits, SECOND).await.unwrap(), [true]);
}

pub(crate) async fn many_members_are_refused(form: Fixture) {
    let (set, members) = (key("events"), vec![Bytes::new(); MAX_MEMBERS_PER_CALL + 1]);
    let fits = &members[1..];
    for result in [
        form.store.add_to_set(&set, &members, SECOND).await,
        form.store.contains_in_set(&set, &members).await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::TooManyMembers { count: 10_001, .. }), "{error}");
    }
    let added = form.store.add_to_set(&set, fits, SECOND).await.unwrap();
    assert_eq!(added.iter().filter(|is_new| **is_new).count(), 1);
    assert!(form.store.contains_in_set(&set, fits).await.unwrap().iter().all(|is_in| *is_in));
}

pub(crate) async fn a_life_of_nothing_or_too_long_is_refused(form: Fixture) {
    let (set, members) = (key("events"), [Bytes::from_static(b"a")]);
    for ttl in [Duration::ZERO, MAX_TTL + Duration::from_nanos(1)] {
        let error = form.store.add_to_set(&set, &members, ttl).await.unwrap_err();
        assert!(matches!(error, StoreError::Ttl { .. }), "{error}");
    }
    let shortest = Duration::from_nanos(1);
    assert_eq!(form.store.add_to_set(&set, &members, shortest).await.unwrap(), [true]);
    assert_eq!(form.store.contains_in_set(&set, &members).await.unwrap(), [true]);
    assert_eq!(form.store.add_to_set(&set, &members, MAX_TTL).await.unwrap(), [false]);
}
