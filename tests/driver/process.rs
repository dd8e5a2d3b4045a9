use std::fs;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Kills a process group at once (SIGKILL) and collects its leader.
///
/// The child must have been started with `process_group(0)`.
pub fn stop_group(child: &mut Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let _ = child.wait();
}

/// Asks a process to end (SIGTERM).
pub(crate) fn terminate(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// What a process has taken so far: processor time, and the most memory that it had at once
/// (VmHWM), in bytes. `None` if it is not there.
pub fn taken_by(process: u32) -> Option<(Duration, u64)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // State is the first word after the name; user and system time are the 12th and 13th, in ticks,
    // which are 10 ms on all systems that have this file.
    let (_, after_name) = stat.rsplit_once(')')?;
    let times = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = times.map(|ticks| ticks.parse().unwrap_or(0_u64)).sum();
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((Duration::from_millis(ticks * 10), kib * 1024))
}

/// Resident memory, in bytes, of every process of the group that `leader` leads.
///
/// Memory that processes share is counted once a process, so only differences mean something:
/// the sum of the private parts (RssAnon) is what is returned.
pub fn resident_bytes(leader: u32) -> u64 {
    let Ok(processes) = fs::read_dir("/proc") else {
        return 0;
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| group_of(*pid) == Some(leader))
        .filter_map(private_bytes)
        .sum()
}

fn group_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in brackets and may hold anything, so count from its end: state, parent, group.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(2)?.parse().ok()
}

fn private_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
