//! Lines that others read, since the stream was disabled before their records ended.

use bytes::BytesMut;
use weir_delivery::{RawRun, RunId};
use weir_flowlog::Field;

/// Leaves out the lines whose records end after `until` (Unix seconds); those that do not tell
/// their end stay. How many were left out. What is left is another run than all of it.
pub(crate) fn leave_out_later(run: &mut RawRun, until: u64) -> u64 {
    let column = run.format.columns().position(|field| field == Some(Field::End));
    let Some(column) = column else { return 0 };
    let is_later = |line: &&[u8]| end_of(line, column).is_some_and(|end| end > until);
    let left_out = lines(&run.text).filter(is_later).count();
    if left_out == 0 {
        return 0;
    }
    let mut kept = BytesMut::with_capacity(run.text.len());
    lines(&run.text).filter(|line| !is_later(line)).for_each(|line| kept.extend_from_slice(line));
    run.id = RunId::of_object(&run.id.0.to_be_bytes(), &kept, 0);
    run.text = kept.freeze();
    left_out as u64
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|octet| *octet == b'\n')
}

fn end_of(line: &[u8], column: usize) -> Option<u64> {
    let text = line.split(|octet| octet.is_ascii_whitespace()).nth(column)?;
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use weir_flowlog::LogFormat;

    use super::*;

    fn run(format: &str, text: &'static str) -> RawRun {
        RawRun {
            id: RunId(7),
            origin: Arc::default(),
            format: Arc::new(LogFormat::parse(format).unwrap()),
            first_line: 1,
            text: text.into(),
        }
    }

    #[test]
    fn lines_that_end_later_are_left_out() {
        let mut some = run("srcaddr end", "10.0.0.1 9\n10.0.0.2 10\n10.0.0.3 11\n10.0.0.4 -");
        assert_eq!(leave_out_later(&mut some, 10), 1);
        assert_eq!(some.text, "10.0.0.1 9\n10.0.0.2 10\n10.0.0.4 -");
        assert_ne!(some.id, RunId(7));
        let mut again = run("srcaddr end", "10.0.0.1 9\n10.0.0.2 10\n10.0.0.3 11\n10.0.0.4 -");
        leave_out_later(&mut again, 10);
        assert_eq!(again.id, some.id);
        let mut all = run("end", "11\n12\n");
        assert_eq!((leave_out_later(&mut all, 10), all.text.len()), (2, 0));
    }

    #[test]
    fn what_ends_in_time_or_does_not_tell_stays_as_it_is() {
        for (format, text) in [("srcaddr end", "10.0.0.1 10\n"), ("srcaddr", "10.0.0.1\n")] {
            let mut run = run(format, text);
            assert_eq!((leave_out_later(&mut run, 10), run.id), (0, RunId(7)));
            assert_eq!(run.text, text);
        }
    }
}
