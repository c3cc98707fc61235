//! How the console speaks with browsers.

mod assets;
mod browser;
mod cookie;
mod form;
mod guard;
mod headers;
mod origin;
mod server;
mod tls;

pub(crate) use assets::{Assets, asset};
pub(crate) use browser::Browser;
pub(crate) use cookie::{clear_cookie, session_cookie};
pub(crate) use form::{Fields, read_form};
pub(crate) use guard::{Caller, Change, Gate, Look, require_session};
pub(crate) use headers::{add_headers, page, see_other};
pub(crate) use origin::is_of_another_site;
pub(crate) use server::Listener;
pub use tls::{CertificateError, check_certificate};
