//! The binary: everything is in the library, beginning with the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    rekindle::cli::run()
}
