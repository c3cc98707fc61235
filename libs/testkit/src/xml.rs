//! Writing the little XML that answers of AWS are made of.

use std::fmt::{Display, Write as _};

/// Elements one after the other. What is empty is left out, as AWS does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml(String);

impl Xml {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An element with a value; none if the value is empty.
    #[must_use]
    pub fn leaf(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            write!(self.0, "<{name}>{}</{name}>", escape(&value)).expect("a String takes all");
        }
        self
    }

    /// An element with a value if there is one.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.leaf(name, value),
            None => self,
        }
    }

    /// An element with elements in it.
    #[must_use]
    pub fn nest(mut self, name: &str, inner: &Self) -> Self {
        write!(self.0, "<{name}>{}</{name}>", inner.0).expect("a String takes all");
        self
    }

    /// An element with one element `item` for each of a list, as EC2 writes lists.
    #[must_use]
    pub fn items<T>(self, name: &str, list: &[T], write: impl Fn(&T) -> Self) -> Self {
        let items = list.iter().fold(Self::new(), |all, item| all.nest("item", &write(item)));
        self.nest(name, &items)
    }

    /// Elements that are written already.
    #[must_use]
    pub fn raw(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
