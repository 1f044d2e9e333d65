//! Where master keys come from: a file, a text from the environment, or the file that is drawn beside the data.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::KeyringError;
use super::line::{self, MasterKey};
use crate::domain::{Secret, limits};

/// The file beside the data.
const BESIDE: &str = "master.key";

/// Where master keys come from.
#[derive(Debug, Clone)]
pub enum MasterKeys {
    /// A file; read again when keys are rotated.
    File(PathBuf),
    /// A text, from the environment: it changes with the next start.
    Text(Secret),
    /// A file beside the data, made on the first start. Whoever has the directory has the key: it protects only copies that
    /// leave it out.
    Beside,
}

impl MasterKeys {
    /// Reads them; none when there is no file beside the data yet.
    pub(super) fn read(&self, folder: &Path) -> Result<Option<Vec<MasterKey>>, KeyringError> {
        match self {
            Self::Text(text) => line::parse("`REKINDLE_MASTER_KEY`", text.expose()).map(Some),
            Self::File(path) => read_file(path).map(Some),
            Self::Beside => {
                let path = folder.join(BESIDE);
                if path.exists() { read_file(&path).map(Some) } else { Ok(None) }
            }
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<MasterKey>, KeyringError> {
    let mut text = Zeroizing::new(String::new());
    let opened = fs::File::open(path).map(|file| file.take(limits::MASTER_KEY_FILE_BYTES_MAX));
    let read = opened.and_then(|mut bounded| bounded.read_to_string(&mut text));
    read.map_err(|source| KeyringError::Io { path: path.to_owned(), source })?;
    line::parse(&format!("`{}`", path.display()), &text)
}

/// Writes a drawn key beside the data: durably, for its owner only, and never over another one.
pub(super) fn write(folder: &Path, line: &Secret) -> Result<(), KeyringError> {
    let path = folder.join(BESIDE);
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "# Without this file nobody can read the secrets of this directory. Keep a copy elsewhere.")?;
        writeln!(file, "{}", line.expose())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|source| KeyringError::Io { path: path.clone(), source })?;
    tracing::warn!(
        path = %path.display(),
        advice = "it protects only copies of the directory that leave it out: give one from elsewhere with `--master-key-file`",
        "a master key was drawn beside the data"
    );
    Ok(())
}
