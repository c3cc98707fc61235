//! Unpacking, beside gzip.

use std::fs::File;

use anyhow::ensure;
use weir_objects::{Limits, LineReader};

use crate::environment::Environment;
use crate::figure::Figure;
use crate::measure::{Contestant, compete};
use crate::process::run_silent;

pub(crate) fn unpack(environment: &Environment, rounds: u32) -> anyhow::Result<Vec<Figure>> {
    let objects = environment.objects()?;
    let folder = environment.flow_logs();
    let mut octets = 0;
    let ours = || {
        let mut read = 0;
        for object in &objects {
            let mut reader = LineReader::open(File::open(object)?, Limits::default())?;
            while let Some(block) = reader.next_block()? {
                read += block.text.len();
            }
        }
        octets = read;
        ensure!(read > 0, "the objects are empty");
        Ok(())
    };
    let gzip = || run_silent("gzip", &["-dcr", &folder.to_string_lossy()]);
    let lines = environment.lines;
    let contestants = [Contestant::on_this_thread(lines, ours), Contestant::new(lines, gzip)];
    let [ours, gzip] = compete(rounds, contestants)?.map(|medians| medians.nanoseconds);
    let speed = octets as f64 / lines as f64 / ours;
    Ok(vec![
        Figure::cpu("weir, cut into blocks of lines", ours)
            .beside("gzip", gzip)
            .note(format!("{speed:.2} GB/s of text")),
        Figure::cpu("gzip -dc", gzip),
    ])
}
