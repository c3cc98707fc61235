//! A set of fields.

use std::fmt;

use crate::field::Field;

/// A set of fields, one bit for each.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FieldSet(u128);

impl FieldSet {
    /// No field.
    pub const EMPTY: FieldSet = FieldSet(0);

    /// The set of these fields.
    pub const fn of(fields: &[Field]) -> FieldSet {
        let mut set = FieldSet::EMPTY;
        let mut at = 0;
        while at < fields.len() {
            set = set.with(fields[at]);
            at += 1;
        }
        set
    }

    /// This set and `field`.
    #[must_use]
    pub const fn with(self, field: Field) -> FieldSet {
        FieldSet(self.0 | 1 << field as u8)
    }

    /// Adds `field`; whether it is new.
    pub fn insert(&mut self, field: Field) -> bool {
        let before = *self;
        *self = self.with(field);
        *self != before
    }

    /// Whether `field` is in the set.
    #[inline]
    pub const fn contains(self, field: Field) -> bool {
        self.0 >> field as u8 & 1 == 1
    }

    /// The fields that are in either set.
    #[inline]
    #[must_use]
    pub const fn union(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 | other.0)
    }

    /// The fields that are in both sets.
    #[inline]
    #[must_use]
    pub const fn intersection(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 & other.0)
    }

    /// Whether there is no field in the set.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many fields are in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The fields of the set in table order.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().fold(FieldSet::EMPTY, FieldSet::with)
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let mut set = FieldSet::of(&[Field::Version, Field::PacketsLostTtlExpired]);
        assert!(set.insert(Field::Bytes));
        assert!(!set.insert(Field::Bytes));
        assert_eq!(set.len(), 3);
        assert!(set.contains(Field::Bytes) && !set.contains(Field::Packets));
        let fields: Vec<_> = set.iter().collect();
        assert_eq!(fields, [Field::Version, Field::Bytes, Field::PacketsLostTtlExpired]);
        assert_eq!(fields.into_iter().collect::<FieldSet>(), set);
    }

    #[test]
    fn all_fields_fit_the_set() {
        assert_eq!(FieldSet::of(&Field::ALL).len(), Field::COUNT);
    }
}
