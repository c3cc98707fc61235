//! `weir console`.

use anyhow::anyhow;
use weir_console::{ConsoleConfig, service};
use weir_runtime::usage;

use super::{ServiceArgs, run, security};

/// Serves the screens until a signal asks it to end.
pub(crate) fn console(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let settings = config.console.clone().ok_or_else(|| {
        let file = args.path().display();
        usage(anyhow!(
            "{file}: there is no [console]: give admin_token_file, a file with the token that \
             people sign in with, such as `openssl rand -base64 32` writes"
        ))
    })?;
    let console = ConsoleConfig {
        listen: settings.listen,
        admin_listen: settings.admin_listen,
        security: security(&config, args)?,
        servers: settings.servers,
        access: settings.access,
        interval: settings.interval,
        grace: settings.grace,
    };
    run("weir-console", &config.telemetry, log_level, |shutdown| service::run(console, shutdown))
}
