//! No secret ends in a core file. Keys, passphrases and tokens are in this program's memory while it
//! runs, a notary's for as long as that is; a fault must not write them to a disk, or have the system hand
//! them to whoever collects such files.

/// From now on the system writes no core file of this process. On Linux it hands none to a program either
/// (`kernel.core_pattern` with a pipe, which no limit stops), and lets no other process of the same user
/// look into its memory. What cannot be had of it is no obstacle.
#[cfg(unix)]
pub fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    // The maximum stays, for the programs that are started.
    let none = Rlimit {
        current: Some(0),
        ..getrlimit(Resource::Core)
    };
    let _ = setrlimit(Resource::Core, none);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// On Windows there are none unless the user sets the system up for them.
#[cfg(not(unix))]
pub fn forbid() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_fault_leaves_no_memory_behind() {
        let maximum = getrlimit(Resource::Core).maximum;
        forbid();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), maximum));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
