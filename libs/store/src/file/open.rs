//! Opening the file.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, TableHandle};

use super::members;
use super::open_error::OpenError;
use super::tables::{ABOUT, ABOUT_FORMAT, ENDS, FORMAT, MEMBERS, SIZES, VALUES};

/// Octets of the file that are kept in memory. The default would be a gigabyte.
const CACHE_LENGTH: usize = 16 << 20;

/// The owner may read and write, nobody else anything.
const MODE: u32 = 0o600;

pub(super) fn open(path: &Path, now: u64) -> Result<Database, OpenError> {
    let file = open_file(path).map_err(|source| OpenError::io(path, source))?;
    let backend = FileBackend::new(file).map_err(|error| OpenError::of_database(path, error))?;
    let database = Database::builder()
        .set_cache_size(CACHE_LENGTH)
        // Without it, a file that something else wrote to is trusted, and a read may panic.
        .set_check_integrity_on_open(true)
        .create_with_backend(backend)
        .map_err(|error| OpenError::of_database(path, error))?;
    check_format(path, &database)?;
    restrict(path).map_err(|source| OpenError::io(path, source))?;
    prepare(&database, now).map_err(|error| OpenError::of_access(path, error))?;
    Ok(database)
}

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).mode(MODE).open(path)?;
    // A new file outlasts a power failure once its folder is on disk.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

/// A file that this version made, or one that nobody wrote to yet.
fn check_format(path: &Path, database: &Database) -> Result<(), OpenError> {
    match format_of(database).map_err(|error| OpenError::of_access(path, error))? {
        Format::New | Format::Known(FORMAT) => Ok(()),
        Format::Known(found) => {
            Err(OpenError::Format { path: path.to_owned(), found, known: FORMAT })
        }
        Format::Foreign => Err(OpenError::foreign(path)),
    }
}

enum Format {
    New,
    Known(u64),
    Foreign,
}

fn format_of(database: &Database) -> Result<Format, redb::Error> {
    let transaction = database.begin_read()?;
    let names: Vec<_> = transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if names.is_empty() && transaction.list_multimap_tables()?.next().is_none() {
        return Ok(Format::New);
    }
    if !names.iter().any(|name| name == ABOUT.name()) {
        return Ok(Format::Foreign);
    }
    let format = transaction.open_table(ABOUT)?.get(ABOUT_FORMAT)?.map(|stored| stored.value());
    Ok(format.map_or(Format::Foreign, Format::Known))
}

/// Takes away what others may do with a file that was made elsewhere: it holds secrets, sealed
/// ones, but still.
fn restrict(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others could use the state file; now they cannot");
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
    }
    Ok(())
}

/// Makes what is missing and removes what has expired.
fn prepare(database: &Database, now: u64) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(ABOUT)?.insert(ABOUT_FORMAT, FORMAT)?;
    transaction.open_table(VALUES)?;
    transaction.open_table(MEMBERS)?;
    transaction.open_table(ENDS)?;
    transaction.open_table(SIZES)?;
    members::remove_expired(&transaction, now)?;
    transaction.commit()?;
    Ok(())
}
