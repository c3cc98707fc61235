//! Geographic regions from a MaxMind database file.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use maxminddb::{MaxMindDbError, Reader, path};
use weir_enrich::GeoRegions;

/// The most regions that are remembered; a city database has some ten thousand.
const MAX_REMEMBERED: usize = 100_000;

/// A MaxMind database of countries or cities, in memory.
#[derive(Debug)]
pub struct GeoDatabase {
    reader: Reader<Vec<u8>>,
}

/// Content that is no MaxMind database.
#[derive(Debug, thiserror::Error)]
#[error("not a MaxMind database of countries or cities (.mmdb)")]
pub struct InvalidGeoDatabase(#[source] MaxMindDbError);

impl GeoDatabase {
    /// Reads the content of a `.mmdb` file.
    ///
    /// # Errors
    ///
    /// [`InvalidGeoDatabase`] when it is none.
    pub fn from_bytes(content: Vec<u8>) -> Result<Self, InvalidGeoDatabase> {
        Ok(Self { reader: Reader::from_source(content).map_err(InvalidGeoDatabase)? })
    }

    /// The country's ISO 3166-1 code, with the ISO 3166-2 code of its largest subdivision where
    /// the database has it (`US-VA`), and the place of the answer in the database.
    fn region(&self, address: IpAddr) -> Option<(usize, impl FnOnce() -> Option<String>)> {
        let found = self.reader.lookup(address).ok()?;
        let place = found.offset()?;
        Some((place, move || {
            let country: &str = found.decode_path(&path!["country", "iso_code"]).ok()??;
            let subdivision = found.decode_path(&path!["subdivisions", 0, "iso_code"]);
            let subdivision: Option<&str> = subdivision.ok().flatten();
            Some(subdivision.map_or(country.to_owned(), |part| format!("{country}-{part}")))
        }))
    }
}

/// Looks regions up and remembers them, so that no record decodes or allocates one anew.
#[derive(Debug)]
pub(crate) struct RememberedRegions {
    database: Arc<GeoDatabase>,
    regions: HashMap<usize, String>,
}

impl RememberedRegions {
    pub(crate) fn new(database: Arc<GeoDatabase>) -> Self {
        Self { database, regions: HashMap::new() }
    }
}

impl GeoRegions for RememberedRegions {
    fn region(&mut self, address: IpAddr) -> Option<&str> {
        let (place, decode) = self.database.region(address)?;
        if self.regions.len() >= MAX_REMEMBERED {
            self.regions.clear();
        }
        let region = self.regions.entry(place).or_insert_with(|| decode().unwrap_or_default());
        (!region.is_empty()).then_some(region.as_str())
    }
}
