//! A data record as the visitor sees it.

use super::{
    Value, ValueType,
    elements::{Element, Elements, LearntType},
    reader::Reader,
    template::{Template, TemplateField, TemplateKind},
};

/// One data record of a message.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The transport session, as the caller numbers it.
    pub session: u64,
    /// From the message header.
    pub observation_domain_id: u32,
    /// When the message left, in seconds since the Unix epoch.
    pub export_time: u32,
    /// The template that describes it, 256–65535.
    pub template_id: u16,
    pub(super) template: &'a Template,
    pub(super) elements: &'a Elements,
    pub(super) octets: &'a [u8],
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// What it is.
    pub element: Element<'a>,
    /// Whether it says what an options record is about (RFC 7011 section 3.4.2.1).
    pub is_scope: bool,
    /// The value as it came, without its length prefix.
    pub octets: &'a [u8],
}

impl<'a> Field<'a> {
    /// The value as the element's type reads it.
    pub fn value(&self) -> Value<'a> {
        Value::read(self.element.value_type, self.octets)
    }
}

impl<'a> Record<'a> {
    /// Whether an options template describes it: it tells of the exporter, not of a flow.
    pub fn is_options(&self) -> bool {
        self.template.kind == TemplateKind::Options
    }

    /// The whole record.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The fields in the template's order, without those of length zero.
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            template_fields: self.template.fields.iter(),
            elements: self.elements,
            rest: Reader::new(self.octets),
        }
    }

    /// The first field of an element; `enterprise_number` is `None` for IANA's.
    pub fn field(&self, enterprise_number: Option<u32>, id: u16) -> Option<Field<'a>> {
        self.fields().find(|field| {
            field.element.enterprise_number == enterprise_number && field.element.id == id
        })
    }

    /// What a type information record says of an enterprise element (RFC 5610 section 3.9).
    pub(super) fn type_information(&self) -> Option<(u32, u16, LearntType)> {
        if !self.is_options() {
            return None;
        }
        let enterprise_number = u32::try_from(self.unsigned(PRIVATE_ENTERPRISE_NUMBER)?).ok()?;
        let id = u16::try_from(self.unsigned(INFORMATION_ELEMENT_ID)? & 0x7fff).ok()?;
        let Value::Text(name) = self.field(None, INFORMATION_ELEMENT_NAME)?.value() else {
            return None;
        };
        let name = str::from_utf8(name).ok().filter(|name| is_usable(name))?;
        let value_type = self
            .unsigned(INFORMATION_ELEMENT_DATA_TYPE)
            .map_or(ValueType::Octets, ValueType::from_number);
        Some((enterprise_number, id, LearntType { name: name.into(), value_type }))
    }

    fn unsigned(&self, id: u16) -> Option<u64> {
        match self.field(None, id)?.value() {
            Value::Unsigned(number) => Some(number),
            _ => None,
        }
    }
}

const INFORMATION_ELEMENT_ID: u16 = 303;
const INFORMATION_ELEMENT_DATA_TYPE: u16 = 339;
const INFORMATION_ELEMENT_NAME: u16 = 341;
const PRIVATE_ENTERPRISE_NUMBER: u16 = 346;

/// Bounds what a hostile exporter can have stored and shown as a name.
fn is_usable(name: &str) -> bool {
    (1..=255).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// Iterates over the fields of a record.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    template_fields: std::slice::Iter<'a, TemplateField>,
    elements: &'a Elements,
    rest: Reader<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let TemplateField { specifier, is_scope } = self.template_fields.next()?;
        // The record was cut by the same template, so that its values are all there.
        let octets = self.rest.value(specifier.length).ok()?;
        Some(Field { element: self.elements.describe(specifier), is_scope: *is_scope, octets })
    }
}
