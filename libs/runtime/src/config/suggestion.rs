//! The name that was perhaps meant.

/// The longest name that is compared, in bytes.
const MAX_LENGTH: usize = 64;

/// The candidate that is closest to `name`, if one is close: at most a third of its letters
/// differ.
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let distances = candidates.iter().map(|candidate| (distance(name, candidate), *candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= name.len().div_ceil(3)).then_some(candidate)
}

/// How many bytes have to be inserted, deleted or replaced (Levenshtein), without regard to
/// case.
fn distance(from: &str, to: &str) -> usize {
    // The distances of the part of `from` read so far to each prefix of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (position, left) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], position + 1);
        for (column, right) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(!left.eq_ignore_ascii_case(&right));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
