//! Layouts on the wire.

use weir_ipfix::{AddressFamily, FieldSpecifier, InformationElement, Layout, LayoutPair};

use crate::pb;

/// Why an exporter's layouts cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownLayout {
    /// An element that this version of weir does not have.
    #[error(
        "the exporter asks for element {name} ({id}), which this version does not know; run the \
         same version of weir everywhere"
    )]
    Element {
        /// Its name.
        name: String,
        /// Its id.
        id: u32,
    },
    /// The order of elements or their lengths are others.
    #[error(
        "the exporter's layout {revision:016x} is not one that this version writes; run the same \
         version of weir everywhere"
    )]
    Revision {
        /// The layout's revision.
        revision: u64,
    },
}

/// Layouts as a message.
pub fn layouts_message(layouts: &LayoutPair) -> pb::WatchTemplatesResponse {
    let layouts_of_families = [&layouts.v4, &layouts.v6].map(layout_message);
    pb::WatchTemplatesResponse {
        enterprise_number: layouts.enterprise_number(),
        layouts: layouts_of_families.into(),
    }
}

fn layout_message(layout: &Layout) -> pb::Layout {
    let family = match layout.family() {
        AddressFamily::V4 => pb::AddressFamily::Ipv4,
        AddressFamily::V6 => pb::AddressFamily::Ipv6,
    };
    let names = layout.elements().iter().map(|element| element.name);
    let elements = names.zip(layout.specifiers());
    pb::Layout {
        family: family.into(),
        revision: layout.revision().0,
        elements: elements.map(|(name, specifier)| specifier_message(name, specifier)).collect(),
    }
}

/// A field specifier as a message.
pub fn specifier_message(name: &str, specifier: &FieldSpecifier) -> pb::FieldSpecifier {
    pb::FieldSpecifier {
        name: name.to_owned(),
        enterprise_number: specifier.enterprise_number.unwrap_or(0),
        id: specifier.id.into(),
        length: specifier.length.into(),
    }
}

/// The layouts of a message. `known` are the elements that records can hold beside those that
/// they always do.
///
/// # Errors
///
/// [`UnknownLayout`] when records cannot be written so: the exporter is another version.
pub fn layouts_of(
    message: &pb::WatchTemplatesResponse,
    known: &[InformationElement],
) -> Result<LayoutPair, UnknownLayout> {
    let number = message.enterprise_number;
    let standard = LayoutPair::new(number);
    let mut extras: Vec<InformationElement> = Vec::new();
    for layout in &message.layouts {
        // Addresses are in the layout of their family alone: each extra goes behind the one that
        // it follows in its layout.
        let mut place = 0;
        for asked in &layout.elements {
            let is_asked = |element: &&InformationElement| is_same(element, number, asked);
            let mut standards = standard.v4.elements().iter().chain(standard.v6.elements());
            if standards.any(|element| is_asked(&element)) {
                continue;
            }
            if let Some(known) = extras.iter().position(|element| is_asked(&element)) {
                place = known + 1;
                continue;
            }
            let extra = known
                .iter()
                .find(is_asked)
                .ok_or_else(|| UnknownLayout::Element { name: asked.name.clone(), id: asked.id })?;
            extras.insert(place, *extra);
            place += 1;
        }
    }
    let layouts = LayoutPair::with_extras(number, &extras);
    let is_ours = |revision| layouts.by_revision(weir_ipfix::LayoutRevision(revision)).is_some();
    match message.layouts.iter().find(|layout| !is_ours(layout.revision)) {
        Some(other) => Err(UnknownLayout::Revision { revision: other.revision }),
        None => Ok(layouts),
    }
}

fn is_same(element: &InformationElement, number: u32, asked: &pb::FieldSpecifier) -> bool {
    let FieldSpecifier { enterprise_number, id, length } = element.specifier(number);
    let specifier = (enterprise_number.unwrap_or(0), u32::from(id), u32::from(length));
    specifier == (asked.enterprise_number, asked.id, asked.length)
}
