//! Who held an address at what time: only for addresses that changed hands.

use std::net::Ipv4Addr;
use std::ops::Range;

use crate::endpoint::Endpoint;
use crate::error::InventoryError;
use crate::strings::{Span, position};

/// The time of lookups that ask who has an address now.
pub const NOW: u64 = u64::MAX;

/// One holding of an address, or one instance that an interface served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    /// Since when, in Unix seconds.
    pub(crate) from: u64,
    /// Up to when it was held; [`NOW`] while it is.
    pub(crate) until: u64,
    pub(crate) strings: Span,
    /// 0.0.0.0 when there is none.
    pub(crate) public: Ipv4Addr,
    /// The place of the interface among all interfaces.
    pub(crate) interface: u32,
}

/// The holdings of each address that changed hands, the latest first.
///
/// In the tables, such an address has the place of its holdings here where others have the place
/// of their strings. That place is none of strings, so that a lookup learns of it by failing to
/// find these: addresses without a history cost nothing more.
#[derive(Default)]
pub(crate) struct Histories {
    holdings: Vec<Holding>,
}

/// What lookups at one time read.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'s> {
    pub(crate) strings: &'s [u8],
    pub(crate) histories: &'s Histories,
    /// Unix seconds.
    pub(crate) at: u64,
}

impl Histories {
    /// Stores the holdings of one address. The result stands for its strings.
    pub(crate) fn add(&mut self, mut holdings: Vec<Holding>) -> Result<Span, InventoryError> {
        holdings.sort_by_key(|holding| std::cmp::Reverse((holding.until, holding.from)));
        let first = position(self.holdings.len(), "former holdings")?;
        let count = position(holdings.len(), "former holdings")?;
        self.holdings.append(&mut holdings);
        Ok(Span::of_history(first, count))
    }

    fn of(&self, span: Span) -> &[Holding] {
        let range = span.history().unwrap_or(Range { start: 0, end: 0 });
        self.holdings.get(range).unwrap_or_default()
    }

    /// Who held the address at that time. Where nobody is known to have held it then, it was the
    /// next one to be seen with it: a sweep sees a new holder only some time after.
    #[cold]
    pub(crate) fn holding(&self, span: Span, at: u64) -> Option<&Holding> {
        choose(self.of(span).iter(), at)
    }

    /// The same among the holdings of one interface; the latest when it held it before.
    #[cold]
    pub(crate) fn holding_of(&self, span: Span, interface: u32, at: u64) -> Option<&Holding> {
        let own = || self.of(span).iter().filter(|holding| holding.interface == interface);
        choose(own(), at).or_else(|| own().next())
    }

    /// How many holdings are over.
    pub(crate) fn former(&self) -> usize {
        self.holdings.iter().filter(|holding| holding.until != NOW).count()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.holdings.capacity() * size_of::<Holding>()
    }
}

fn choose<'h>(
    holdings: impl DoubleEndedIterator<Item = &'h Holding> + Clone,
    at: u64,
) -> Option<&'h Holding> {
    // Who holds it has no end.
    let at = at.min(NOW - 1);
    let held_then = |holding: &&Holding| (holding.from..holding.until).contains(&at);
    holdings.clone().find(held_then).or_else(|| holdings.rev().find(|holding| holding.from > at))
}

impl<'s> Moment<'s> {
    /// The endpoint of a holding.
    pub(crate) fn endpoint(&self, holding: &Holding) -> Option<Endpoint<'s>> {
        let strings = holding.strings.of(self.strings)?;
        let public_address = Some(holding.public).filter(|public| !public.is_unspecified());
        Some(Endpoint { strings, public_address })
    }

    /// Who held an address with a history.
    #[cold]
    pub(crate) fn held(&self, span: Span) -> Option<Endpoint<'s>> {
        self.endpoint(self.histories.holding(span, self.at)?)
    }
}
