//! Thrift's compact protocol, as far as Parquet's metadata needs it.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

/// The data does not follow the protocol, or ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// How a field's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    /// 16, 32 or 64 bits.
    Integer,
    Double,
    Binary,
    /// A list or a set.
    List,
    Map,
    Struct,
    Uuid,
}

impl Kind {
    fn of(number: u8) -> Result<Self, Malformed> {
        Ok(match number {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4..=6 => Self::Integer,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return Err(Malformed),
        })
    }
}

/// A field's number and how its value is written.
pub(super) type FieldHeader = (i16, Kind);

/// How deep values that are skipped may be nested.
const MAX_DEPTH: u8 = 16;

/// Reads what is left of an encoded struct.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// Octets that were not read.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Shows each field of a struct to `visit`, which reads or skips its value.
    pub(super) fn fields(
        &mut self,
        mut visit: impl FnMut(&mut Self, FieldHeader) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let mut number = 0;
        while let Some(header) = self.field(&mut number)? {
            visit(self, header)?;
        }
        Ok(())
    }

    /// Shows each element of a list of structs to `visit`, which reads or skips it. Each takes an
    /// octet at least, so that the data's length bounds their count.
    pub(super) fn structs(
        &mut self,
        mut visit: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let (kind, count) = self.list()?;
        if kind != Kind::Struct && count > 0 {
            return Err(Malformed);
        }
        (0..count).try_for_each(|_| visit(self))
    }

    pub(super) fn integer(&mut self) -> Result<i64, Malformed> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// An integer that cannot be negative.
    pub(super) fn length<T: TryFrom<i64>>(&mut self) -> Result<T, Malformed> {
        T::try_from(self.integer()?).map_err(|_| Malformed)
    }

    pub(super) fn binary(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        self.take(length)
    }

    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Malformed> {
        self.skip_nested(kind, 0)
    }

    fn skip_nested(&mut self, kind: Kind, depth: u8) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        match kind {
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.take(1).map(drop),
            Kind::Integer => self.varint().map(drop),
            Kind::Double => self.take(8).map(drop),
            Kind::Binary => self.binary().map(drop),
            Kind::Uuid => self.take(16).map(drop),
            Kind::Struct => self.fields(|reader, (_, kind)| reader.skip_nested(kind, depth + 1)),
            Kind::List => {
                let (kind, count) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, depth))
            }
            Kind::Map => {
                let (kinds, count) = self.map()?;
                (0..count).try_for_each(|_| {
                    kinds.iter().try_for_each(|kind| self.skip_element(*kind, depth))
                })
            }
        }
    }

    /// Within lists and maps a boolean takes an octet.
    fn skip_element(&mut self, kind: Kind, depth: u8) -> Result<(), Malformed> {
        match kind {
            Kind::True | Kind::False => self.take(1).map(drop),
            kind => self.skip_nested(kind, depth + 1),
        }
    }

    fn field(&mut self, number: &mut i16) -> Result<Option<FieldHeader>, Malformed> {
        let header = self.octet()?;
        if header == 0 {
            return Ok(None);
        }
        *number = match header >> 4 {
            0 => self.length()?,
            step => number.checked_add(i16::from(step)).ok_or(Malformed)?,
        };
        Ok(Some((*number, Kind::of(header & 0x0f)?)))
    }

    fn list(&mut self) -> Result<(Kind, u64), Malformed> {
        let header = self.octet()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        // Some writers leave the kind of an empty list open.
        let kind = if count == 0 { Kind::Byte } else { Kind::of(header & 0x0f)? };
        if count > self.rest.len() as u64 { Err(Malformed) } else { Ok((kind, count)) }
    }

    fn map(&mut self) -> Result<([Kind; 2], u64), Malformed> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(([Kind::Byte; 2], 0));
        }
        let kinds = self.octet()?;
        if count > self.rest.len() as u64 {
            return Err(Malformed);
        }
        Ok(([Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?], count))
    }

    /// An integer of up to 64 bits, seven in each octet.
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn octet(&mut self) -> Result<u8, Malformed> {
        self.take(1).map(|octets| octets[0])
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
}
