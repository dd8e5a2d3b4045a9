//! A web server, and looks at what lies beside files on it.

use assay_core::artifact::{ArtifactDigests, Sha512Digest};
use assay_core::closer_look::CloserLook;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, Inquiry, MOST_KNOWN, Question};
use assay_sources::site_word::SiteMemory;
use assay_sources::{HttpRequest, HttpResponse, Transport, driver, minisigned};
use std::cell::RefCell;
use std::collections::HashMap;

pub const NOW: i64 = 1_800_000_000;
pub const FILE: &str = "https://dl.example.org/tool/v1/tool%20one.zip?token=secret#part";
pub const DIRECTORY: &str = "https://dl.example.org/tool/v1/";

#[derive(Default)]
pub struct Web {
    /// What is answered to whatever is not among the files; that it is not there, if nothing is said.
    pub otherwise: Option<(u16, String)>,
    pub files: HashMap<String, Result<(u16, String), Failure>>,
    pub asked: RefCell<Vec<String>>,
}

impl Transport for Web {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.url.clone());
        let missing = || (404, "<h1>Not found</h1>".to_owned());
        let file = self.files.get(&request.url).cloned();
        let otherwise = self.otherwise.clone();
        let (status, body) = file.unwrap_or_else(|| Ok(otherwise.unwrap_or_else(missing)))?;
        Ok(HttpResponse {
            status,
            body: body.into_bytes(),
        })
    }
}

impl Web {
    /// A server, or whatever stands before it, that answers this to whatever it does not have.
    pub fn otherwise(status: u16, body: &str) -> Self {
        Self {
            otherwise: Some((status, body.to_owned())),
            ..Self::default()
        }
    }

    pub fn with(mut self, name: &str, status: u16, body: impl Into<String>) -> Self {
        let url = format!("{DIRECTORY}{name}");
        self.files.insert(url, Ok((status, body.into())));
        self
    }

    pub fn failing(mut self, name: &str) -> Self {
        let url = format!("{DIRECTORY}{name}");
        self.files.insert(url, Err(Failure::Unreachable));
        self
    }
}

pub fn question() -> Question {
    Question::about(FILE, FILE, Some(NOW)).unwrap()
}

/// Asks the server all that there is to ask.
pub fn ask(
    web: &Web,
    inquiry: &mut Inquiry<'_>,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let asking = driver::ask(web, inquiry, roots, digests, now);
    runtime.unwrap().block_on(asking)
}

/// Everything from the names to the evidence.
pub fn see(web: &Web, habits: &mut Habits, roots: &Roots, content: &[u8]) -> Evidence {
    see_at(web, habits, roots, content, NOW)
}

pub fn see_at(web: &Web, habits: &mut Habits, roots: &Roots, content: &[u8], now: i64) -> Evidence {
    let site = &mut SiteMemory {
        // As it is on every host but a few, and known.
        absent_at: habits.tried_at,
        ..SiteMemory::default()
    };
    see_on(web, habits, site, roots, content, now)
}

pub fn see_on(
    web: &Web,
    habits: &mut Habits,
    site: &mut SiteMemory,
    roots: &Roots,
    content: &[u8],
    now: i64,
) -> Evidence {
    let question = question();
    let mut inquiry = Inquiry::new(&question, habits, site.clone(), Vec::new(), now);
    let digests = ArtifactDigests::from(Sha256Digest::of(content));
    let mut evidence = ask(web, &mut inquiry, roots, &digests, now);
    inquiry.note(habits);
    let word = inquiry.into_word();
    word.mark(std::slice::from_mut(&mut evidence));
    *site = word.memory().clone();
    evidence
}

pub fn list(content: &[u8]) -> String {
    format!("{}  tool one.zip\n", Sha256Digest::of(content))
}

/// What is published for "tool", as far as that is known at the first look.
pub fn published(web: &Web) -> Option<Published> {
    let evidence = see(web, &mut Habits::default(), &Roots::new(), b"tool");
    assert!(matches!(evidence.outcome, Outcome::Answered { .. }));
    evidence.published
}

/// What is found where the file is read once more for what is offered, if anything is.
pub fn see_twice(web: &Web, keys: &[MinisignKey], content: &[u8], now: i64) -> Evidence {
    see_twice_by(web, &mut Habits::default(), keys, content, now)
}

pub fn see_twice_by(
    web: &Web,
    habits: &mut Habits,
    keys: &[MinisignKey],
    content: &[u8],
    now: i64,
) -> Evidence {
    let question = question();
    let is_first = habits.found.is_empty();
    let site = SiteMemory {
        // As it is on every host but a few, and known.
        absent_at: habits.tried_at,
        ..SiteMemory::default()
    };
    let mut inquiry = Inquiry::new(&question, habits, site, keys.to_vec(), now);
    let digests = ArtifactDigests::from(Sha256Digest::of(content));
    let mut evidence = ask(web, &mut inquiry, &Roots::new(), &digests, now);
    let wanted = inquiry.wanted().clone();
    // Where a list has the file, only those are looked at that somebody signed.
    let mut listed = wanted.listed.iter();
    assert!(evidence.published.is_none() || listed.all(|one| one.signed.is_some()));
    if let Some(mut look) = CloserLook::begin(&wanted) {
        look.update(content);
        let is_recent = question.is_recent(now);
        minisigned::settle(&wanted, &look.end(), &digests, is_recent, &mut evidence);
    }
    inquiry.note(habits);
    let asked = web.asked.take();
    let most = if is_first { 10 } else { MOST_KNOWN };
    assert!(asked.len() <= most, "{asked:?}");
    evidence
}

pub fn long_list(content: &[u8]) -> String {
    let digest = FileDigest::Sha512(Sha512Digest::of(content));
    format!("{digest}  tool one.zip\n")
}

pub fn known_to_be_silent() -> SiteMemory {
    SiteMemory {
        absent_at: NOW,
        ..SiteMemory::default()
    }
}

/// What is found for the file at this address, and what is remembered of its site then. The content of
/// every file is "tool".
pub fn look_at(
    url: &str,
    web: &Web,
    habits: &mut Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
) -> (Evidence, SiteMemory) {
    look_for(url, web, habits, site, keys, false)
}

pub fn look_for(
    url: &str,
    web: &Web,
    habits: &mut Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
    is_signed: bool,
) -> (Evidence, SiteMemory) {
    let question = Question::about(url, url, Some(NOW)).unwrap();
    let inquiry = Inquiry::new(&question, habits, site, keys.to_vec(), NOW);
    let mut inquiry = inquiry.expecting(is_signed);
    let digests = ArtifactDigests::of(b"tool");
    let found = ask(web, &mut inquiry, &Roots::new(), &digests, NOW);
    inquiry.note(habits);
    let site = inquiry.into_word().memory().clone();
    (found, site)
}
