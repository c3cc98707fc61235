//! A list that an answer has, whole or in pages.

use serde_json::Value;

use super::answer::{Answer, Content};
use super::call::Call;
use super::protocol::{PAGE_SIZES, tokens};
use crate::xml::Xml;

/// What starts every token, so that no test takes one for a number.
const TOKEN: &str = "page-from-";

/// A list of an answer.
#[derive(Clone, Debug)]
pub struct Listing {
    name: String,
    items: Items,
    element: &'static str,
}

/// The items as their protocol writes them.
#[derive(Clone, Debug)]
pub(crate) enum Items {
    Xml(Vec<Xml>),
    Json(Vec<Value>),
}

/// Some items of a list, and where it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) items: Items,
    /// The element around each item of XML.
    pub(crate) element: &'static str,
    pub(crate) next: Option<String>,
}

impl Listing {
    /// A list in XML: `name` is the element around all items (`networkInterfaceSet`), and each
    /// is an `item` of EC2 or a `member` of services such as SNS.
    #[must_use]
    pub fn xml(name: &str, items: Vec<Xml>) -> Self {
        Self::xml_of(name, "item", items)
    }

    /// A list in XML with a name for each item.
    pub(crate) fn xml_of(name: &str, element: &'static str, items: Vec<Xml>) -> Self {
        Self { name: name.to_owned(), items: Items::Xml(items), element }
    }

    /// A list in JSON: `name` is the member of the answer (`logGroups`).
    #[must_use]
    pub fn json(name: &str, items: Vec<Value>) -> Self {
        Self { name: name.to_owned(), items: Items::Json(items), element: "item" }
    }

    /// All on one page.
    pub(crate) fn whole(self) -> Page {
        Page { name: self.name, items: self.items, element: self.element, next: None }
    }

    /// The page that `call` asks for, of at most `size` items or fewer if it asks for fewer.
    pub(crate) fn page(&self, call: &Call, size: usize) -> Answer {
        let (parameter, _) = tokens(&call.service, &call.operation);
        let Some(first) = first_item(call.parameter(parameter)) else {
            let code = if call.service == "logs" { "InvalidParameterException" } else { INVALID };
            return Answer::error(code, "the double gave no such token");
        };
        let asked = PAGE_SIZES.iter().find_map(|name| call.number(name)).unwrap_or(u64::MAX);
        let size = size.min(usize::try_from(asked).unwrap_or(usize::MAX)).max(1);
        let next = first + size;
        let next = (next < self.items.len()).then(|| format!("{TOKEN}{next}"));
        let items = self.items.part(first, size);
        Answer::of(Content::Page(Page { items, next, ..self.clone().whole() }))
    }
}

/// The code of a token that is not one.
const INVALID: &str = "InvalidNextToken";

/// The index that a token stands for.
fn first_item(token: Option<&str>) -> Option<usize> {
    token.map_or(Some(0), |token| token.strip_prefix(TOKEN)?.parse().ok())
}

impl Items {
    fn len(&self) -> usize {
        match self {
            Self::Xml(items) => items.len(),
            Self::Json(items) => items.len(),
        }
    }

    fn part(&self, first: usize, size: usize) -> Self {
        match self {
            Self::Xml(items) => Self::Xml(items.iter().skip(first).take(size).cloned().collect()),
            Self::Json(items) => Self::Json(items.iter().skip(first).take(size).cloned().collect()),
        }
    }
}
