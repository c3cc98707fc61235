//! The list of a log's columns.

use std::fmt;

use crate::field::{Field, FieldKind};
use crate::field_set::FieldSet;
use crate::flow_line::{SLOTS, address_slot};
use crate::header;

/// The most columns a format may have.
pub const MAX_COLUMNS: usize = 256;

/// Why a list of fields is no log format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// There is no field in the list.
    #[error("the log format is empty; list its fields, such as \"version account-id srcaddr\"")]
    Empty,
    /// No field of the list is in AWS's tables.
    #[error("the log format has none of AWS's fields; use their names, such as \"srcaddr\"")]
    NoKnownField,
    /// A field is listed twice.
    #[error("the log format has the field \"{name}\" twice; list each field once")]
    DuplicateField {
        /// The field's name.
        name: String,
    },
    /// An entry cannot be a field's name.
    #[error(
        "\"{}\" in the log format cannot be a field; use names such as \"srcaddr\" or \"${{srcaddr}}\"",
        name.escape_debug()
    )]
    InvalidName {
        /// The entry, cut where it is long.
        name: String,
    },
    /// The list is too long.
    #[error("the log format has {count} fields; at most {MAX_COLUMNS} are read")]
    TooManyFields {
        /// How many fields the list has.
        count: usize,
    },
}

/// The columns of a log in order: which field each holds, and how it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFormat {
    plan: Vec<Column>,
    fields: FieldSet,
    unknown: Vec<String>,
}

/// How the values of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// What the column makes present where it has a value.
    pub(crate) present: FieldSet,
    pub(crate) reader: Reader,
    /// Where the value goes: the field's number, or the last slot when the column is skipped.
    pub(crate) slot: u8,
}

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Text,
    Number { max: u64 },
    Address { slot: u8 },
    Action,
    LogStatus,
    Direction,
}

impl LogFormat {
    /// Reads a list of names as in `srcaddr dstaddr` or `${srcaddr} ${dstaddr}`, separated by
    /// blanks or commas. Columns of unknown fields are skipped.
    ///
    /// # Errors
    ///
    /// When the list is empty, is longer than [`MAX_COLUMNS`], has no known field, has a field
    /// twice, or has an entry that cannot be a field's name.
    pub fn parse(text: &str) -> Result<LogFormat, FormatError> {
        let is_separator = |character: char| character.is_ascii_whitespace() || character == ',';
        let entries: Vec<_> = text.split(is_separator).filter(|entry| !entry.is_empty()).collect();
        let mut format = LogFormat::of_fields(&[]);
        if entries.len() > MAX_COLUMNS {
            return Err(FormatError::TooManyFields { count: entries.len() });
        }
        for entry in &entries {
            let braced = entry.strip_prefix("${").and_then(|entry| entry.strip_suffix('}'));
            format.add(braced.unwrap_or(entry))?;
        }
        match (entries.is_empty(), format.fields.is_empty()) {
            (true, _) => Err(FormatError::Empty),
            (_, true) => Err(FormatError::NoKnownField),
            _ => Ok(format),
        }
    }

    /// Reads a header line, the first line of a text object in S3. `None` when the line is no
    /// header: it has no known field, or a value that cannot be a field's name.
    ///
    /// # Errors
    ///
    /// As [`LogFormat::parse`].
    pub fn from_header(line: &[u8]) -> Option<Result<LogFormat, FormatError>> {
        header::find(line).map(LogFormat::parse)
    }

    /// AWS's default format of VPC flow logs: the fields of version 2.
    pub fn vpc_default() -> LogFormat {
        LogFormat::of_vpc_fields(2)
    }

    /// All fields of VPC flow logs up to `version` in table order. `None` unless the version is
    /// 2 to 5 or 7 to 11: version 6 is Transit Gateway flow logs.
    pub fn up_to_version(version: u8) -> Option<LogFormat> {
        matches!(version, 2..=5 | 7..=11).then(|| LogFormat::of_vpc_fields(version))
    }

    /// AWS's default format of Transit Gateway flow logs.
    pub fn transit_gateway_default() -> LogFormat {
        use Field::*;
        LogFormat::of_fields(&[
            Version,
            ResourceType,
            AccountId,
            TgwId,
            TgwAttachmentId,
            TgwSrcVpcAccountId,
            TgwDstVpcAccountId,
            TgwSrcVpcId,
            TgwDstVpcId,
            TgwSrcSubnetId,
            TgwDstSubnetId,
            TgwSrcEni,
            TgwDstEni,
            TgwSrcAzId,
            TgwDstAzId,
            TgwPairAttachmentId,
            SrcAddr,
            DstAddr,
            SrcPort,
            DstPort,
            Protocol,
            Packets,
            Bytes,
            Start,
            End,
            LogStatus,
            Type,
            PacketsLostNoRoute,
            PacketsLostBlackhole,
            PacketsLostMtuExceeded,
            PacketsLostTtlExpired,
            TcpFlags,
            Region,
            FlowDirection,
            PktSrcAwsService,
            PktDstAwsService,
        ])
    }

    /// Stands for several formats of which nothing tells the one that lines have. Each line is
    /// rejected as [`RejectReason::AmbiguousFormat`](crate::RejectReason::AmbiguousFormat). It has
    /// no columns, and [`LogFormat::parse`] never makes it.
    pub fn undecided() -> LogFormat {
        LogFormat::of_fields(&[])
    }

    /// Whether it is [`LogFormat::undecided`].
    pub fn is_undecided(&self) -> bool {
        self.plan.is_empty()
    }

    /// The field of each column; `None` for columns of unknown fields.
    pub fn columns(&self) -> impl Iterator<Item = Option<Field>> {
        self.plan.iter().map(|column| column.field())
    }

    /// The known fields.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Whether a column holds `field`.
    pub fn contains(&self, field: Field) -> bool {
        self.fields.contains(field)
    }

    /// The names of the skipped columns in order, with hyphens.
    pub fn unknown_fields(&self) -> &[String] {
        &self.unknown
    }

    /// How each column is read.
    pub(crate) fn plan(&self) -> &[Column] {
        &self.plan
    }

    fn of_vpc_fields(version: u8) -> LogFormat {
        let is_wanted = |field: &Field| field.version() <= version && field.version() != 6;
        let fields: Vec<_> = Field::ALL.into_iter().filter(is_wanted).collect();
        LogFormat::of_fields(&fields)
    }

    fn of_fields(fields: &[Field]) -> LogFormat {
        LogFormat {
            plan: fields.iter().copied().map(Column::of).collect(),
            fields: FieldSet::of(fields),
            unknown: Vec::new(),
        }
    }

    /// Adds a column.
    fn add(&mut self, name: &str) -> Result<(), FormatError> {
        if !header::is_field_name(name.as_bytes()) {
            let name = name.chars().take(header::MAX_NAME_LENGTH).collect();
            return Err(FormatError::InvalidName { name });
        }
        let name = name.replace('_', "-");
        let is_new = match Field::from_name(name.as_bytes()) {
            Some(field) => {
                self.plan.push(Column::of(field));
                self.fields.insert(field)
            }
            None => {
                self.plan.push(Column::SKIPPED);
                !self.unknown.contains(&name)
            }
        };
        if !is_new {
            return Err(FormatError::DuplicateField { name });
        }
        if self.plan.last() == Some(&Column::SKIPPED) {
            self.unknown.push(name);
        }
        Ok(())
    }
}

impl fmt::Display for LogFormat {
    /// The names with hyphens, separated by single blanks; [`LogFormat::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unknown = self.unknown.iter();
        for (place, column) in self.columns().enumerate() {
            let separator = if place == 0 { "" } else { " " };
            let name = column.map(Field::name).or_else(|| unknown.next().map(String::as_str));
            write!(f, "{separator}{}", name.unwrap_or_default())?;
        }
        Ok(())
    }
}

impl Column {
    const SKIPPED: Column =
        Column { present: FieldSet::EMPTY, reader: Reader::Text, slot: SLOTS as u8 - 1 };

    fn of(field: Field) -> Column {
        let reader = match field.kind() {
            FieldKind::Number { max } => Reader::Number { max },
            FieldKind::Address => Reader::Address { slot: address_slot(field) },
            FieldKind::Text => Reader::Text,
            FieldKind::Action => Reader::Action,
            FieldKind::LogStatus => Reader::LogStatus,
            FieldKind::Direction => Reader::Direction,
        };
        Column { present: FieldSet::EMPTY.with(field), reader, slot: field as u8 }
    }

    fn field(&self) -> Option<Field> {
        Field::ALL.get(usize::from(self.slot)).copied()
    }
}
