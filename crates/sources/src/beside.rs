//! Beside the file: what its publisher put into the same directory. Sigstore bundles, which are
//! proven like any other, minisign's signatures by keys that are known, and checksum files, which only
//! say that the file arrived as it is listed.
//!
//! The site's own word of who signs there belongs to it ([`SiteWord`]).
//!
//! Only over HTTPS, only in the file's own directory, and only where the address is a plain one.
//! Under which names something is found follows from habit, and differs from host to host: what was
//! found on a host before is tried there first, and what was never found is not asked for each time.
//! (OpenPGP has its place among the names when its keys are known here.)

use crate::minisigned;
use crate::notary::TIME_LIMIT;
use crate::proving;
use crate::site_word::{SiteMemory, SiteWord};
use crate::{Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Source, Weighing};
use assay_core::address::{Address, encode};
use assay_core::artifact::ArtifactDigests;
use assay_core::checksum_file::listed_digest;
use assay_core::closer_look::{KeyedSignature, ListedDigest, Wanted};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::{MinisignKey, MinisignSignature};
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
/// declaration, minisign signatures and the names that follow, ten requests are made for the first file
/// from a host.
const NAMES: [&str; 5] = [
    "*.sigstore.json",
    "*.sigstore",
    "*.sha256",
    "SHA256SUMS",
    OF_ANY_KIND,
];

/// The names that are tried where nothing is found under those: rarer ones, and those of SHA-512, for
/// which a file must be read once more. What there is no room for, the next file's turn is.
const LATER: [&str; 4] = ["SHA512SUMS", "*.sha512", "SHASUMS256.txt", "SHA256SUMS.txt"];

/// A list that can be of any algorithm: digests of others look the same.
const OF_ANY_KIND: &str = "checksums.txt";

/// The names that are tried in another directory of a host on which nothing was found.
const FIRST: [&str; 3] = ["SHA256SUMS", "*.sha256", "*.sigstore.json"];

/// So many directories in which nothing is are remembered of a host.
const MOST_BARREN: usize = 32;

/// Where minisign puts a signature. Asked for only where a key is known: by an unknown one it would
/// say nothing.
const MINISIG: &str = ".minisig";

/// Where that of the file is.
const MINISIG_OF_FILE: &str = "*.minisig";

/// Stands among what was found for the signature of a list.
const SIGNED_LIST: &str = "list.minisig";

/// So many requests are made to a host at most, when it is asked for all names.
const MOST: usize = 10;

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
    /// Whether minisign's were among them.
    #[serde(default)]
    pub minisig: bool,
    /// How many of those that are tried later were.
    #[serde(default)]
    pub later: usize,
    /// The directories in which nothing was found, on a host of which nothing else is known: another
    /// one there may be somebody else's.
    #[serde(default)]
    pub barren: Vec<String>,
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
    keys: Vec<MinisignKey>,
    /// The minisign signature, and where lists are, with theirs.
    signature: Option<String>,
    lists: Vec<List>,
    found: Candidates,
    under: Vec<String>,
    wanted: Wanted,
    /// What a list that a known key signed lists instead of the file.
    contradicted: Option<FileDigest>,
    left: usize,
    /// Whether the host is asked for all names.
    asks_all: bool,
    /// Whether the file's minisign signature was asked for, beside the names.
    asked_for_signature: bool,
    /// How many of the names that are tried later were, once this one has come to its end.
    later: usize,
    /// Whether a list's signature is more likely to be there than the file's own.
    signs_lists: bool,
}

/// A checksum file that lists the file.
#[derive(Debug)]
struct List {
    name: &'static str,
    text: String,
    digest: FileDigest,
    signature: Option<String>,
}

/// What was requested last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    /// The declaration, if it is worth while, and all names.
    Names {
        declaration: bool,
    },
    /// A statement about a new declaration; the file's minisign signature, if it was not among the
    /// names; those of so many lists; so many names that are tried later.
    More {
        statement: bool,
        signature: bool,
        lists: usize,
        later: usize,
    },
    /// The signatures of lists that were found later.
    Signatures,
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

    /// Whether what lies beside the file now still speaks of what was downloaded. `now` is in seconds
    /// since 1970.
    pub fn is_recent(&self, now: i64) -> bool {
        self.downloaded_at.is_none_or(|at| now - at < LISTED_FOR)
    }

    /// The directory, as it is remembered where nothing is in it.
    fn place(&self) -> String {
        let digest = Sha256Digest::of(self.directory.as_bytes()).to_hex();
        digest.chars().take(16).collect()
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
    pub fn names(&self, most: usize, with_keys: bool, now: i64) -> Vec<&'static str> {
        let all = with_keys
            .then_some(&MINISIG_OF_FILE)
            .into_iter()
            .chain(&NAMES);
        if self.is_due(with_keys, now) {
            return all.copied().collect();
        }
        // Those that are known are static, whatever was stored.
        let known = self.found.iter();
        if self.found.is_empty() {
            let rest = LATER.iter().skip(self.later);
            return rest.copied().take(most).collect();
        }
        let all = all.chain(&LATER);
        let known = known.filter_map(|found| all.clone().find(|name| *name == found));
        known.copied().take(most).collect()
    }

    /// Whether files from this host are known by SHA-512: then it is found out in one go with SHA-256.
    pub fn needs_sha512(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.to_ascii_lowercase().contains("sha512"))
    }

    fn is_due(&self, with_keys: bool, now: i64) -> bool {
        let age = now - self.tried_at;
        !(0..ABSENT_FOR).contains(&age) || with_keys && !self.minisig
    }

    fn note(&mut self, found: &[String]) {
        for name in found.iter().rev() {
            self.found.retain(|known| known != name);
            self.found.insert(0, name.clone());
        }
    }
}

/// What there is where what is remembered of a site cannot be had.
pub fn unusable(question: &Question, detail: &str) -> Evidence {
    let detail = detail.to_owned();
    proving::failed((ID, question.host()), Failure::Memory { detail })
}

impl<'a> Inquiry<'a> {
    /// Looks under the names that `habits` tell, asks the site of which this is remembered, and knows
    /// these minisign keys beside those that the site declares. `now` is in seconds since 1970.
    pub fn new(
        question: &'a Question,
        habits: &Habits,
        site: SiteMemory,
        keys: Vec<MinisignKey>,
        now: i64,
    ) -> Self {
        let site_is_known = site.declaration.is_some();
        let word = SiteWord::new(&question.address, site);
        let declaration = usize::from(word.request(now).is_some());
        let with_keys = !keys.is_empty() || !word.minisign_keys().is_empty();
        let most = match habits.is_due(with_keys, now) {
            true => MOST,
            false => MOST_KNOWN,
        };
        let signed_list = habits.found.iter().any(|name| name == SIGNED_LIST);
        let mut names = most - declaration - usize::from(signed_list && with_keys);
        if site_is_known && most == MOST_KNOWN && !(signed_list && with_keys) {
            // Room for a statement, should the declaration be a new one.
            names -= 1;
        }
        let room = names;
        let mut names = habits.names(room, with_keys, now);
        let is_barren = habits.found.is_empty() && most != MOST && names.is_empty();
        if is_barren && !habits.barren.contains(&question.place()) {
            names.extend(FIRST.iter().take(room));
        }
        let later = match (most == MOST, habits.found.is_empty()) {
            (true, _) => 0,
            (false, true) => (habits.later + names.len()).min(LATER.len()),
            (false, false) => habits.later,
        };
        Self {
            question,
            word,
            left: most.saturating_sub(declaration + names.len()),
            names,
            now,
            step: Step::Nothing,
            keys,
            signature: None,
            lists: Vec::new(),
            found: Candidates::default(),
            under: Vec::new(),
            wanted: Wanted::default(),
            asks_all: most == MOST,
            contradicted: None,
            asked_for_signature: false,
            later,
            signs_lists: signs_lists(habits),
        }
    }

    /// Notes what was found, for the next time.
    pub fn note(&self, habits: &mut Habits) {
        habits.note(&self.under);
        habits.later = self.later;
        let place = self.question.place();
        if self.asks_all {
            habits.barren.clear();
        }
        if self.under.is_empty() && !habits.barren.contains(&place) {
            // The oldest makes room.
            if habits.barren.len() == MOST_BARREN {
                habits.barren.remove(0);
            }
            habits.barren.push(place);
        }
        if self.asks_all {
            habits.tried_at = self.now;
            habits.minisig = self.asked_for_signature || self.names.contains(&MINISIG_OF_FILE);
        }
    }

    /// Signatures and lists for which the file must be read once more.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// What the site says, once all is proven.
    pub fn into_word(self) -> SiteWord {
        self.word
    }

    fn take(
        &mut self,
        mut answers: std::vec::IntoIter<Answer>,
        declaration: bool,
    ) -> Vec<HttpRequest> {
        let mut requests = Vec::new();
        if declaration && let Some(answer) = answers.next() {
            match self.word.read(answer, self.now) {
                Ok(wanted) => requests.extend(wanted),
                Err(failure) => self.found.failure = Some(failure),
            }
        }
        for (name, answer) in self.names.clone().into_iter().zip(answers) {
            if let Err(failure) = answer.and_then(|response| self.read(name, &response)) {
                self.found.failure = Some(failure);
            }
        }
        let statement = !requests.is_empty();
        self.left = self.left.saturating_sub(requests.len());
        // Where the last request can be for one of both, it is for where signatures are there.
        let is_spare = self.left > 1 || self.lists.is_empty() || !self.signs_lists;
        let signature = self.knows_keys()
            && self.left > 0
            && is_spare
            && !self.names.contains(&MINISIG_OF_FILE);
        if signature {
            self.left -= 1;
            self.asked_for_signature = true;
            requests.push(get(self.question.url(MINISIG_OF_FILE)));
        }
        let signatures = self.signatures_of_lists();
        let lists = signatures.len();
        requests.extend(signatures);
        // Only where all names were tried, and none told anything.
        let is_without = self.lists.is_empty() && self.found.bundles.is_empty();
        // One is kept for the signature of what is found.
        let spare = self.left - usize::from(self.knows_keys() && self.left > 0);
        let later = match self.asks_all && is_without {
            true => spare.min(LATER.len()),
            false => 0,
        };
        self.left -= later;
        self.later = self.later.max(later);
        let names = LATER.iter().take(later);
        requests.extend(names.map(|name| get(self.question.url(name))));
        self.step = Step::More {
            statement,
            signature,
            lists,
            later,
        };
        requests
    }

    fn knows_keys(&self) -> bool {
        !self.keys.is_empty() || !self.word.minisign_keys().is_empty()
    }

    /// Requests of the lists' signatures, as many as may be made.
    fn signatures_of_lists(&mut self) -> Vec<HttpRequest> {
        if !self.knows_keys() {
            return Vec::new();
        }
        let lists = self.lists.iter().take(self.left);
        let signed = |list: &List| get(self.question.url(list.name) + MINISIG);
        let requests: Vec<HttpRequest> = lists.map(signed).collect();
        self.left -= requests.len();
        requests
    }

    fn take_more(
        &mut self,
        mut answers: std::vec::IntoIter<Answer>,
        (statement, signature, lists, later): (bool, bool, usize, usize),
    ) -> Vec<HttpRequest> {
        if statement && let Some(answer) = answers.next() {
            self.word.take_statement(answer);
        }
        if signature && let Some(answer) = answers.next() {
            let read = answer.and_then(|response| self.read(MINISIG_OF_FILE, &response));
            if let Err(failure) = read {
                self.found.failure = Some(failure);
            }
        }
        let signatures: Vec<Answer> = answers.by_ref().take(lists).collect();
        self.take_signatures(signatures);
        for (name, answer) in LATER.into_iter().zip(answers) {
            if let Err(failure) = answer.and_then(|response| self.read(name, &response)) {
                self.found.failure = Some(failure);
            }
        }
        match later {
            0 => Vec::new(),
            _ => self.signatures_of_lists(),
        }
    }

    fn take_signatures(&mut self, answers: Vec<Answer>) {
        for (list, answer) in self.lists.iter_mut().zip(answers) {
            match answer.and_then(|response| text_of(&response)) {
                Ok(text) => list.signature = text.filter(|text| is_signature(text)),
                Err(failure) => self.found.failure = Some(failure),
            }
            if list.signature.is_some() {
                // This one first, the next time.
                self.under.insert(0, list.name.to_owned());
                self.under.push(SIGNED_LIST.to_owned());
            }
        }
    }

    /// A list that says that the file is another one: by its name it is of the algorithm by which its
    /// digests look.
    fn accusing(&self, digests: &ArtifactDigests) -> Option<Published> {
        let mut lists = self.lists.iter().filter(|list| list.name != OF_ANY_KIND);
        lists.find_map(|list| other(list.digest, digests))
    }

    /// Adds what minisign's keys prove.
    fn add_minisigned(&mut self, evidence: &mut Evidence, digests: &ArtifactDigests, recent: bool) {
        let declared = self.word.minisign_keys();
        let mut keys = self.keys.clone();
        keys.extend(declared.iter().filter_map(|key| MinisignKey::parse(key)));
        let project = evidence.declaration.as_ref();
        let project = project.map(|declared| declared.project.clone());
        if let Some(text) = &self.signature {
            let wanted = minisigned::add(text, &keys, digests, recent, evidence);
            self.wanted.signatures = wanted;
            for one in &mut self.wanted.signatures {
                let is_declared = declared.contains(&one.key);
                one.declared = project.clone().filter(|_| is_declared);
            }
        }
        for list in &self.lists {
            let Some(signature) = &list.signature else {
                continue;
            };
            let signed = minisigned::signed(signature, &keys, list.text.as_bytes());
            let own = list.digest.of_file(digests);
            match signed {
                Some((key, true)) if own.is_none() => {
                    let key = key.text();
                    let declared = declared.contains(&key).then(|| project.clone());
                    self.wanted.listed.push(ListedDigest {
                        digest: list.digest,
                        accuses: list.name != OF_ANY_KIND,
                        signed: Some(KeyedSignature {
                            key,
                            signature: signature.clone(),
                            declared: declared.flatten(),
                        }),
                    });
                }
                // What it lists of the file is another one's, if it is of the algorithm by which it
                // looks.
                Some((_, true)) if own != Some(list.digest) && list.name != OF_ANY_KIND => {
                    self.contradicted = Some(list.digest);
                }
                Some((key, holds)) if own == Some(list.digest) => {
                    minisigned::note(key, signature, holds, recent, evidence);
                }
                _ => {}
            }
        }
    }

    /// What a checksum file lists for the file. A digest alone is one in the file's own list only, and
    /// a page is none.
    fn listed(&self, name: &str, text: &str) -> Option<FileDigest> {
        let is_alone = [64, 128].contains(&text.trim().len());
        let is_page = text.trim_start().starts_with('<');
        let may = !is_page && (!is_alone || name.starts_with('*'));
        may.then(|| listed_digest(text, &self.question.name))?
    }

    fn read(&mut self, name: &'static str, response: &HttpResponse) -> Result<(), Failure> {
        let Some(text) = text_of(response)? else {
            return Ok(());
        };
        let text = text.as_str();
        // What has neither form is an error page, or something else of that name.
        if name.contains(".sigstore") {
            if ReadBundle::parse(text).is_ok() {
                self.found.bundles.push(text.to_owned());
                self.under.push(name.to_owned());
            }
        } else if name == MINISIG_OF_FILE {
            if is_signature(text) {
                self.signature = Some(text.to_owned());
                self.under.push(name.to_owned());
            }
        } else if let Some(digest) = self.listed(name, text) {
            let list = List {
                name,
                text: text.to_owned(),
                digest,
                signature: None,
            };
            // Those of several files come first: they are signed more often.
            let shared = |list: &List| !list.name.starts_with('*');
            let place = match shared(&list) {
                true => self.lists.partition_point(shared),
                false => self.lists.len(),
            };
            self.lists.insert(place, list);
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
            Step::Names { declaration } => Ok(self.take(answers.into_iter(), declaration)),
            Step::More {
                statement,
                signature,
                lists,
                later,
            } => {
                let asked = (statement, signature, lists, later);
                let requests = self.take_more(answers.into_iter(), asked);
                self.step = Step::Signatures;
                Ok(requests)
            }
            Step::Signatures => {
                self.take_signatures(answers);
                Ok(Vec::new())
            }
        }
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        self.word.settle(weighing.roots, weighing.now);
        evidence.declaration = self.word.declared();
        let digests = weighing.digests;
        let is_recent = self.question.is_recent(weighing.now);
        self.add_minisigned(evidence, digests, is_recent);
        // A list that a known key signed outweighs one that nobody did.
        let signed = self.contradicted.filter(|_| is_recent);
        let signed = signed.and_then(|expected| other(expected, digests));
        let is_same = |list: &List| list.digest.of_file(digests) == Some(list.digest);
        evidence.published = match self.lists.iter().any(is_same) {
            _ if signed.is_some() => signed,
            true => Some(Published::Same),
            false if is_recent => self.accusing(digests),
            false => None,
        };
        if evidence.published.is_none() {
            let lists = self.lists.iter();
            let unknown = lists.filter(|list| list.digest.of_file(digests).is_none());
            self.wanted.listed.extend(unknown.map(|list| ListedDigest {
                digest: list.digest,
                accuses: list.name != OF_ANY_KIND,
                signed: None,
            }));
        }
        Vec::new()
    }
}

/// Whether lists were seen signed on a host later than files were; or neither was.
fn signs_lists(habits: &Habits) -> bool {
    let place = |wanted: &str| habits.found.iter().position(|name| name == wanted);
    match (place(SIGNED_LIST), place(MINISIG_OF_FILE)) {
        (Some(list), Some(file)) => list < file,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

/// That the file has another digest than this one, where it is known.
fn other(expected: FileDigest, digests: &ArtifactDigests) -> Option<Published> {
    let found = expected.of_file(digests)?;
    (found != expected).then_some(Published::Other { expected, found })
}

/// Whether a status says nothing about what is there: the server, or something on the way, has trouble.
/// All else says that there is no such file, at least for somebody whom nobody knows.
pub(crate) fn says_nothing(status: u16) -> bool {
    matches!(status, 407 | 408 | 421 | 423 | 425 | 429 | 500..)
}

/// What an answer has, if anything is there.
fn text_of(response: &HttpResponse) -> Result<Option<String>, Failure> {
    match response.status {
        200 => Ok(std::str::from_utf8(&response.body).ok().map(str::to_owned)),
        status if says_nothing(status) => Err(Failure::Status { status }),
        _ => Ok(None),
    }
}

fn is_signature(text: &str) -> bool {
    MinisignSignature::parse(text).is_some()
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
