//! Pages of lists: bounded by their items and by their octets.

use prost::Message;
use tonic::Status;
use weir_inventory::region::RegionSnapshot;
use weir_rpc::pb;
use weir_rpc::status::{PageToken, page_size};

use super::messages::MAX_OCTETS;
use crate::publish::Edition;
use crate::reader::Place;

/// Items of a page, where the caller does not say; and at most.
const PAGE: (usize, usize) = (100, 1000);

/// Between the parts of a cursor; no name has it.
const SEPARATOR: char = '\u{1f}';

/// What a list is asked for.
#[derive(Default)]
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

/// What the requests for things of accounts and regions have in common.
macro_rules! queries {
    ($($request:ident = $call:literal $(, $more:ident)?;)*) => {
        $(
            impl<'q> From<&'q pb::$request> for Query<'q> {
                fn from(asked: &'q pb::$request) -> Self {
                    let more: &[&str] = &[$(&asked.$more)?];
                    Self {
                        call: concat!("weir.v1.DiscoveryService/", $call),
                        account_id: &asked.account_id,
                        region: &asked.region,
                        more: more.first().copied().unwrap_or_default(),
                        page_size: asked.page_size,
                        page_token: &asked.page_token,
                    }
                }
            }
        )*
    };
}

queries! {
    ListVpcsRequest = "ListVpcs";
    ListInstancesRequest = "ListInstances", vpc_id;
    ListKinesisStreamsRequest = "ListKinesisStreams";
    ListLogGroupsRequest = "ListLogGroups";
    ListBucketsRequest = "ListBuckets";
}

/// A thing with its place.
pub(super) struct Item<'e, T> {
    pub(super) place: &'e Place,
    pub(super) snapshot: &'e RegionSnapshot,
    pub(super) thing: T,
}

/// A page, and the token of the next; empty for the last.
pub(super) type Listed<M> = (Vec<M>, String);

/// The asked-for page of the messages of what `things` finds in each part, each with an id that
/// is its own there. Ordered by account, region and id; what comes and goes meanwhile moves
/// nothing else.
pub(super) fn list<'e, T, M: Message>(
    edition: &'e Edition,
    query: Query<'_>,
    mut things: impl FnMut(&'e Place, &'e RegionSnapshot) -> Vec<(String, T)>,
    message: impl Fn(Item<'e, T>) -> M,
) -> Result<Listed<M>, Status> {
    let (mut page, cursor) = Page::of(&query)?;
    let cursor = cursor.and_then(|text| Cursor::parse(&text));
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
            let cursor = Cursor { place: place.clone(), id };
            if page.is_full_with(cursor, || message(Item { place, snapshot, thing })) {
                return Ok(page.with_token());
            }
        }
    }
    Ok((page.messages, String::new()))
}

/// The same of accounts, which stand in no part and are sorted by their ids.
pub(super) fn list_accounts(
    asked: &pb::ListAccountsRequest,
    accounts: Vec<pb::DiscoveredAccount>,
) -> Result<Listed<pb::DiscoveredAccount>, Status> {
    let query = Query {
        call: "weir.v1.DiscoveryService/ListAccounts",
        page_size: asked.page_size,
        page_token: &asked.page_token,
        ..Query::default()
    };
    let (mut page, last) = Page::of(&query)?;
    for account in accounts.into_iter().filter(|account| Some(&account.id) > last.as_ref()) {
        if page.is_full_with(account.id.clone(), || account) {
            return Ok(page.with_token());
        }
    }
    Ok((page.messages, String::new()))
}

/// A page while it is filled.
struct Page<M, C> {
    tokens: PageToken,
    size: usize,
    messages: Vec<M>,
    octets: usize,
    /// Of the last message.
    cursor: Option<C>,
}

impl<M: Message, C: ToString> Page<M, C> {
    /// An empty page, and the cursor that it begins after.
    fn of(query: &Query<'_>) -> Result<(Self, Option<String>), Status> {
        let tokens = PageToken::of(query.call, &[query.account_id, query.region, query.more]);
        let cursor = tokens.read(query.page_token)?;
        let size = page_size(query.page_size, PAGE.0, PAGE.1);
        Ok((Self { tokens, size, messages: Vec::new(), octets: 0, cursor: None }, cursor))
    }

    /// Adds a message, unless there is no room for it. One that is too long alone has a page of
    /// its own.
    fn is_full_with(&mut self, cursor: C, message: impl FnOnce() -> M) -> bool {
        if self.messages.len() == self.size {
            return true;
        }
        let message = message();
        let octets = self.octets + message.encoded_len();
        if octets > MAX_OCTETS && !self.messages.is_empty() {
            return true;
        }
        (self.octets, self.cursor) = (octets, Some(cursor));
        self.messages.push(message);
        false
    }

    fn with_token(self) -> Listed<M> {
        let cursor = self.cursor.map(|cursor| self.tokens.write(&cursor.to_string()));
        (self.messages, cursor.unwrap_or_default())
    }
}

/// Where a page starts: after this id in this place.
struct Cursor {
    place: Place,
    id: String,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { account_id, region } = &self.place;
        write!(f, "{account_id}{SEPARATOR}{region}{SEPARATOR}{}", self.id)
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, SEPARATOR);
        let place = Place::new(parts.next()?, parts.next()?);
        Some(Self { place, id: parts.next()?.to_owned() })
    }
}
