//! The JSON form of an inventory.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::InventoryError;
use crate::model::Inventory;

/// What some editors put in front of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Inventory {
    /// Reads an inventory from its JSON form.
    ///
    /// # Errors
    ///
    /// When `bytes` is not one JSON object, is cut off, is not JSON, or has a key or a value that
    /// an inventory does not have. All but the first name line and column.
    pub fn from_json(bytes: &[u8]) -> Result<Inventory, InventoryError> {
        from_object(bytes)
    }

    /// The JSON form, indented, with a line end at its end.
    #[allow(
        clippy::expect_used,
        reason = "serializing fails only for maps whose keys are not strings; there are no maps"
    )]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("an inventory has no maps");
        json.push(b'\n');
        json
    }
}

/// Reads a document that is one object.
pub(crate) fn from_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InventoryError> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    match kind_of(bytes) {
        Some(found) => Err(InventoryError::NotAnObject { found }),
        None => serde_json::from_slice(bytes).map_err(error_with_place),
    }
}

/// What a document that is no JSON object is, told by its first byte; `None` for an object.
fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => None,
        None => Some("empty"),
        Some(b'[') => Some("a list"),
        Some(b'"') => Some("a string"),
        Some(b'0'..=b'9' | b'-') => Some("a number"),
        Some(0x1f) => Some("compressed or binary"),
        Some(_) => Some("not JSON"),
    }
}

fn error_with_place(source: serde_json::Error) -> InventoryError {
    let (line, column) = (source.line(), source.column());
    match source.classify() {
        Category::Eof => InventoryError::CutOff { line, column, source },
        Category::Data => InventoryError::Content { line, column, source },
        Category::Syntax | Category::Io => InventoryError::Syntax { line, column, source },
    }
}
