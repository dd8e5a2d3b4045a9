//! Hashes files on the disk, in Workers of the offscreen document.
//!
//! Two Workers share the work, so that reading overlaps with hashing: one reads
//! ([`reader`]), the other hashes ([`jobs`]). A fixed set of buffers goes to and fro between them
//! for each file, so memory stays the same whatever the file's size.

mod jobs;
mod lanes;
mod link;
mod reader;
mod speed;

pub use jobs::start as start_hashing;
pub use lanes::Lanes;
pub use reader::start as start_reading;
pub use speed::Speed;

/// The name of the Worker that reads; the other one hashes.
pub const READER_NAME: &str = "reader";
