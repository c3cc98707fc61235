//! One of `[[aws.profiles]]`.

use std::path::PathBuf;

use weir_runtime::config::Section;

use crate::secret::{Secret, SecretSource};

/// An access key of an account.
///
/// What is missing or cannot be read is a fault of this profile alone, found when accounts are
/// resolved: the others go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, also the account's name for people.
    pub name: Option<String>,
    /// Where the access key's id is.
    pub access_key: Option<SecretSource>,
    /// Where its secret is.
    pub secret: Option<SecretSource>,
    /// The default region; the partition's, which is `us-east-1`, when `None`.
    pub region: Option<String>,
}

/// The keys of one secret: its text, a file, a variable of the environment.
type Keys = [&'static str; 3];

const ACCESS_KEY: Keys = ["access_key_id", "access_key_file", "access_key_env"];
const SECRET: Keys = ["secret_access_key", "secret_access_key_file", "secret_access_key_env"];

pub(super) fn read(section: &mut Section<'_>) -> Option<Profile> {
    Some(Profile {
        name: section.text("name", super::account_name),
        access_key: source(section, ACCESS_KEY),
        secret: source(section, SECRET),
        region: section.text("region", super::region_code),
    })
}

fn source(section: &mut Section<'_>, keys: Keys) -> Option<SecretSource> {
    let [inline, file, variable] = keys;
    let given = [
        section.text(inline, |text| accept(SecretSource::Inline(Secret::new(text)))),
        section.text(file, |text| accept(SecretSource::File(PathBuf::from(text)))),
        section.text(variable, |text| accept(SecretSource::Variable(text.to_owned()))),
    ];
    if given.iter().flatten().count() > 1 {
        section.problem(inline, format_args!("give one of {inline}, {file}, {variable}"));
    }
    given.into_iter().flatten().next()
}

/// Never a refusal: it would show the text.
fn accept(source: SecretSource) -> Result<SecretSource, std::convert::Infallible> {
    Ok(source)
}
