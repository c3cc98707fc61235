//! What each information element is called and how its values read.

use std::fmt;

use hashbrown::HashMap;

use super::{ValueType, bounded::BoundedMap, names::IANA_ELEMENTS};
use crate::element::{ELEMENTS, FieldSpecifier, REVERSE_ENTERPRISE_NUMBER};

/// The most elements that are learnt from type information records.
const MAX_LEARNT: usize = 4096;

/// Identity, name and type of an element, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// `None` for IANA's elements.
    pub enterprise_number: Option<u32>,
    /// 0–32767.
    pub id: u16,
    /// What it is called.
    pub name: ElementName<'a>,
    /// How its values read.
    pub value_type: ValueType,
}

/// An element's name; `Display` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementName<'a> {
    /// As registered with IANA, weir's own, or learnt.
    Known(&'a str),
    /// The reverse of an IANA element (RFC 5103 section 6.1), shown as `reverseOctetDeltaCount`.
    Reverse(&'a str),
    /// Nobody told: shown as `ie999`, or `enterprise32473:999`.
    Unknown {
        /// `None` for IANA's elements.
        enterprise_number: Option<u32>,
        /// The element's number.
        id: u16,
    },
}

impl fmt::Display for ElementName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => formatter.write_str(name),
            Self::Reverse(name) => {
                let mut characters = name.chars();
                let first = characters.next().into_iter().flat_map(char::to_uppercase);
                formatter.write_str("reverse")?;
                first
                    .chain(characters)
                    .try_for_each(|character| fmt::Write::write_char(formatter, character))
            }
            Self::Unknown { enterprise_number: None, id } => write!(formatter, "ie{id}"),
            Self::Unknown { enterprise_number: Some(number), id } => {
                write!(formatter, "enterprise{number}:{id}")
            }
        }
    }
}

/// The elements of this crate, IANA's common ones, and those that exporters have described.
#[derive(Debug)]
pub(super) struct Elements {
    registered: HashMap<(Option<u32>, u16), (&'static str, ValueType), foldhash::fast::RandomState>,
    learnt: BoundedMap<(u32, u16), LearntType>,
}

/// Name and type of an enterprise element, from an options record.
#[derive(Debug)]
pub(super) struct LearntType {
    pub(super) name: Box<str>,
    pub(super) value_type: ValueType,
}

impl Elements {
    pub(super) fn new(enterprise_number: u32) -> Self {
        let iana =
            IANA_ELEMENTS.iter().map(|(id, name, value_type)| ((None, *id), (*name, *value_type)));
        let own = ELEMENTS.iter().map(|element| {
            let specifier = element.specifier(enterprise_number);
            let key = (specifier.enterprise_number, specifier.id);
            (key, (element.name, element.data_type.into()))
        });
        Self { registered: iana.chain(own).collect(), learnt: BoundedMap::new(MAX_LEARNT) }
    }

    /// Takes over what an exporter says of an enterprise element, unless it is known already:
    /// no exporter can rename registered elements.
    pub(super) fn learn(&mut self, enterprise_number: u32, id: u16, learnt: LearntType) {
        let is_registered = self.registered.contains_key(&(Some(enterprise_number), id));
        if !is_registered && enterprise_number != REVERSE_ENTERPRISE_NUMBER {
            self.learnt.insert((enterprise_number, id), learnt);
        }
    }

    pub(super) fn describe(&self, specifier: &FieldSpecifier) -> Element<'_> {
        let FieldSpecifier { enterprise_number, id, .. } = *specifier;
        let (name, value_type) = self
            .registered(enterprise_number, id)
            .or_else(|| self.learnt(enterprise_number?, id))
            .unwrap_or((ElementName::Unknown { enterprise_number, id }, ValueType::Octets));
        Element { enterprise_number, id, name, value_type }
    }

    fn registered(
        &self,
        enterprise_number: Option<u32>,
        id: u16,
    ) -> Option<(ElementName<'_>, ValueType)> {
        if enterprise_number == Some(REVERSE_ENTERPRISE_NUMBER) {
            let (name, value_type) = self.registered.get(&(None, id))?;
            return Some((ElementName::Reverse(name), *value_type));
        }
        let (name, value_type) = self.registered.get(&(enterprise_number, id))?;
        Some((ElementName::Known(name), *value_type))
    }

    fn learnt(&self, enterprise_number: u32, id: u16) -> Option<(ElementName<'_>, ValueType)> {
        let learnt = self.learnt.peek(&(enterprise_number, id))?;
        Some((ElementName::Known(&learnt.name), learnt.value_type))
    }
}
