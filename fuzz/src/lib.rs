//! What the fuzz targets share: an allocator that refuses to be used without measure, and the
//! trust root that the seeds belong to.

use assay_core::digest::Sha256Digest;
use assay_core::proof::Prover;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_sources::tuf::Origin;
use assay_tuf_repository::{Repository, Wire};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much memory reading one input may take at most, in bytes.
pub const LIMIT: usize = 64 * 1024 * 1024;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static BASE: AtomicUsize = AtomicUsize::new(usize::MAX / 2);

/// The system's allocator, which aborts when an input takes more than [`LIMIT`].
pub struct Measured;

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Measured {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        if live > BASE.load(Ordering::Relaxed).saturating_add(LIMIT) {
            std::process::abort();
        }
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Measured = Measured;

/// Reads one input: what is allocated from here on counts against the limit.
pub fn measured<T>(read: impl FnOnce() -> T) -> T {
    BASE.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    let value = read();
    BASE.store(usize::MAX / 2, Ordering::Relaxed);
    value
}

/// The prover for the notary that made the seeds.
pub fn prover() -> Prover {
    Prover::new(root()).expect("a prover")
}

/// The roots among which is that of the notary that made the seeds.
pub fn roots() -> Roots {
    let mut roots = Roots::new();
    roots.add(root()).expect("a usable root");
    roots
}

fn root() -> TrustRoot {
    const ROOT: &str = include_str!("../../tests/wasm/fixtures/trusted_root.json");
    TrustRoot::parse(RootId::notary("00"), ROOT).expect("the seeds' trust root")
}

/// The digest of the file that the seeds are about.
pub fn digest() -> Sha256Digest {
    Sha256Digest::of(b"hello from the fixture\n")
}

/// A TUF repository with one change of keys, and what a program knows of it before it asks.
pub struct Tuf {
    /// The repository, which serves `new`.
    pub repository: Repository,
    /// What the program begins with: the first TUF root, and `old`.
    pub origin: Origin,
    /// The trust root that came with the program.
    pub old: &'static str,
    /// The trust root that a refresh leads to.
    pub new: &'static str,
    /// The files that a refresh reads.
    pub files: [String; 5],
}

/// The repository that the seeds are of.
pub fn tuf() -> &'static Tuf {
    const OLD: &str = include_str!("../../extension/roots/sigstore.trusted_root.json");
    const NEW: &str = include_str!("../../tests/wasm/fixtures/trusted_root.json");
    static TUF: OnceLock<Tuf> = OnceLock::new();
    TUF.get_or_init(|| {
        let mut repository = Repository::new(OLD);
        let origin = repository.origin(Wire::ADDRESS, 1, OLD);
        repository.rotate(|_| {});
        repository.release(NEW);
        Tuf {
            files: [
                "2.root.json".to_owned(),
                "timestamp.json".to_owned(),
                repository.snapshot_file(),
                repository.targets_file(),
                repository.target_file(),
            ],
            repository,
            origin,
            old: OLD,
            new: NEW,
        }
    })
}
