use std::fs;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process_group};

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
