//! Beside the file: what its publisher put into the same directory. Sigstore bundles, which are
//! proven like any other, minisign's signatures by keys that are known, and checksum files, which only
//! say that the file arrived as it is listed.
//!
//! The site's own word of who signs there belongs to it ([`SiteWord`]).
//!
//! Only over HTTPS, only in the file's own directory, and only where the address is a plain one.
//! Under which names something is found follows from habit, and differs from host to host: what was
//! found on a host before is tried there first, and what was never found is not asked for each time.
//!
//! What an answer says of what is there, by one rule: the thing itself says that it is there, and 404
//! and 410 say that it is not; a refusal says that it is not for everybody. A redirect, and a page in its
//! place, say nothing by themselves, as whoever stands before all hosts until somebody logs in answers
//! everything so. They count for absence only where the host had a word of its own in the same look,
//! and are never remembered as such; where it had none, the look is [`Failure::Page`], which whatever
//! else proves the file outweighs.
//! (OpenPGP has its place among the names when its keys are known here.)

mod conclusion;
mod habits;
mod inquiry;
mod names;
mod question;
mod reading;

pub use habits::{ABSENT_FOR, Habits, MOST_KNOWN};
pub use inquiry::Inquiry;
pub use question::Question;
pub(crate) use reading::{Word, says_nothing};

use crate::notary::TIME_LIMIT;
use crate::proving;
use crate::site_word::{SiteMemory, SiteWord};
use crate::{HttpRequest, Memory, Method};
use assay_core::evidence::{Evidence, Failure};
use assay_core::proof::MAX_BUNDLE_BYTES;

/// The id of this source.
pub const ID: &str = "beside";

/// So long after a download a listed digest that differs still speaks of that download, in seconds:
/// what is listed later may be another version under the same name.
pub const LISTED_FOR: i64 = 60 * 60;

/// How many bytes of a list of many files are read at most: some thirty thousand have so many.
pub const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;

/// The project that a file belongs to, as its site's remembered declaration tells.
pub fn project(question: &Question, site: &SiteMemory) -> Option<String> {
    SiteWord::new(&question.address, site.clone()).project()
}

/// What there is where what is remembered of a site cannot be had.
pub fn unusable(question: &Question, detail: &str) -> Evidence {
    let detail = detail.to_owned();
    proving::failed((ID, question.host()), Failure::Memory { detail })
}

pub(crate) fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        accept: "*/*",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: MAX_BUNDLE_BYTES,
        // A list of yesterday would accuse the file of today.
        memory: Memory::Asked,
    }
}
