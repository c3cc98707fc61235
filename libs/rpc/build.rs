//! Generates the code of `proto/weir/v1`, without an installed protoc.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

const ROOT: &str = "../../proto";
const PACKAGE: &str = "weir/v1";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    let folder = PathBuf::from(ROOT).join(PACKAGE);
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "proto"));
    files.sort_unstable();
    let descriptors = protox::compile(files, [ROOT])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let encoded = prost::Message::encode_to_vec(&descriptors);
    fs::write(out.join("weir.v1.descriptors"), encoded)?;
    tonic_prost_build::configure()
        // Texts and records stay slices of the message that they came in.
        .bytes(".")
        .codec_path("crate::codec::BatchCodec")
        .compile_fds(descriptors)?;
    Ok(())
}
