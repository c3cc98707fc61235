//! Where the separators and the lines of a piece of text are.

use crate::scan::{CHUNK, scan};

/// A token's place in a piece of text, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[cfg(test)]
    pub(crate) fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.end as usize
    }

    #[inline]
    pub(crate) fn length(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The token itself.
    #[inline]
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start()..self.end()]
    }
}

/// The index of one piece of text. Its memory is kept for the next piece.
#[derive(Debug, Default)]
pub(crate) struct LineIndex {
    /// The offsets of all separators, and of the piece's end where a line ends there; the slots
    /// after the first `count` hold nothing.
    separators: Vec<u32>,
    count: usize,
    /// The places in `separators` of those that end a line.
    line_ends: Vec<u32>,
    /// The piece's length in bytes.
    length: usize,
    is_regular: bool,
}

/// How many separators are noted at once, wanted or not: a loop for each would be mispredicted
/// in almost every chunk.
const BATCH: usize = 8;

impl LineIndex {
    /// Indexes `piece`. When it `ends_the_text`, its last line needs no line feed.
    pub(crate) fn build(&mut self, piece: &[u8], ends_the_text: bool) {
        self.separators.resize(self.separators.len().max(piece.len() + CHUNK), 0);
        self.count = 0;
        self.line_ends.clear();
        self.length = piece.len();
        self.is_regular = true;

        // A separator at a line's start leaves an empty token, as one after another does.
        let mut after_separator = 1;
        let (chunks, rest) = piece.as_chunks();
        for (place, chunk) in chunks.iter().enumerate() {
            after_separator = self.add_chunk(place * CHUNK, chunk, after_separator);
        }
        let mut last = [b'x'; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        self.add_chunk(chunks.len() * CHUNK, &last, after_separator);
        if ends_the_text && !piece.ends_with(b"\n") {
            self.end_last_line(piece);
        }
    }

    /// Whether no line has a doubled, leading or trailing separator, an empty token, a control
    /// character or anything but ASCII.
    pub(crate) fn is_regular(&self) -> bool {
        self.is_regular
    }

    /// How many bytes of the piece belong to complete lines.
    pub(crate) fn complete(&self) -> usize {
        let after = |place: &u32| self.separators[*place as usize] as usize + 1;
        self.line_ends.last().map_or(0, after).min(self.length)
    }

    /// The complete lines of the piece in order.
    #[inline]
    pub(crate) fn lines(&self) -> impl Iterator<Item = IndexedLine<'_>> {
        let (mut start, mut first) = (0, 0);
        self.line_ends.iter().map(move |last| {
            let separators = &self.separators[first..=*last as usize];
            let line = IndexedLine { start, separators };
            first = *last as usize + 1;
            start = line.end() as u32 + 1;
            line
        })
    }

    /// Adds a chunk that begins at `offset`; 1 when its last byte is a separator.
    #[inline]
    fn add_chunk(&mut self, offset: usize, chunk: &[u8; CHUNK], after_separator: u64) -> u64 {
        let masks = scan(chunk);
        let doubled = masks.separators & (masks.separators << 1 | after_separator) != 0;
        self.is_regular &= !(doubled | masks.is_irregular);
        self.add_line_ends(masks.separators, masks.newlines);
        self.add_separators(offset as u32, masks.separators);
        masks.separators >> (CHUNK - 1)
    }

    #[inline]
    fn add_line_ends(&mut self, separators: u64, mut newlines: u64) {
        while newlines != 0 {
            let before = (newlines & newlines.wrapping_neg()) - 1;
            self.line_ends.push(self.count as u32 + (separators & before).count_ones());
            newlines &= newlines - 1;
        }
    }

    #[inline]
    fn add_separators(&mut self, offset: u32, mut separators: u64) {
        let count = separators.count_ones() as usize;
        #[allow(clippy::expect_used, reason = "`build` makes room for a chunk more than there is")]
        let slots: &mut [u32; CHUNK] =
            self.separators[self.count..].first_chunk_mut().expect("a chunk of room");
        for batch in slots.as_chunks_mut::<BATCH>().0 {
            for slot in batch {
                *slot = offset + separators.trailing_zeros();
                separators &= separators.wrapping_sub(1);
            }
            if separators == 0 {
                break;
            }
        }
        self.count += count;
    }

    fn end_last_line(&mut self, piece: &[u8]) {
        self.is_regular &= piece.last().is_some_and(|byte| *byte > b' ');
        self.separators[self.count] = piece.len() as u32;
        self.line_ends.push(self.count as u32);
        self.count += 1;
    }
}

/// A line of an indexed piece of text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexedLine<'i> {
    start: u32,
    /// The offsets of the line's separators; the last is the line's end.
    separators: &'i [u32],
}

impl IndexedLine<'_> {
    /// The line in `piece`, without its line feed.
    #[inline]
    pub(crate) fn of<'t>(&self, piece: &'t [u8]) -> &'t [u8] {
        &piece[self.start as usize..self.end()]
    }

    #[inline]
    pub(crate) fn length(&self) -> usize {
        self.end() - self.start as usize
    }

    /// How many tokens the line has, empty ones included.
    #[inline]
    pub(crate) fn token_count(&self) -> usize {
        self.separators.len()
    }

    /// The line's tokens, empty ones included.
    #[inline]
    pub(crate) fn tokens(&self) -> impl Iterator<Item = Span> {
        let mut start = self.start;
        self.separators.iter().map(move |end| {
            let token = Span { start, end: *end };
            start = *end + 1;
            token
        })
    }

    #[inline]
    fn end(&self) -> usize {
        self.separators.last().map_or(self.start, |end| *end) as usize
    }
}
