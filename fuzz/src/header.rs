//! Log formats and header lines.

use weir_flowlog::{FormatError, LogFormat, MAX_COLUMNS};

/// Reads a list of fields, and the same as a header line.
///
/// - A format that is written out is read back the same, its names with hyphens.
/// - A header line is the format that it is as a list, and stays a header when written out.
/// - An error's message has no control characters of the input and a bounded length.
///
/// # Panics
/// When one of these does not hold.
pub fn header(data: &[u8]) {
    let list = str::from_utf8(data).map(LogFormat::parse);
    match &list {
        Ok(Ok(format)) => check_format(format),
        Ok(Err(error)) => check_error(error),
        Err(_) => {}
    }
    let Some(header) = LogFormat::from_header(data) else { return };
    assert_eq!(Ok(&header), list.as_ref(), "header and list");
    if let Ok(format) = header {
        let written = format.to_string();
        assert_eq!(LogFormat::from_header(written.as_bytes()), Some(Ok(format)), "{written}");
    }
}

fn check_format(format: &LogFormat) {
    assert_eq!(LogFormat::parse(&format.to_string()).as_ref(), Ok(format));
    let known: Vec<_> = format.columns().flatten().collect();
    let columns = format.columns().count();
    assert!((1..=MAX_COLUMNS).contains(&columns), "{columns} columns");
    assert_eq!(known.len() + format.unknown_fields().len(), columns);
    assert!(!format.unknown_fields().iter().any(|name| name.contains('_')), "{format}");
    assert!(!known.is_empty() && known.len() == format.fields().len(), "{known:?}");
    assert!(known.iter().all(|field| format.contains(*field)));
}

fn check_error(error: &FormatError) {
    let message = error.to_string();
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.len() < 2048, "a message of {} octets", message.len());
}
