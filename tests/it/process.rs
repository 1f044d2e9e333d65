//! The program as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rekindle_tests::program;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const BOOTSTRAP_KEY: &str = "rkb_process_0123456789abcdef";

/// A server over a directory that was empty, which ends with the test, however that ends.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) url: String,
    pub(crate) data: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (process, url) = launch(data.path());
        Self { process, url, data }
    }

    /// Ends it at once, as a crash does, and starts another over the same directory.
    pub(crate) fn crash(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        (self.process, self.url) = launch(self.data.path());
    }
}

/// A process that listens, and where.
fn launch(data: &Path) -> (Child, String) {
    let mut process = Command::new(program())
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--bootstrap-key", BOOTSTRAP_KEY, "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    (process, said["listening"].as_str().unwrap().to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, where the test was about that.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
