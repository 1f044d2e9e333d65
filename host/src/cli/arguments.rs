//! What several commands take: how an argument is checked as it is typed, and how a named file is read.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

use bytes::Bytes;
use clap::Args;
use reqwest::Url;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::exit::Exit;
use super::failure::Failure;
use crate::domain::{Secret, limits};

/// How much of a list is wanted.
#[derive(Args)]
pub(crate) struct Range {
    /// Stop after that many rows; without it, all are listed
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
}

/// Parses where a server is. A key has no place in it: it would end up in logs.
pub(crate) fn server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|err| format!("{err}; write `http://HOST:PORT` or `https://HOST`"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it begins with neither `http://` nor `https://`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("leave out user, password, `?…` and `#…`; a key goes into `--key` or `REKINDLE_KEY`".to_owned());
    }
    Ok(url)
}

/// Parses a name that becomes a part of a path: `.` and `..` would change which path it is.
pub(crate) fn path_part(text: &str) -> Result<String, &'static str> {
    match text {
        "" | "." | ".." => Err("it is no name"),
        name if name.contains(char::is_control) => {
            Err("it has control characters; such a person is kept under a `digest:…`")
        }
        name => Ok(name.to_owned()),
    }
}

/// Reads a file that holds a JSON object; without a file, the object is empty.
pub(crate) fn json_object(path: Option<&Path>) -> Result<Map<String, Value>, Failure> {
    let Some(path) = path else { return Ok(Map::new()) };
    serde_json::from_slice(&file(path)?)
        .map_err(|err| Failure::new(Exit::Invalid, format!("the file `{}` is no JSON object: {err}", path.display())))
}

/// A JSON object that is given as it is, or in a file: what begins like an object is one, anything else names a file.
pub(crate) fn json_given(what: &str, given: &str) -> Result<Value, Failure> {
    if !given.trim_start().starts_with('{') {
        return json_object(Some(given.as_ref())).map(Value::Object);
    }
    serde_json::from_str(given)
        .map_err(|err| Failure::new(Exit::Invalid, format!("the {what} is no JSON object: {err}")))
}

/// A secret that is given as it is, or in a file; `-` is the standard input. In a file it may end with a line break.
pub(crate) fn secret(given: Option<String>, path: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let Some(path) = path else { return Ok(given.map(Secret::new)) };
    let bytes = Zeroizing::new(file(path)?.to_vec());
    let text =
        str::from_utf8(&bytes).map(|text| text.trim_end_matches(['\r', '\n'])).ok().filter(|text| !text.is_empty());
    let missing = || {
        let what = format!("the file `{}` holds no secret", path.display());
        Failure::new(Exit::Invalid, what).next("write the secret into it, as one line of text")
    };
    text.map(|text| Some(Secret::new(text.to_owned()))).ok_or_else(missing)
}

/// Reads a file, up to a bound; `-` is the standard input.
pub(crate) fn file(path: &Path) -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    let opened: io::Result<Box<dyn Read>> = match path.to_str() {
        Some("-") => Ok(Box::new(io::stdin())),
        _ => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let read = opened.and_then(|file| file.take(limits::CLI_FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    let size_bytes = read.map_err(|err| {
        let what = format!("cannot read the file `{}`: {err}", path.display());
        Failure::new(Exit::Failed, what).next("check the path and who may read it")
    })?;
    if size_bytes as u64 > limits::CLI_FILE_BYTES_MAX {
        let what = format!("the file `{}` is larger than {} bytes", path.display(), limits::CLI_FILE_BYTES_MAX);
        return Err(Failure::new(Exit::Invalid, what).next("check that it is the right file"));
    }
    Ok(bytes.into())
}
