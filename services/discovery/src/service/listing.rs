//! Pages of things that stand in the parts of the inventory.

use tonic::Status;
use weir_inventory::region::RegionSnapshot;
use weir_rpc::status::{PageToken, page_size};

use crate::publish::Edition;
use crate::reader::Place;

/// Items of a page, where the caller does not say; and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Between the parts of a cursor; no name has it.
const SEPARATOR: char = '\u{1f}';

/// What a list is asked for.
pub(super) struct Query<'q> {
    /// The call's full name.
    pub(super) call: &'static str,
    /// The account; empty is every one.
    pub(super) account_id: &'q str,
    /// The region; empty is every one.
    pub(super) region: &'q str,
    /// What else is asked for, so that a token does not pass for one of another question.
    pub(super) more: &'q str,
    pub(super) page_size: u32,
    pub(super) page_token: &'q str,
}

/// A thing with its place.
pub(super) struct Item<'e, T> {
    pub(super) place: &'e Place,
    pub(super) snapshot: &'e RegionSnapshot,
    pub(super) thing: T,
}

/// A page, and the token of the next; empty for the last.
pub(super) struct Listed<'e, T> {
    pub(super) items: Vec<Item<'e, T>>,
    pub(super) next_page_token: String,
}

/// Where a page starts: after this id in this place.
struct Cursor {
    place: Place,
    id: String,
}

/// The asked-for page of what `things` finds in each part, each with an id that is its own there.
/// Ordered by account, region and id; what comes and goes meanwhile moves nothing else.
pub(super) fn page<'e, T>(
    edition: &'e Edition,
    query: &Query<'_>,
    mut things: impl FnMut(&'e Place, &'e RegionSnapshot) -> Vec<(String, T)>,
) -> Result<Listed<'e, T>, Status> {
    let tokens = PageToken::of(query.call, &[query.account_id, query.region, query.more]);
    let cursor = tokens.read(query.page_token)?.and_then(|text| Cursor::parse(&text));
    let size = page_size(query.page_size, PAGE.0, PAGE.1);
    let mut items: Vec<Item<'e, T>> = Vec::with_capacity(size);
    let mut last_id = String::new();
    let is_asked = |place: &Place| {
        (query.account_id.is_empty() || query.account_id == place.account_id)
            && (query.region.is_empty() || query.region == place.region)
            && cursor.as_ref().is_none_or(|cursor| cursor.place <= *place)
    };
    for (place, snapshot) in edition.snapshots().filter(|(place, _)| is_asked(place)) {
        let mut found = things(place, snapshot);
        if let Some(cursor) = cursor.as_ref().filter(|cursor| cursor.place == *place) {
            found.retain(|(id, _)| *id > cursor.id);
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (id, thing) in found {
            if let Some(last) = items.last().filter(|_| items.len() == size) {
                let next = Cursor { place: last.place.clone(), id: last_id };
                return Ok(Listed { next_page_token: tokens.write(&next.text()), items });
            }
            items.push(Item { place, snapshot, thing });
            last_id = id;
        }
    }
    Ok(Listed { items, next_page_token: String::new() })
}

impl Cursor {
    fn text(&self) -> String {
        let Place { account_id, region } = &self.place;
        format!("{account_id}{SEPARATOR}{region}{SEPARATOR}{}", self.id)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, SEPARATOR);
        let place = Place::new(parts.next()?, parts.next()?);
        Some(Self { place, id: parts.next()?.to_owned() })
    }
}
