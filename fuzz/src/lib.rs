//! What the fuzz targets share: an allocator that refuses to be used without measure, and the
//! trust root that the seeds belong to.

use assay_core::digest::Sha256Digest;
use assay_core::proof::Prover;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use std::alloc::{GlobalAlloc, Layout, System};
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
    const ROOT: &str = include_str!("../../tests/wasm/fixtures/trusted_root.json");
    let root = TrustRoot::parse(RootId::notary("00"), ROOT).expect("the seeds' trust root");
    Prover::new(root).expect("a prover")
}

/// The digest of the file that the seeds are about.
pub fn digest() -> Sha256Digest {
    Sha256Digest::of(b"hello from the fixture\n")
}
