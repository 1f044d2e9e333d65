//! What was used of the machine, as the kernel counts it: CPU time, which other programs disturb less than they do the time of
//! day; memory; disk.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use cpu_time::ThreadTime;

/// In what `/proc` counts CPU time, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time in microseconds that one of `count` repetitions takes on this thread.
pub(crate) fn cpu_us_each(count: usize, mut job: impl FnMut()) -> f64 {
    let watch = ThreadTime::now();
    (0..count).for_each(|_| job());
    watch.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// CPU time that a process has used, user and system, all threads. The kernel tells it in hundredths of a second.
pub(crate) fn process_cpu(id: u32) -> Result<Duration> {
    let path = format!("/proc/{id}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    // The program's name, in brackets, may hold blanks; behind it, fields 14 and 15 of proc_pid_stat(5) are the 12th and 13th.
    let (_, fields) = stat.rsplit_once(") ").context("a process should have a name")?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND))
}

/// Bytes of memory that a process has in use.
pub(crate) fn process_memory(id: u32) -> Result<u64> {
    let path = format!("/proc/{id}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
    let kilobytes: u64 = resident.context("a process should have memory")?.trim().parse()?;
    Ok(kilobytes << 10)
}

/// Bytes that the files below a directory take on the disk.
pub(crate) fn disk_bytes(path: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).with_context(|| format!("cannot look at `{}`", path.display()))?;
    if !metadata.is_dir() {
        return Ok(metadata.blocks() * 512);
    }
    fs::read_dir(path)?.map(|entry| disk_bytes(&entry?.path())).sum()
}
