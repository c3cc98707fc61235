//! CPU time for a record, by how its object is packed and read.

#![allow(clippy::print_stdout, reason = "the figures are what it is for")]

use std::error::Error;
use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rustix::time::{ClockId, clock_gettime};
use weir_objects::{Buffers, Limits, LineReader};

const RECORDS: u64 = 100_000;
const ROUNDS: u32 = 10;

fn main() {
    let text = records();
    let length = text.len() as u64 / RECORDS;
    println!("{RECORDS} records of {length} octets, CPU ns for one:");
    let once = gzip(&text);
    measure("gzip, whole", &once);
    // An empty second member has the object streamed.
    measure("gzip, streamed", &[&once[..], &gzip(b"")].concat());
    measure("zstd, streamed", &zstd::encode_all(&text[..], 3).unwrap_or_default());
    measure("plain", &text);
    measure("Parquet, gzip pages", &parquet(&text).unwrap_or_default());
    libdeflate_alone(&once, text.len());
}

fn measure(what: &str, object: &[u8]) {
    let mut buffers = Buffers::new();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = cpu_time();
        let reader = LineReader::open_with(Cursor::new(object), Limits::default(), buffers);
        let Ok(mut reader) = reader else { return };
        let mut length = 0;
        while let Ok(Some(block)) = reader.next_block() {
            length += block.text.len();
        }
        buffers = reader.into_buffers();
        best = best.min(cpu_time() - start);
        assert!(length > 0);
    }
    println!("{what:>24} {:6.1}", best.as_nanos() as f64 / RECORDS as f64);
}

/// What there is no way below.
fn libdeflate_alone(object: &[u8], length: usize) {
    let mut text = vec![0; length];
    let mut inflater = libdeflater::Decompressor::new();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = cpu_time();
        assert_eq!(inflater.gzip_decompress(object, &mut text), Ok(length));
        best = best.min(cpu_time() - start);
    }
    println!("{:>24} {:6.1}", "libdeflate alone", best.as_nanos() as f64 / RECORDS as f64);
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The same values in columns of strings and of numbers.
fn parquet(text: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let rows: Vec<Vec<&str>> =
        str::from_utf8(text)?.lines().map(|line| line.split(' ').collect()).collect();
    let is_number = |column: usize| rows.iter().all(|row| row[column].parse::<i64>().is_ok());
    let columns = rows.first().map_or(0, Vec::len);
    let numbers: Vec<_> = (0..columns).map(is_number).collect();
    let kind = |is_number: &bool| if *is_number { "int64" } else { "binary" };
    let fields = numbers.iter().map(kind).zip(0..);
    let fields: String = fields.map(|(kind, i)| format!("optional {kind} f{i};")).collect();
    let schema = Arc::new(parse_message_type(&format!("message flow {{ {fields} }}"))?);
    let gzip = parquet::basic::Compression::GZIP(Default::default());
    let properties = WriterProperties::builder().set_compression(gzip).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let levels = |column: usize| rows.iter().map(move |row| i16::from(row[column] != "-"));
    for (column, is_number) in numbers.iter().enumerate() {
        let Some(mut writer) = group.next_column()? else { break };
        let levels: Vec<i16> = levels(column).collect();
        let values = rows.iter().map(|row| row[column]).filter(|value| *value != "-");
        if *is_number {
            let values: Vec<i64> = values.filter_map(|value| value.parse().ok()).collect();
            writer.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        } else {
            let values: Vec<ByteArray> = values.map(ByteArray::from).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
        writer.close()?;
    }
    group.close()?;
    Ok(writer.into_inner()?)
}

/// Lines like those of all fields of version 5, with skewed talkers.
fn records() -> Vec<u8> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut text = Vec::new();
    for number in 0..RECORDS {
        let eni = next(200) * next(200) / 200;
        let (host, peer) = (eni % 250, next(60) * next(60) / 15);
        let (source, packets) = (1024 + next(60_000), 1 + next(30) * next(30));
        let start = 1_700_000_000 + number / 400;
        let line = format!(
            "5 123456789012 eni-0{:016x} 10.0.{}.{host} 10.1.7.{peer} {source} 443 6 {packets} {} \
             {start} {} ACCEPT OK vpc-0abc1234def567890 subnet-0{:016x} i-0{:016x} {} IPv4 \
             10.0.{}.{host} 10.1.7.{peer} eu-west-1 euw1-az{} - - - - egress 1\n",
            eni * 0x9e37_79b9_7f4a_7c15 % 0xffff_ffff_ffff,
            eni / 250,
            packets * (60 + next(1400)),
            start + 60,
            (eni % 6) * 0x9e37_79b9_7f4a % 0xffff_ffff_ffff,
            eni * 0x0123_4567_89ab_cdef % 0xffff_ffff_ffff,
            [2, 3, 18, 19][next(4) as usize],
            eni / 250,
            1 + eni % 3,
        );
        text.extend_from_slice(line.as_bytes());
    }
    text
}
