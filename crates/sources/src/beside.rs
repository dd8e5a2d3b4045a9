//! Beside the file: what its publisher put into the same directory. Sigstore bundles, which are
//! proven like any other, and checksum files, which only say that the file arrived as it is listed.
//!
//! The site's own word of who signs there belongs to it ([`SiteWord`]).
//!
//! Only over HTTPS, only in the file's own directory, and only where the address is a plain one.
//! Under which names something is found follows from habit, and differs from host to host: what was
//! found on a host before is tried there first, and what was never found is not asked for each time.
//! (OpenPGP and minisign have their place among the names when their keys are known here.)

use crate::notary::TIME_LIMIT;
use crate::proving;
use crate::site_word::{SiteMemory, SiteWord};
use crate::{Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Source, Weighing};
use assay_core::address::{Address, encode};
use assay_core::checksum_file::listed_sha256;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::proof::{MAX_BUNDLE_BYTES, ReadBundle};
use assay_core::publisher::Publisher;
use serde::{Deserialize, Serialize};

/// The id of this source.
pub const ID: &str = "beside";

/// So many requests are made to a host that is known, at most.
pub const MOST_KNOWN: usize = 3;

/// So long a name that nothing was found under is not tried again on a host, in seconds: a week.
pub const ABSENT_FOR: i64 = 7 * 24 * 60 * 60;

/// So long after a download a listed digest that differs still speaks of that download, in seconds:
/// what is listed later may be another version under the same name.
pub const LISTED_FOR: i64 = 60 * 60;

/// The names that are tried, the most telling first; `*` stands for the file's own. With the site's
/// declaration and a minisign signature ten requests are made for the first file from a host.
const NAMES: [&str; 8] = [
    "*.sigstore.json",
    "*.sigstore",
    "*.sha256",
    "SHA256SUMS",
    "checksums.txt",
    "SHASUMS256.txt",
    "*.sha256sum",
    "SHA256SUMS.txt",
];

/// What is asked about: a file in a directory on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    address: Address,
    /// The directory's address, with a slash at the end.
    directory: String,
    /// The file's name.
    name: String,
    /// When the file was downloaded, in seconds since 1970, where that is known.
    downloaded_at: Option<i64>,
}

/// What is remembered of a host, so that it is asked for few names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Under which names something was found, the last first.
    pub found: Vec<String>,
    /// When all names were tried, in seconds since 1970.
    pub tried_at: i64,
}

/// The directory of a file, as it is looked into, and the site that it is on, as it is asked for its
/// own word.
#[derive(Debug)]
pub struct Inquiry<'a> {
    question: &'a Question,
    word: SiteWord,
    names: Vec<&'static str>,
    now: i64,
    step: Step,
    listed: Vec<Sha256Digest>,
    found: Candidates,
    under: Vec<String>,
}

/// What was requested last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// The declaration, if it is worth while, and all names.
    Names {
        declaration: bool,
    },
    /// Statements about a new declaration.
    Statements,
}

impl Question {
    /// The question about a download, asked for at `first` and served by `last`. `None` where the
    /// address is not plain HTTPS, or has a source of its own.
    ///
    /// It is the directory that was asked for that counts: what serves the file may be anybody's.
    pub fn about(first: &str, last: &str, downloaded_at: Option<i64>) -> Option<Self> {
        if Publisher::of(&[first, last]).is_some() {
            return None;
        }
        let address = Address::parse(first)?;
        let mut segments: Vec<&str> = address.segments().collect();
        let name = segments.pop().filter(|name| !name.is_empty())?.to_owned();
        let mut directory = format!("https://{}/", address.host());
        for segment in segments {
            directory.push_str(&encode(segment));
            directory.push('/');
        }
        Some(Self {
            directory,
            name,
            address,
            downloaded_at,
        })
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.address.host()
    }

    fn url(&self, name: &str) -> String {
        match name.strip_prefix('*') {
            Some(ending) => format!("{}{}{ending}", self.directory, encode(&self.name)),
            None => format!("{}{name}", self.directory),
        }
    }
}

impl Habits {
    /// The names to try on this host: all, or at most so many of those that are known. `now` is in
    /// seconds since 1970.
    pub fn names(&self, most: usize, now: i64) -> Vec<&'static str> {
        if now - self.tried_at >= ABSENT_FOR || now < self.tried_at {
            return NAMES.to_vec();
        }
        // Those that are known are static, whatever was stored.
        let known = self.found.iter();
        let known = known.filter_map(|found| NAMES.iter().find(|name| *name == found));
        known.copied().take(most).collect()
    }

    /// Notes what was found. `now` is in seconds since 1970.
    pub fn note(&mut self, tried: usize, found: &[String], now: i64) {
        for name in found.iter().rev() {
            self.found.retain(|known| known != name);
            self.found.insert(0, name.clone());
        }
        if tried == NAMES.len() {
            self.tried_at = now;
        }
    }
}

/// What there is where what is remembered of a site cannot be had.
pub fn unusable(question: &Question, detail: &str) -> Evidence {
    let detail = detail.to_owned();
    proving::failed((ID, question.host()), Failure::Malformed { detail })
}

impl<'a> Inquiry<'a> {
    /// Looks under the names that `habits` tell, and asks the site of which this is remembered. `now`
    /// is in seconds since 1970.
    pub fn new(question: &'a Question, habits: &Habits, site: SiteMemory, now: i64) -> Self {
        let word = SiteWord::new(&question.address, site);
        let most = match word.request(now) {
            Some(_) => MOST_KNOWN - 1,
            None => MOST_KNOWN,
        };
        Self {
            question,
            word,
            names: habits.names(most, now),
            now,
            step: Step::Nothing,
            listed: Vec::new(),
            found: Candidates::default(),
            under: Vec::new(),
        }
    }

    /// Under how many names was looked, and under which something was found.
    pub fn seen(&self) -> (usize, &[String]) {
        (self.names.len(), &self.under)
    }

    /// What the site says, once all is proven.
    pub fn word(&self) -> &SiteWord {
        &self.word
    }

    fn take(
        &mut self,
        mut answers: std::vec::IntoIter<Answer>,
        declaration: bool,
    ) -> Vec<HttpRequest> {
        let mut statements = Vec::new();
        if declaration && let Some(answer) = answers.next() {
            match self.word.read(answer, self.now) {
                Ok(wanted) => statements = wanted,
                Err(failure) => self.found.failure = Some(failure),
            }
        }
        for (name, answer) in self.names.clone().into_iter().zip(answers) {
            if let Err(failure) = answer.and_then(|response| self.read(name, &response)) {
                self.found.failure = Some(failure);
            }
        }
        statements
    }

    fn read(&mut self, name: &'static str, response: &HttpResponse) -> Result<(), Failure> {
        match response.status {
            200 => {}
            // A server that has trouble; all else says that there is no such file.
            status @ 500.. => return Err(Failure::Status { status }),
            _ => return Ok(()),
        }
        let Ok(text) = std::str::from_utf8(&response.body) else {
            return Ok(());
        };
        // What has neither form is an error page, or something else of that name.
        if name.contains(".sigstore") {
            if ReadBundle::parse(text).is_ok() {
                self.found.bundles.push(text.to_owned());
                self.under.push(name.to_owned());
            }
        } else if let Some(listed) = listed_sha256(text, &self.question.name) {
            self.listed.push(listed);
            self.under.push(name.to_owned());
        }
        Ok(())
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (ID, self.question.host())
    }

    fn next(&mut self, answers: Vec<Answer>) -> Result<Vec<HttpRequest>, Failure> {
        match self.step {
            Step::Nothing => {
                let declaration = self.word.request(self.now);
                self.step = Step::Names {
                    declaration: declaration.is_some(),
                };
                let looks = self.names.iter().map(|name| get(self.question.url(name)));
                Ok(declaration.into_iter().chain(looks).collect())
            }
            Step::Names { declaration } => {
                self.step = Step::Statements;
                Ok(self.take(answers.into_iter(), declaration))
            }
            Step::Statements => {
                self.word.take_statements(&answers);
                Ok(Vec::new())
            }
        }
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        self.word.settle(weighing.roots, weighing.now);
        self.word.tell(evidence);
        let Some(digest) = weighing.digests.sha256 else {
            return Vec::new();
        };
        let downloaded_at = self.question.downloaded_at;
        let is_recent = downloaded_at.is_none_or(|at| weighing.now - at < LISTED_FOR);
        evidence.published = match self.listed.first() {
            Some(_) if self.listed.contains(&digest) => Some(Published::Same),
            Some(other) if is_recent => Some(Published::Other {
                expected: *other,
                found: digest,
            }),
            _ => None,
        };
        Vec::new()
    }
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
