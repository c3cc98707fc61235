//! The workspace as cargo sees it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Dependency, MetadataCommand, Package};

use crate::rooms::{ROOMS, Rank};

/// The members by their folders.
pub(crate) struct Workspace {
    root: PathBuf,
    pub(crate) members: BTreeMap<String, Package>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let metadata = MetadataCommand::new()
            .manifest_path(manifest)
            .no_deps()
            .other_options(vec!["--offline".to_owned()])
            .exec()
            .unwrap();
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let members = metadata.packages.into_iter().map(|package| {
            let folder = package.manifest_path.parent().unwrap().as_std_path();
            (room_of(&root, folder), package)
        });
        let members = members.collect();
        Self { root, members }
    }

    pub(crate) fn folder(&self, room: &str) -> PathBuf {
        self.root.join(room)
    }

    /// The room that a dependency is in; `None` for outside crates.
    pub(crate) fn room_of(&self, dependency: &Dependency) -> Option<String> {
        let folder = dependency.path.as_ref()?;
        Some(room_of(&self.root, folder.as_std_path()))
    }

    /// All pairs of a member's room and one of its dependencies.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = (&str, &Dependency)> {
        self.members.iter().flat_map(|(room, package)| {
            package.dependencies.iter().map(move |dependency| (room.as_str(), dependency))
        })
    }

    /// The names of all crates that the default build of `package` takes in.
    pub(crate) fn crates_of(&self, package: &str) -> Vec<String> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["tree", "--offline", "--edges", "normal,build", "--prefix", "none"];
        let mut command = Command::new(cargo);
        command.current_dir(&self.root).args(arguments).args(["--package", package]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8(output.stdout).unwrap();
        tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    }
}

pub(crate) fn rank_of(room: &str) -> Rank {
    let found = ROOMS.iter().find(|(known, _)| *known == room);
    found.unwrap_or_else(|| panic!("{room} has no rank: give it a line in ROOMS")).1
}

/// All Rust files under `folder`.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn room_of(root: &Path, folder: &Path) -> String {
    folder.strip_prefix(root).unwrap_or(folder).display().to_string()
}
