//! Logs on standard error.

use std::io::{self, IsTerminal as _};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, registry};

use crate::exit::usage;

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For people; coloured on a terminal unless `NO_COLOR` is set.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogForm {
    type Err = anyhow::Error;

    fn from_str(form: &str) -> anyhow::Result<Self> {
        match form {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => bail!("{form} is no form of logs; give text or json"),
        }
    }
}

/// Logs text, as [`init_logging_as`] does.
///
/// # Errors
///
/// Those of [`init_logging_as`].
pub fn init_logging(level: &str) -> anyhow::Result<()> {
    init_logging_as(level, LogForm::Text)
}

/// Logs to standard error from now on, from `level` up: off, error, warn, info, debug, trace, or
/// a filter such as `info,weir_exporter=debug`. A second call changes nothing.
///
/// # Errors
///
/// Bad usage when `level` is none of these.
pub fn init_logging_as(level: &str, form: LogForm) -> anyhow::Result<()> {
    // The first subscriber stays.
    install(level, form, None).map(drop)
}

/// A layer that gets spans beside the logs.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs from now on, and hands spans to `spans`, which has a filter of its own. Tells whether it
/// does: an earlier subscriber stays.
pub(crate) fn install(
    level: &str,
    form: LogForm,
    spans: Option<SpanLayer>,
) -> anyhow::Result<bool> {
    let filter = filter(level).context("log level").map_err(usage)?;
    let installed = match spans {
        Some(spans) => registry().with(spans).with(layer(form).with_filter(filter)).try_init(),
        // One filter for all: what is below the level costs nothing.
        None => registry().with(filter).with(layer(form)).try_init(),
    };
    Ok(installed.is_ok())
}

/// Logs in one form, on standard error.
fn layer<S>(form: LogForm) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        // A failed write would be printed to standard error, which panics when that is closed.
        .log_internal_errors(false);
    let logs = if io::stderr().is_terminal() { logs } else { logs.with_ansi(false) };
    match form {
        LogForm::Text => logs.boxed(),
        LogForm::Json => logs.json().boxed(),
    }
}

/// Reads a level or a list of directives.
pub(crate) fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    // A filter takes a misspelt level for the name of a module and then logs nothing else.
    for directive in level.split(',').filter(|directive| !directive.contains('=')) {
        let is_level = directive.parse::<LevelFilter>().is_ok() && !directive.is_empty();
        anyhow::ensure!(
            is_level,
            "{directive:?} is no level; give off, error, warn, info, debug or trace"
        );
    }
    Ok(EnvFilter::try_new(level)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_call_changes_nothing() {
        init_logging_as("warn", LogForm::Json).unwrap();
        init_logging("debug").unwrap();
        assert!(!tracing::enabled!(tracing::Level::INFO));
        assert!(tracing::enabled!(tracing::Level::WARN));
    }

    #[test]
    fn a_filter_by_module_is_taken() {
        let filter = filter("info,weir_exporter=debug").unwrap();
        assert_eq!(filter.max_level_hint(), Some(LevelFilter::DEBUG));
    }

    #[test]
    fn a_misspelt_level_is_bad_usage() {
        for level in ["verbose", "", "info,", "weir=loud"] {
            let error = init_logging(level).unwrap_err();
            assert!(error.to_string().starts_with("log level"), "{error:#}");
        }
    }

    #[test]
    fn the_form_is_text_or_json() {
        assert_eq!("json".parse::<LogForm>().unwrap(), LogForm::Json);
        assert!("yaml".parse::<LogForm>().is_err());
    }
}
