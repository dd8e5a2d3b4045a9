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

pub use crate::habits::{ABSENT_FOR, Habits, MOST_KNOWN};

use crate::habits::{
    self, BY_SHA512, Likely, MINISIG_OF_FILE, OF_ANY_KIND, SIGNED_LIST, is_bundle, is_shared,
};
use crate::minisigned;
use crate::notary::TIME_LIMIT;
use crate::proving::{self, MAX_BUNDLES};
use crate::site_word::{SiteMemory, SiteWord};
use crate::{Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Source, Weighing};
use assay_core::address::{Address, encode};
use assay_core::artifact::ArtifactDigests;
use assay_core::checksum_file::{is_list, listed_digest, text_of_list};
use assay_core::closer_look::{KeyedSignature, ListedDigest, Wanted};
use assay_core::declaration::DeclaredSigner;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::{MinisignKey, MinisignSignature};
use assay_core::project;
use assay_core::proof::{Check, MAX_BUNDLE_BYTES, ProofError, ReadBundle};
use assay_core::publisher::Publisher;

/// The id of this source.
pub const ID: &str = "beside";

/// So long after a download a listed digest that differs still speaks of that download, in seconds:
/// what is listed later may be another version under the same name.
pub const LISTED_FOR: i64 = 60 * 60;

/// How many bytes of a list of many files are read at most: some thirty thousand have so many.
pub const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;

/// Where minisign puts a signature.
const MINISIG: &str = ".minisig";

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

/// The directory of a file, as it is looked into, and the site that it is on, as it is asked for its
/// own word.
#[derive(Debug)]
pub struct Inquiry<'a> {
    question: &'a Question,
    word: SiteWord,
    now: i64,
    keys: Vec<MinisignKey>,
    /// The names to begin with.
    first: Vec<&'static str>,
    /// The last of these whose turn it was.
    in_turn: Option<&'static str>,
    /// What was requested last; `None` before anything was.
    pending: Option<Vec<Want>>,
    /// The names that were asked for; of these, those that are not there, as a server said, and those
    /// that nobody said anything of.
    asked: Vec<&'static str>,
    absent: Vec<&'static str>,
    unanswered: Vec<&'static str>,
    /// The request for a statement about a new declaration.
    statement: Option<HttpRequest>,
    /// The minisign signature, and where lists are, with theirs.
    signature: Option<String>,
    lists: Vec<List>,
    /// The lists of other files.
    others: Vec<&'static str>,
    found: Candidates,
    under: Vec<String>,
    wanted: Wanted,
    /// What a list that a known key signed lists instead of the file.
    contradicted: Option<FileDigest>,
    left: usize,
    /// Whether the host is asked for all names.
    asks_all: bool,
    /// Whether a list's signature is more likely to be there than the file's own.
    signs_lists: bool,
    /// Whether such files were signed until now.
    is_signed: bool,
    /// Whether a signature was looked for wherever one can be.
    is_thorough: bool,
}

/// A checksum file that lists the file.
#[derive(Debug)]
struct List {
    name: &'static str,
    bytes: Vec<u8>,
    digest: FileDigest,
    /// Whether its signature was asked for.
    asked: bool,
    signature: Option<String>,
}

/// What is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Declaration,
    /// A statement about a new one.
    Statement,
    /// What is under this name.
    Name(&'static str),
    /// The signature of the list with this name.
    Signature(&'static str),
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

    /// The ending of the file's name, by which files of its kind are known.
    pub fn ending(&self) -> String {
        project::ending(&self.name)
    }

    /// The directory's mark, by which it is remembered what is not in it.
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

/// The project that a file belongs to, as its site's remembered declaration tells.
pub fn project(question: &Question, site: &SiteMemory) -> Option<String> {
    SiteWord::new(&question.address, site.clone()).project()
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
        let word = SiteWord::new(&question.address, site);
        let mut likely = likely_by(&word);
        likely.keyed |= !keys.is_empty();
        let asks_all = habits.is_due(likely.keyed, now);
        let left = if asks_all { MOST } else { MOST_KNOWN };
        let (first, fixed) = match asks_all {
            true => (habits::at_first(likely.keyed), MOST),
            false => {
                // Room for the signature of a list, where these are signed.
                let signed = likely.keyed && habits.found.iter().any(|name| name == SIGNED_LIST);
                let used = usize::from(word.request(now).is_some()) + usize::from(signed);
                habits.names(left - used, likely, &question.place())
            }
        };
        Self {
            question,
            word,
            now,
            keys,
            in_turn: first.get(fixed..).and_then(|rest| rest.last()).copied(),
            first,
            pending: None,
            asked: Vec::new(),
            absent: Vec::new(),
            unanswered: Vec::new(),
            statement: None,
            signature: None,
            lists: Vec::new(),
            others: Vec::new(),
            found: Candidates::default(),
            under: Vec::new(),
            wanted: Wanted::default(),
            contradicted: None,
            left,
            asks_all,
            signs_lists: habits.signs_lists(),
            is_signed: false,
            is_thorough: false,
        }
    }

    /// Says whether files of this kind were signed until now by whom the site declares. Where no
    /// signature is found then, it is looked for wherever one can be, with as many requests as that
    /// takes, before anybody is accused.
    pub fn expecting(self, is_signed: bool) -> Self {
        Self { is_signed, ..self }
    }

    /// Notes what was found, for the next time. What was not answered is no absence.
    pub fn note(&self, habits: &mut Habits) {
        let mut missed = self.absent.clone();
        let mut lists = self.lists.iter();
        if lists.any(|list| list.asked) && !self.under.iter().any(|name| name == SIGNED_LIST) {
            missed.push(SIGNED_LIST);
        }
        habits.note(&self.under, &missed);
        for &name in &self.others {
            if !habits.found.iter().any(|known| known == name) {
                habits.found.push(name.to_owned());
            }
        }
        // A host in trouble is asked for all names once more.
        if self.asks_all && self.unanswered.len() <= MOST_KNOWN {
            habits.tried_at = self.now;
            habits.minisig = self.asked.contains(&MINISIG_OF_FILE);
            habits.absent.clear();
        }
        let place = self.question.place();
        for &name in &self.asked {
            if is_shared(name) && !self.unanswered.contains(&name) {
                habits.note_list(&place, name, !self.absent.contains(&name));
            }
        }
        let mut turns = self.asked.iter().rev();
        let last = match self.asks_all {
            true => turns.find(|name| **name != MINISIG_OF_FILE).copied(),
            false => self.in_turn,
        };
        if let Some(name) = last {
            habits.pass_turn(name);
        }
        if let Some(name) = self.unanswered.first() {
            habits.give_turn(name);
        }
    }

    /// Signatures and lists for which the file must be read once more; or its other digests, with which
    /// the whole is to be asked anew.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// What the site says, once all is proven.
    pub fn into_word(self) -> SiteWord {
        self.word
    }

    /// The requests for these.
    fn request(&mut self, wants: Vec<Want>) -> Vec<HttpRequest> {
        self.left = self.left.saturating_sub(wants.len());
        let mut requests = Vec::new();
        for want in &wants {
            requests.extend(match want {
                Want::Declaration => self.word.request(self.now),
                Want::Statement => self.statement.take(),
                Want::Name(name) => {
                    self.asked.push(name);
                    let size_limit = match is_shared(name) {
                        true => MAX_LIST_BYTES,
                        false => MAX_BUNDLE_BYTES,
                    };
                    Some(HttpRequest {
                        size_limit,
                        ..get(self.question.url(name))
                    })
                }
                Want::Signature(name) => {
                    let mut lists = self.lists.iter_mut();
                    if let Some(list) = lists.find(|list| list.name == *name) {
                        list.asked = true;
                    }
                    Some(get(self.question.url(name) + MINISIG))
                }
            });
        }
        self.pending = Some(wants);
        requests
    }

    fn read_all(&mut self, answers: Vec<Answer>) {
        let wants = self.pending.take().unwrap_or_default();
        for (want, answer) in wants.into_iter().zip(answers) {
            let read = match want {
                Want::Declaration => self.word.read(answer, self.now).map(|wanted| {
                    self.statement = wanted;
                }),
                Want::Statement => {
                    self.word.take_statement(answer);
                    Ok(())
                }
                Want::Name(name) => {
                    let read = answer.and_then(|response| self.read(name, &response));
                    if let Err(failure) = &read
                        && !failure.is_of_one_file()
                    {
                        self.unanswered.push(name);
                    }
                    read
                }
                Want::Signature(name) => {
                    answer.and_then(|response| self.read_signature(name, &response))
                }
            };
            if let Err(failure) = read {
                // Of several, the one that says least about what is there.
                let known = &self.found.failure;
                if known.as_ref().is_none_or(Failure::is_of_one_file) {
                    self.found.failure = Some(failure);
                }
            }
        }
    }

    /// What to ask for next, by what was found.
    fn more(&self) -> Vec<Want> {
        let statement = self.statement.as_ref().map(|_| Want::Statement);
        let mut wants: Vec<Want> = statement.into_iter().collect();
        let mut left = self.left.saturating_sub(wants.len());
        let knows_keys = !self.keys.is_empty() || !self.word.minisign_keys().is_empty();
        if knows_keys {
            // Where the last request can be for one of both, it is for where signatures are there.
            let is_spare = left > 1 || self.unsigned().is_empty() || !self.signs_lists;
            if left > 0 && is_spare && !self.asked.contains(&MINISIG_OF_FILE) {
                left -= 1;
                wants.push(Want::Name(MINISIG_OF_FILE));
            }
            for name in self.unsigned() {
                if left > 0 {
                    left -= 1;
                    wants.push(Want::Signature(name));
                }
            }
        }
        // Only where all names were tried, and none told anything.
        if self.asks_all && self.lists.is_empty() && self.found.bundles.is_empty() {
            // One is kept for the signature of what is found.
            let spare = left - usize::from(knows_keys && left > 0);
            self.add_names(&mut wants, habits::later(), spare);
        }
        wants
    }

    /// Adds names that were not asked for, so many at most.
    fn add_names(&self, wants: &mut Vec<Want>, names: Vec<&'static str>, mut most: usize) {
        for name in names {
            if most > 0 && !self.asked.contains(&name) {
                most -= 1;
                wants.push(Want::Name(name));
            }
        }
    }

    /// The lists whose signatures were not asked for.
    fn unsigned(&self) -> Vec<&'static str> {
        let lists = self.lists.iter().filter(|list| !list.asked);
        lists.map(|list| list.name).collect()
    }

    /// Where a signature by whom the site declares can be and was not looked for. As this is before
    /// somebody is accused, it may take more requests than other looks.
    fn search(&mut self, evidence: &mut Evidence) -> Vec<HttpRequest> {
        // One that is not verified yet is told as what it is, if it does not fit; not so of what was
        // downloaded long ago.
        let is_recent = self.question.is_recent(self.now);
        let is_declared = |one: &KeyedSignature| is_recent && one.declared.is_some();
        let mut proven = evidence.proven().iter();
        let is_found = proven.any(|made| made.declared.is_some() && made.claim.vouches())
            || self.wanted.signatures.iter().any(is_declared)
            || self.wanted.listed.iter().any(|one| {
                let signed = one.signed.as_ref();
                signed.is_some_and(is_declared)
            });
        let mut wants = Vec::new();
        if self.is_signed && !is_found && !evidence.contradicts() {
            let likely = likely_by(&self.word);
            if likely.keyed {
                for name in self.unsigned() {
                    wants.push(Want::Signature(name));
                }
            }
            if wants.is_empty() {
                self.add_names(&mut wants, habits::signed(likely), usize::MAX);
            }
            self.is_thorough = wants.is_empty();
        }
        evidence.hurried = evidence.declaration.is_some() && !self.is_thorough;
        self.request(wants)
    }

    /// Adds what was found to what was proven.
    fn conclude(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) {
        let digests = weighing.digests;
        let is_recent = self.question.is_recent(weighing.now);
        self.wanted.listed.retain(|one| one.signed.is_some());
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
        self.word.mark(std::slice::from_mut(evidence));
        // Once the file is read for it, a bundle may name it that names it by SHA-512 alone.
        let is_unknown = |problem: &ProofError| problem.check == Check::KnownDigest;
        if digests.sha512.is_none()
            && let Outcome::Answered { rejected, .. } = &evidence.outcome
            && rejected.iter().any(is_unknown)
        {
            self.wanted.digests = true;
            self.under.push(BY_SHA512.to_owned());
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
        // Each once, however often this is called.
        if let Some(text) = self.signature.take() {
            let mut wanted = minisigned::add(&text, &keys, digests, recent, evidence);
            for one in &mut wanted {
                let is_declared = declared.contains(&one.key);
                one.declared = project.clone().filter(|_| is_declared);
            }
            self.wanted.signatures.extend(wanted);
        }
        for list in &mut self.lists {
            let Some(signature) = &list.signature.take() else {
                continue;
            };
            let signed = minisigned::signed(signature, &keys, &list.bytes);
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
                    let before = evidence.forged.clone();
                    minisigned::note(key, signature, holds, recent, evidence);
                    // It is the list that it does not fit.
                    if before.is_none() && evidence.forged.is_some() {
                        evidence.forged_list = Some(list.name.replace('*', &self.question.name));
                    }
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
        let Some(bytes) = body_of(response)? else {
            if matches!(response.status, 404 | 410) {
                self.absent.push(name);
            }
            return Ok(());
        };
        // What has neither form is an error page, or something else of that name.
        let is_there = if is_bundle(name) {
            let before = self.found.bundles.len();
            self.found.bundles.extend(bundles(bytes));
            self.found.bundles.len() > before
        } else if name == MINISIG_OF_FILE {
            self.signature = signature(bytes);
            self.signature.is_some()
        } else {
            let text = text_of_list(bytes);
            let listed = self.listed(name, &text);
            if let Some(digest) = listed {
                let list = List {
                    name,
                    bytes: bytes.to_owned(),
                    digest,
                    asked: false,
                    signature: None,
                };
                // Those of several files come first: they are signed more often.
                let shared = |list: &List| is_shared(list.name);
                let place = match shared(&list) {
                    true => self.lists.partition_point(shared),
                    false => self.lists.len(),
                };
                self.lists.insert(place, list);
            } else if is_list(&text) {
                self.others.push(name);
                return Ok(());
            }
            listed.is_some()
        };
        match is_there {
            true => self.under.push(name.to_owned()),
            false => self.absent.push(name),
        }
        Ok(())
    }

    fn read_signature(&mut self, name: &str, response: &HttpResponse) -> Result<(), Failure> {
        let text = body_of(response)?.and_then(signature);
        let mut lists = self.lists.iter_mut();
        if let (Some(list), Some(text)) = (lists.find(|list| list.name == name), text) {
            list.signature = Some(text);
            // This one first, the next time.
            self.under.insert(0, list.name.to_owned());
            self.under.push(SIGNED_LIST.to_owned());
        }
        Ok(())
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (ID, self.question.host())
    }

    fn next(&mut self, answers: Vec<Answer>) -> Result<Vec<HttpRequest>, Failure> {
        let wants = if self.pending.is_none() {
            let declaration = self.word.request(self.now).map(|_| Want::Declaration);
            let names = self.first.iter().copied().map(Want::Name);
            declaration.into_iter().chain(names).collect()
        } else {
            self.read_all(answers);
            self.more()
        };
        Ok(self.request(wants))
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        self.word.settle(weighing.roots, weighing.now);
        evidence.declaration = self.word.declared();
        self.conclude(evidence, weighing);
        self.search(evidence)
    }

    fn close(
        &mut self,
        evidence: &mut Evidence,
        weighing: &Weighing<'_>,
        answers: Vec<Answer>,
    ) -> Result<Vec<HttpRequest>, Failure> {
        self.read_all(answers);
        let mut found = self.offered();
        let failure = found.failure.take();
        evidence.add(weighing.prove(self.named(), &found));
        self.conclude(evidence, weighing);
        let requests = self.search(evidence);
        match failure {
            None => Ok(requests),
            Some(failure) => {
                evidence.hurried = evidence.declaration.is_some();
                Err(failure)
            }
        }
    }
}

/// What the site's declaration makes likely.
fn likely_by(word: &SiteWord) -> Likely {
    let signers = word.signers();
    let is_keyed = |signer: &DeclaredSigner| signer.minisign_key().is_some();
    Likely {
        keyed: signers.iter().any(is_keyed),
        named: signers.iter().any(|signer| !is_keyed(signer)),
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
fn body_of(response: &HttpResponse) -> Result<Option<&[u8]>, Failure> {
    match response.status {
        200 => Ok(Some(&response.body)),
        status if says_nothing(status) => Err(Failure::Status { status }),
        _ => Ok(None),
    }
}

/// A bundle, or several, one in each line.
fn bundles(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if ReadBundle::parse(text).is_ok() {
        return vec![text.to_owned()];
    }
    let mut found = Vec::new();
    for line in text.split('\n') {
        if found.len() < MAX_BUNDLES && ReadBundle::parse(line).is_ok() {
            found.push(line.to_owned());
        }
    }
    found
}

fn signature(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    MinisignSignature::parse(text).map(|_| text.to_owned())
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
