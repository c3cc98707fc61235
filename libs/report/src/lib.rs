//! The fields of the product's reports and their text forms.
