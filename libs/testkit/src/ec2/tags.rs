//! Tags of a resource.

use crate::xml::Xml;

/// Keys and values.
pub type Tags = Vec<(String, String)>;

/// The element `tagSet`.
pub(super) fn with_tags(xml: Xml, tags: &Tags) -> Xml {
    let tag = |(key, value): &(String, String)| {
        // A tag may have an empty value, which is an element as well.
        let value =
            if value.is_empty() { Xml::raw("<value/>") } else { Xml::new().leaf("value", value) };
        Xml::raw(format!("{}{}", Xml::new().leaf("key", key).as_str(), value.as_str()))
    };
    xml.items("tagSet", tags, tag)
}
