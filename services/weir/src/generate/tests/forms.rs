//! Parquet beside text, and the layouts of keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, Repetition, Type};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Cell;
use weir_flowlog::LogFormat;

use super::sample::{config, files, objects};
use crate::generate::{GenerateConfig, KeyLayout, ObjectForm, generate};

fn open(path: &Path) -> SerializedFileReader<File> {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap()
}

/// Reads a Parquet object as the text form of the same object.
fn as_text(reader: &impl FileReader) -> String {
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<_> = schema.get_fields().iter().map(|x| x.name().replace('_', "-")).collect();
    let mut text = names.join(" ") + "\n";
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let cells: Vec<_> = row.get_column_iter().map(|(_, cell)| cell_as_text(cell)).collect();
        text += &(cells.join(" ") + "\n");
    }
    text
}

fn cell_as_text(cell: &Cell) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Long(number) => number.to_string(),
        Cell::Str(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// The objects by their keys without the ending.
fn parquet_objects(folder: &Path) -> BTreeMap<String, PathBuf> {
    let named = |(path, _): (PathBuf, _)| {
        let key = path.strip_prefix(folder).unwrap().to_str().unwrap();
        (key.strip_suffix(".log.parquet").unwrap().to_owned(), path)
    };
    files(&folder.join("AWSLogs")).into_iter().map(named).collect()
}

fn both_forms(config: &GenerateConfig) -> (tempfile::TempDir, tempfile::TempDir) {
    let [text, parquet] = [ObjectForm::Text, ObjectForm::Parquet].map(|form| {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_owned();
        generate(&GenerateConfig { form, out, ..config.clone() }, &|_| ()).unwrap();
        folder
    });
    (text, parquet)
}

#[test]
fn parquet_holds_what_the_text_of_the_same_seed_holds() {
    let config = GenerateConfig { records: 4_000, transit_gateways: true, ..config(Path::new("")) };
    let (text, parquet) = both_forms(&config);
    let mut parquet_objects = parquet_objects(parquet.path());
    for object in objects(text.path()) {
        let key = object.path.strip_suffix(".log.gz").unwrap();
        let parquet = open(&parquet_objects.remove(key).unwrap());
        assert_eq!(as_text(&parquet), object.text, "{key}");
    }
    assert!(parquet_objects.is_empty());
    for name in ["inventory.json", "totals.json"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(text.path()), read(parquet.path()));
    }
}

#[test]
fn parquet_has_optional_columns_of_aws_s_types_and_gzip_pages() {
    let folder = tempfile::tempdir().unwrap();
    let config = GenerateConfig {
        records: 4_000,
        transit_gateways: true,
        form: ObjectForm::Parquet,
        ..config(folder.path())
    };
    generate(&config, &|_| ()).unwrap();
    for path in parquet_objects(folder.path()).into_values() {
        let reader = open(&path);
        for column in reader.metadata().row_group(0).columns() {
            assert!(matches!(column.compression(), Compression::GZIP(_)));
            let path = column.column_path().string();
            let expected = match path.as_str() {
                "version" | "srcport" | "dstport" | "protocol" | "tcp_flags" | "traffic_path"
                | "encryption_status" => Type::INT32,
                "packets" | "bytes" | "start" | "end" => Type::INT64,
                lost if lost.starts_with("packets_lost_") => Type::INT64,
                _ => Type::BYTE_ARRAY,
            };
            assert_eq!(column.column_type(), expected, "{path}");
            let info = column.column_descr().self_type().get_basic_info();
            assert_eq!(info.repetition(), Repetition::OPTIONAL);
        }
    }
}

#[test]
fn a_large_parquet_object_has_several_row_groups() {
    let base = config(Path::new(""));
    let config = GenerateConfig {
        accounts: 1,
        vpcs: 1,
        records: 80_000,
        format: LogFormat::parse("srcaddr action bytes").unwrap(),
        ..base
    };
    let (text, parquet) = both_forms(&config);
    let mut parquet_objects = parquet_objects(parquet.path());
    for object in objects(text.path()) {
        let key = object.path.strip_suffix(".log.gz").unwrap();
        let reader = open(&parquet_objects.remove(key).unwrap());
        assert!(reader.num_row_groups() > 1);
        assert!(as_text(&reader) == object.text);
    }
}

#[test]
fn each_layout_has_its_folders_and_names_differ_in_nothing_else() {
    let mut names = BTreeSet::new();
    for (hourly, hive) in [(false, false), (true, false), (false, true), (true, true)] {
        let folder = tempfile::tempdir().unwrap();
        let layout = KeyLayout { hourly, hive };
        let config = GenerateConfig {
            records: 4_000,
            layout,
            transit_gateways: true,
            ..config(folder.path())
        };
        generate(&config, &|_| ()).unwrap();
        let objects = objects(folder.path());
        names.insert(objects.iter().map(|x| check_key(&x.path, layout)).collect::<BTreeSet<_>>());
    }
    assert_eq!(names.len(), 1);
}

/// Checks the folders of a key against its name, and returns the name.
fn check_key(key: &str, layout: KeyLayout) -> String {
    let (folders, name) = key.rsplit_once('/').unwrap();
    let parts: Vec<_> = name.strip_suffix(".log.gz").unwrap().split('_').collect();
    let [account, service, region, _, time, _] = parts[..] else { panic!("{name}") };
    let (year, month, day, hour) = (&time[..4], &time[4..6], &time[6..8], &time[9..11]);
    let mut expected = if layout.hive {
        format!(
            "AWSLogs/aws-account-id={account}/aws-service={service}/aws-region={region}/\
             year={year}/month={month}/day={day}"
        )
    } else {
        format!("AWSLogs/{account}/{service}/{region}/{year}/{month}/{day}")
    };
    if layout.hourly {
        expected += &format!("/{}{hour}", if layout.hive { "hour=" } else { "" });
    }
    assert_eq!(folders, expected);
    name.to_owned()
}

#[test]
fn transit_gateways_change_nothing_about_the_other_objects() {
    let of = |transit_gateways| {
        let folder = tempfile::tempdir().unwrap();
        let config = GenerateConfig { records: 4_000, transit_gateways, ..config(folder.path()) };
        generate(&config, &|_| ()).unwrap();
        let objects = objects(folder.path()).into_iter();
        objects.map(|object| (object.path, object.text)).collect::<BTreeMap<_, _>>()
    };
    let (without, with) = (of(false), of(true));
    assert!(with.len() > without.len());
    let added = with.iter().filter(|(path, _)| !without.contains_key(*path));
    assert!(
        added.clone().all(|(_, text)| text.starts_with("version resource-type account-id tgw-id"))
    );
    assert_eq!(added.count() + without.len(), with.len());
    assert!(without.iter().all(|(path, text)| with[path] == *text));
}
