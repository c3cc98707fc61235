//! The scripts that the server runs, each in one step.

use std::borrow::Cow;
use std::sync::LazyLock;

use redis::{Cmd, cmd};

/// A script that the server runs in one step.
pub(super) struct Script {
    text: &'static str,
    script: LazyLock<redis::Script>,
    is_read: bool,
}

macro_rules! script {
    (read $name:literal) => {
        script!(include_str!(concat!("scripts/", $name, ".lua")), true)
    };
    (write $name:literal) => {
        script!(write "" $name)
    };
    (write $flags:literal $name:literal) => {
        script!(
            concat!(
                $flags,
                include_str!("scripts/life.lua"),
                include_str!(concat!("scripts/", $name, ".lua"))
            ),
            false
        )
    };
    ($text:expr, $is_read:literal) => {
        Script {
            text: $text,
            script: LazyLock::new(|| redis::Script::new($text)),
            is_read: $is_read,
        }
    };
}

pub(super) static CHECK: Script = script!(write "check");
pub(super) static PUT: Script = script!(write "put");
/// A full server must be able to forget.
pub(super) static DELETE: Script = script!(write "#!lua flags=allow-oom\n" "delete");
pub(super) static ADD: Script = script!(write "add");
pub(super) static GET: Script = script!(read "get");
pub(super) static LIST: Script = script!(read "list");
/// An upload is of no moment for the state, so that it needs no epoch.
pub(super) static UPLOAD: Script = script!(include_str!("scripts/upload.lua"), false);

/// A call of a script.
pub(super) struct Call<'a> {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Cow<'a, [u8]>>,
}

impl<'a> Call<'a> {
    pub(super) fn of(script: &'static Script, keys: impl Into<Vec<String>>) -> Self {
        Self { script, keys: keys.into(), arguments: Vec::new() }
    }

    pub(super) fn text(mut self, text: impl ToString) -> Self {
        self.arguments.push(Cow::Owned(text.to_string().into_bytes()));
        self
    }

    pub(super) fn octets(mut self, octets: &'a [u8]) -> Self {
        self.arguments.push(Cow::Borrowed(octets));
        self
    }

    /// Whether it changes nothing, so that it may be sent twice.
    pub(super) fn is_read(&self) -> bool {
        self.script.is_read
    }

    /// The call of a script that the server has been told before.
    pub(super) fn by_hash(&self) -> Cmd {
        let verb = if self.script.is_read { "EVALSHA_RO" } else { "EVALSHA" };
        self.command(verb, self.script.script.get_hash())
    }

    /// The call of a script that the server is told.
    pub(super) fn by_text(&self) -> Cmd {
        self.command(if self.script.is_read { "EVAL_RO" } else { "EVAL" }, self.script.text)
    }

    fn command(&self, verb: &str, script: &str) -> Cmd {
        let mut command = cmd(verb);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(argument.as_ref());
        }
        command
    }
}
