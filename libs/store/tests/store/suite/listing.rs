//! Listings, page by page.

use bytes::Bytes;
use weir_store::{Condition, Key, MAX_PAGE_LENGTH, Page, Prefix, Store};

use crate::fixture::{Fixture, key};

async fn put(store: &dyn Store, names: &[&str]) {
    for name in names {
        let value = Bytes::copy_from_slice(name.as_bytes());
        store.put(&key(name), value, Condition::Any).await.unwrap();
    }
}

fn names(page: &Page) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.key.as_str()).collect()
}

pub(crate) async fn pages_hold_each_key_once_in_order(form: Fixture) {
    let all = ["a/0", "b/1", "b/2", "b/3/x", "b/4", "b/5", "b/6", "c/0"];
    put(&*form.store, &["b/6", "b/1", "c/0", "b/4", "b/2", "a/0", "b/5", "b/3/x"]).await;
    for limit in 1..=9 {
        let mut listed: Vec<Key> = Vec::new();
        let mut after = None;
        loop {
            let page = form.other.list(&Prefix::ALL, after.as_ref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit);
            for entry in &page.entries {
                assert_eq!(entry.value.value, entry.key.as_str());
                assert_eq!(form.store.get(&entry.key).await.unwrap().as_ref(), Some(&entry.value));
            }
            listed.extend(page.entries.into_iter().map(|entry| entry.key));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed.iter().map(Key::as_str).collect::<Vec<_>>(), all);
    }
}

pub(crate) async fn a_prefix_ends_with_a_part(form: Fixture) {
    put(&*form.store, &["b", "b-old/1", "b/1", "b/2", "b0/1", "c"]).await;
    let page = form.store.list(&Prefix::below(key("b")), None, 10).await.unwrap();
    assert_eq!((names(&page), &page.next), (vec!["b/1", "b/2"], &None));
    let page = form.store.list(&Prefix::below(key("b")), Some(&key("a")), 10).await.unwrap();
    assert_eq!(names(&page), ["b/1", "b/2"]);
    for (prefix, after) in [("d", None), ("b", Some(key("c")))] {
        let page = form.store.list(&Prefix::below(key(prefix)), after.as_ref(), 10).await.unwrap();
        assert_eq!(page, Page::default());
    }
}

pub(crate) async fn a_page_ends_after_many_octets(form: Fixture) {
    let value = Bytes::from(vec![1; MAX_PAGE_LENGTH / 3]);
    for name in ["a", "b", "c", "d", "e"] {
        form.store.put(&key(name), value.clone(), Condition::Any).await.unwrap();
    }
    let page = form.store.list(&Prefix::ALL, None, 10).await.unwrap();
    assert_eq!((names(&page), &page.next), (vec!["a", "b", "c", "d"], &Some(key("d"))));
    let page = form.store.list(&Prefix::ALL, page.next.as_ref(), 10).await.unwrap();
    assert_eq!((names(&page), &page.next), (vec!["e"], &None));
}

pub(crate) async fn a_limit_counts_as_one_to_a_thousand(form: Fixture) {
    put(&*form.store, &["a", "b"]).await;
    let page = form.store.list(&Prefix::ALL, None, 0).await.unwrap();
    assert_eq!((names(&page), &page.next), (vec!["a"], &Some(key("a"))));
    let page = form.store.list(&Prefix::ALL, None, usize::MAX).await.unwrap();
    assert_eq!((names(&page), &page.next), (vec!["a", "b"], &None));
}

pub(crate) async fn a_listing_goes_on_behind_a_key_that_is_gone(form: Fixture) {
    put(&*form.store, &["a", "b", "c", "d"]).await;
    let page = form.store.list(&Prefix::ALL, None, 2).await.unwrap();
    assert_eq!(page.next, Some(key("b")));
    form.other.delete(&key("b"), Condition::Any).await.unwrap();
    let page = form.store.list(&Prefix::ALL, page.next.as_ref(), 2).await.unwrap();
    assert_eq!((names(&page), page.next.as_ref()), (vec!["c", "d"], None));
}
