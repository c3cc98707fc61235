//! Files that no writer writes.

/// A struct of thrift's compact protocol.
pub(super) struct Struct {
    octets: Vec<u8>,
    last: u8,
}

impl Struct {
    pub(super) fn new() -> Self {
        Self { octets: Vec::new(), last: 0 }
    }

    pub(super) fn integer(self, number: u8, value: i64) -> Self {
        // Of 64 bits; readers take any width.
        self.field(number, 6, &varint(((value << 1) ^ (value >> 63)) as u64))
    }

    pub(super) fn binary(self, number: u8, value: &[u8]) -> Self {
        self.field(number, 8, &[&varint(value.len() as u64), value].concat())
    }

    pub(super) fn nested(self, number: u8, value: Self) -> Self {
        self.field(number, 12, &value.finish())
    }

    pub(super) fn list<const N: usize>(self, number: u8, values: [Self; N]) -> Self {
        let header = vec![(N as u8) << 4 | 12];
        let values = values.into_iter().flat_map(Self::finish);
        self.field(number, 9, &header.into_iter().chain(values).collect::<Vec<_>>())
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.octets.push(0);
        self.octets
    }

    fn field(mut self, number: u8, kind: u8, value: &[u8]) -> Self {
        self.octets.push((number - self.last) << 4 | kind);
        self.octets.extend_from_slice(value);
        self.last = number;
        self
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    while value >= 0x80 {
        octets.push(value as u8 | 0x80);
        value >>= 7;
    }
    octets.push(value as u8);
    octets
}

/// A page of so many values as they are, behind their levels.
pub(super) fn page(values: i64, data: &[u8]) -> Vec<u8> {
    page_in(0, values, data)
}

/// A page in an encoding.
pub(super) fn page_in(encoding: i64, values: i64, data: &[u8]) -> Vec<u8> {
    let length = data.len() as i64;
    let content = Struct::new().integer(1, values).integer(2, encoding).integer(3, 3);
    let header = Struct::new().integer(1, 0).integer(2, length).integer(3, length);
    [header.nested(5, content).finish(), data.to_vec()].concat()
}

/// A file of one column, an optional INT32 "srcport", under a root that claims `children`.
pub(super) fn file(rows: i64, children: i64, pages: &[u8]) -> Vec<u8> {
    let root = Struct::new().binary(4, b"flow").integer(5, children);
    let leaf = Struct::new().integer(1, 1).integer(3, 1).binary(4, b"srcport");
    let metadata = Struct::new().integer(1, 1).integer(4, 0).integer(7, pages.len() as i64);
    let chunk = Struct::new().nested(3, metadata.integer(9, 4));
    let group = Struct::new().list(1, [chunk]).integer(3, rows);
    let footer = Struct::new().integer(1, 1).list(2, [root, leaf]).integer(3, rows);
    with_footer(pages, &footer.list(4, [group]).finish())
}

/// A file with any footer.
pub(super) fn with_footer(pages: &[u8], footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [b"PAR1", pages, footer, &length, b"PAR1"].concat()
}
