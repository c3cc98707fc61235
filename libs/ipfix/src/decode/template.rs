//! Template records as they arrive, and the cutting of data by them.

use super::{DecodeError, reader::Reader};
use crate::element::{FieldSpecifier, VARIABLE_LENGTH};

/// The most fields that a template may have; large real ones have about a hundred.
pub const MAX_FIELDS: u16 = 512;

/// The lowest id of templates and data sets (RFC 7011 section 3.3.2).
pub(super) const FIRST_TEMPLATE_ID: u16 = 256;

const ENTERPRISE_BIT: u16 = 0x8000;

/// The two kinds of template records, named by their set ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TemplateKind {
    Data,
    Options,
}

impl TemplateKind {
    pub(super) const fn of_set(set_id: u16) -> Option<Self> {
        match set_id {
            2 => Some(Self::Data),
            3 => Some(Self::Options),
            _ => None,
        }
    }
}

/// How the records of a data set are cut into fields.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) kind: TemplateKind,
    /// Without those of length zero: they carry no value, and could make records endless.
    pub(super) fields: Box<[TemplateField]>,
    /// Octets of the shortest record.
    minimum_length: usize,
    has_variable_length: bool,
}

/// A field specifier and whether it says what an options record is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct TemplateField {
    pub(super) specifier: FieldSpecifier,
    pub(super) is_scope: bool,
}

/// One record of a template set.
#[derive(Debug)]
pub(super) enum TemplateRecord {
    Definition {
        template_id: u16,
        template: Template,
    },
    Withdrawal {
        template_id: u16,
    },
    /// All templates of the set's kind (RFC 7011 section 8.1).
    WithdrawalOfAll,
    /// Zeros up to the end of the set.
    Padding,
}

impl TemplateRecord {
    /// Reads the next record; the set must have four octets left.
    pub(super) fn read(reader: &mut Reader<'_>, kind: TemplateKind) -> Result<Self, DecodeError> {
        let octet = reader.octet();
        let template_id = reader.u16("template id")?;
        let fields = reader.u16("field count")?;
        match (template_id, fields) {
            (0, 0) => Ok(Self::Padding),
            (2 | 3, 0) => Ok(Self::WithdrawalOfAll),
            (..FIRST_TEMPLATE_ID, _) => Err(DecodeError::TemplateId { template_id, octet }),
            (_, 0) => Ok(Self::Withdrawal { template_id }),
            (_, 1..=MAX_FIELDS) => {
                let scope_fields = match kind {
                    TemplateKind::Data => 0,
                    TemplateKind::Options => scope_fields(reader, template_id, fields, octet)?,
                };
                let fields = read_fields(reader, fields, scope_fields)?;
                let template = Template::new(kind, fields);
                if template.fields.is_empty() {
                    return Err(DecodeError::EmptyRecords { template_id, octet });
                }
                Ok(Self::Definition { template_id, template })
            }
            _ => Err(DecodeError::TooManyFields { template_id, octet, fields }),
        }
    }
}

fn scope_fields(
    reader: &mut Reader<'_>,
    template_id: u16,
    fields: u16,
    octet: usize,
) -> Result<u16, DecodeError> {
    let scope_fields = reader.u16("scope field count")?;
    if (1..=fields).contains(&scope_fields) {
        return Ok(scope_fields);
    }
    Err(DecodeError::ScopeFields { template_id, octet, scope_fields, fields })
}

fn read_fields(
    reader: &mut Reader<'_>,
    count: u16,
    scope_fields: u16,
) -> Result<Vec<TemplateField>, DecodeError> {
    (0..count)
        .map(|at| Ok(TemplateField { specifier: specifier(reader)?, is_scope: at < scope_fields }))
        .collect()
}

fn specifier(reader: &mut Reader<'_>) -> Result<FieldSpecifier, DecodeError> {
    let what = "field specifier";
    let id = reader.u16(what)?;
    let length = reader.u16(what)?;
    let enterprise_number =
        if id & ENTERPRISE_BIT == 0 { None } else { Some(reader.u32("enterprise number")?) };
    Ok(FieldSpecifier { enterprise_number, id: id & !ENTERPRISE_BIT, length })
}

impl Template {
    fn new(kind: TemplateKind, mut fields: Vec<TemplateField>) -> Self {
        fields.retain(|field| field.specifier.length > 0);
        let is_variable = |field: &TemplateField| field.specifier.length == VARIABLE_LENGTH;
        let minimum = |field| {
            if is_variable(field) { 1 } else { usize::from(field.specifier.length) }
        };
        Self {
            kind,
            minimum_length: fields.iter().map(minimum).sum(),
            has_variable_length: fields.iter().any(is_variable),
            fields: fields.into_boxed_slice(),
        }
    }

    /// The next record of a data set, or `None` at the padding: fewer octets than the shortest
    /// record has (RFC 7011 section 3.3.1).
    pub(super) fn next_record<'a>(
        &self,
        reader: &mut Reader<'a>,
    ) -> Result<Option<&'a [u8]>, DecodeError> {
        if reader.remaining() < self.minimum_length {
            return Ok(None);
        }
        if !self.has_variable_length {
            return reader.take(self.minimum_length, "data record").map(Some);
        }
        let start = *reader;
        for field in &self.fields {
            reader.value(field.specifier.length)?;
        }
        Ok(Some(reader.since(&start)))
    }
}
