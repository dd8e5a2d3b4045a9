//! What is asked for beside a file, and in which order.

use super::habits::{Habits, MOST_KNOWN};
use super::names::{self, Likely, MINISIG_OF_FILE, SIGNED_LIST, is_bundle, is_own, is_shared};
use super::question::Question;
use super::{ID, MAX_LIST_BYTES, get};
use crate::site_word::{SiteMemory, SiteWord};
use crate::{Answer, Candidates, HttpRequest, Next, Source, Weighing};
use assay_core::closer_look::{KeyedSignature, Wanted};
use assay_core::declaration::DeclaredSigner;
use assay_core::evidence::{Evidence, Failure};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::MinisignKey;
use assay_core::proof::MAX_BUNDLE_BYTES;

/// Where minisign puts a signature.
const MINISIG: &str = ".minisig";

/// So many requests are made to a host at most, when it is asked for all names.
const MOST: usize = 10;

/// The directory of a file, as it is looked into, and the site that it is on, as it is asked for its
/// own word.
#[derive(Debug, Clone)]
pub struct Inquiry<'a> {
    pub(super) question: &'a Question,
    pub(super) word: SiteWord,
    now: i64,
    pub(super) keys: Vec<MinisignKey>,
    /// The names to begin with, and those that wait for what the site declares.
    first: Vec<&'static str>,
    held: Vec<&'static str>,
    /// The last of these whose turn it was.
    in_turn: Option<&'static str>,
    /// What was requested last; `None` before anything was.
    pending: Option<Vec<Want>>,
    /// The names that were asked for; of these, those that are not there, as the host said, those that
    /// there was a page for, and those that nobody said anything of.
    pub(super) asked: Vec<&'static str>,
    pub(super) absent: Vec<&'static str>,
    pub(super) pages: Vec<&'static str>,
    unanswered: Vec<&'static str>,
    /// The request for a statement about a new declaration.
    statement: Option<HttpRequest>,
    /// The minisign signature, and where lists are, with theirs.
    pub(super) signature: Option<String>,
    pub(super) lists: Vec<List>,
    /// The lists of other files.
    pub(super) others: Vec<&'static str>,
    pub(super) found: Candidates,
    pub(super) under: Vec<String>,
    pub(super) wanted: Wanted,
    left: usize,
    /// Whether the host is asked for all names; and whether only once it has a word of its own.
    asks_all: bool,
    probes: bool,
    /// Whether a list's signature is more likely to be there than the file's own.
    signs_lists: bool,
    /// Whether such files were signed until now.
    is_signed: bool,
    /// Whether a signature was looked for wherever one can be.
    is_thorough: bool,
    /// Whether it goes on although something lets wait for it.
    is_early: bool,
    /// Whether it is not known what the site declares.
    lacks_word: bool,
}

/// A checksum file that lists the file.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) digest: FileDigest,
    /// Whether it says by which algorithm that is.
    pub(super) is_named: bool,
    /// Whether its signature was asked for.
    pub(super) asked: bool,
    /// Its signature, until that is verified.
    pub(super) signature: Option<String>,
    /// Its signature by a key that is known, and whether that does not fit it.
    pub(super) signed: Option<KeyedSignature>,
    pub(super) is_forged: bool,
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
        let mut likely = likely_by(&word.signers(), question);
        likely.keyed |= !keys.is_empty();
        let asks_all = habits.is_due(likely.keyed, now);
        let probes = asks_all && habits.pages;
        let (mut first, mut held, mut fixed) = (names::at_first(likely), Vec::new(), MOST);
        if !asks_all || probes {
            // Room for the signature of a list, where these are signed.
            let signed = likely.keyed && habits.found.iter().any(|name| name == SIGNED_LIST);
            let declares = word.request(now).is_some();
            let most = MOST_KNOWN - usize::from(declares) - usize::from(signed);
            (first, fixed) = habits.names(most, likely, &question.place());
            // One request waits for what a declaration says, where there was none.
            let waits = declares && !signed && !probes && word.memory().declaration.is_none();
            let last = first.iter().rposition(|name| *name != MINISIG_OF_FILE);
            held.extend(last.filter(|_| waits).map(|last| first.remove(last)));
        }
        let in_turn = first.iter().chain(&held).skip(fixed).last();
        Self {
            question,
            word,
            now,
            keys,
            in_turn: in_turn.copied(),
            first,
            held,
            pending: None,
            asked: Vec::new(),
            absent: Vec::new(),
            pages: Vec::new(),
            unanswered: Vec::new(),
            statement: None,
            signature: None,
            lists: Vec::new(),
            others: Vec::new(),
            found: Candidates::default(),
            under: Vec::new(),
            wanted: Wanted::default(),
            left: if asks_all { MOST } else { MOST_KNOWN },
            asks_all,
            probes,
            signs_lists: habits.signs_lists(),
            is_signed: false,
            is_thorough: false,
            is_early: false,
            lacks_word: false,
        }
    }

    /// Says whether files of this kind were signed until now by whom the site declares. Where no
    /// signature is found then, it is looked for wherever one can be, with as many requests as that
    /// takes, before anybody is accused.
    pub fn expecting(self, is_signed: bool) -> Self {
        Self { is_signed, ..self }
    }

    /// Whether the host had a word of its own about any name: that something is there, that it is not, or
    /// that it is for nobody.
    fn has_told_names(&self) -> bool {
        self.asked.len() > self.pages.len() + self.unanswered.len()
    }

    /// The same of anything that it was asked for.
    fn has_told(&self) -> bool {
        self.word.is_told() || self.has_told_names()
    }

    /// Notes what was found, for the next time. What was not answered is no absence, nor is a page.
    pub fn note(&self, habits: &mut Habits) {
        let has_told = self.has_told();
        let mut missed = self.absent.clone();
        if has_told {
            missed.extend(&self.pages);
        }
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
        habits.pages = !has_told && (habits.pages || !self.pages.is_empty());
        // A host in trouble is asked for all names once more, and so is one that nobody reached.
        if self.asks_all && has_told && self.unanswered.len() <= MOST_KNOWN {
            habits.tried_at = self.now;
            habits.minisig = self.asked.contains(&MINISIG_OF_FILE);
            habits.absent.clear();
        }
        let place = self.question.place();
        for &name in &self.asked {
            if is_shared(name) && !self.unanswered.contains(&name) && !self.pages.contains(&name) {
                habits.note_list(&place, name, !self.absent.contains(&name));
            }
        }
        let mut turns = self.asked.iter().rev();
        let last = match self.asks_all && !self.probes {
            true => turns.find(|name| **name != MINISIG_OF_FILE).copied(),
            false => self.in_turn.filter(|name| self.asked.contains(name)),
        };
        if let Some(name) = last.filter(|_| has_told || self.probes) {
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
                    let size_limit = match is_own(name) {
                        true => MAX_BUNDLE_BYTES,
                        false => MAX_LIST_BYTES,
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
                Want::Declaration => {
                    let read = self.word.read(answer, self.now);
                    self.lacks_word = read.is_err();
                    read.map(|wanted| self.statement = wanted)
                }
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

    /// What to ask for next, by what was found: first what a declaration makes likely.
    fn more(&mut self) -> Vec<Want> {
        if self.probes && !self.has_told() {
            return Vec::new();
        }
        let likely = likely_by(&self.word.likely_signers(), self.question);
        let knows_keys = likely.keyed || !self.keys.is_empty();
        let lists = self.unsigned().into_iter().map(Want::Signature);
        let lists: Vec<Want> = lists.filter(|_| knows_keys).collect();
        // That of a declaration that is another one is made in any case.
        let statement = self.statement.as_ref().map(|_| Want::Statement);
        let most = self.left.saturating_sub(usize::from(statement.is_some()));
        let left = most.saturating_sub(self.reserved());
        let mut wants = Vec::new();
        // Where the last request can be for one of both, it is for where signatures are there.
        if self.signs_lists && most == 1 {
            wants.extend(&lists);
        }
        let awaits_word = self.is_early && self.lacks_word;
        let lacks_bundle = self.found.bundles.is_empty();
        for (name, may_be) in [
            (MINISIG_OF_FILE, knows_keys || awaits_word),
            (names::ALL[0], (likely.named || awaits_word) && lacks_bundle),
        ] {
            let wanted = may_be.then_some(name).into_iter().collect();
            self.add_names(&mut wants, wanted, left);
        }
        self.add_names(&mut wants, self.held.clone(), left);
        for list in lists {
            if !wants.contains(&list) {
                wants.push(list);
            }
        }
        wants.truncate(left);
        if self.is_early {
            // What may not be asked for once all has answered has its place here, and is not asked for.
            let awaits_bundle = self.unanswered.iter().any(|name| is_bundle(name));
            wants.retain(|want| match want {
                Want::Name(MINISIG_OF_FILE) => knows_keys,
                Want::Name(name) => *name == names::ALL[0] && likely.named && !awaits_bundle,
                _ => true,
            });
        }
        if self.asks_all && !self.is_early {
            let mut names = names::at_first(likely);
            // Only where all of those were tried, and none told anything.
            if self.lists.is_empty() && self.found.bundles.is_empty() {
                names.extend(names::later(likely));
            }
            // One is kept for the signature of what is found.
            let spare = left - usize::from(knows_keys && wants.len() < left);
            self.add_names(&mut wants, names, spare);
        }
        wants.extend(statement);
        wants
    }

    /// How many requests are kept for what still lets wait for it: a list has a signature, and a
    /// declaration a statement.
    fn reserved(&self) -> usize {
        let may_be_list = |name: &&&str| !is_bundle(name) && **name != MINISIG_OF_FILE;
        let lists = self.unanswered.iter().filter(may_be_list).count();
        match self.is_early {
            true => lists + usize::from(self.lacks_word),
            false => 0,
        }
    }

    /// Adds names that were not asked for, up to so many requests.
    fn add_names(&self, wants: &mut Vec<Want>, names: Vec<&'static str>, most: usize) {
        for name in names {
            let wanted = Want::Name(name);
            if wants.len() < most && !self.asked.contains(&name) && !wants.contains(&wanted) {
                wants.push(wanted);
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
            let likely = likely_by(&self.word.signers(), self.question);
            if likely.keyed {
                for name in self.unsigned() {
                    wants.push(Want::Signature(name));
                }
            }
            if wants.is_empty() {
                self.add_names(&mut wants, names::signed(likely), usize::MAX);
            }
            self.is_thorough = wants.is_empty();
        }
        evidence.hurried = evidence.declaration.is_some() && !self.is_thorough;
        self.request(wants)
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (ID, self.question.host())
    }

    fn next(&mut self, answers: Vec<Answer>) -> Next {
        let wants = if self.pending.is_none() {
            let declaration = self.word.request(self.now).map(|_| Want::Declaration);
            let names = self.first.iter().copied().map(Want::Name);
            declaration.into_iter().chain(names).collect()
        } else {
            self.read_all(answers);
            self.more()
        };
        if wants.is_empty() && !self.has_told_names() {
            // There may be one, where nothing else is told of what there is.
            self.word.forget_absence();
            if !self.has_told() && !self.pages.is_empty() {
                self.found.failure.get_or_insert(Failure::Page);
            }
        }
        Ok(self.request(wants))
    }

    fn fork(&self) -> Option<Box<dyn Source + '_>> {
        Some(Box::new(Self {
            is_early: true,
            ..self.clone()
        }))
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

    fn close(&mut self, evidence: &mut Evidence, by: &Weighing<'_>, answers: Vec<Answer>) -> Next {
        self.read_all(answers);
        let mut found = self.offered();
        let failure = found.failure.take();
        evidence.add(by.prove(self.named(), &found));
        self.conclude(evidence, by);
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

/// What the site's declared signers and the file's name make likely.
fn likely_by(signers: &[DeclaredSigner], question: &Question) -> Likely {
    let is_keyed = |signer: &DeclaredSigner| signer.minisign_key().is_some();
    Likely {
        keyed: signers.iter().any(is_keyed),
        named: signers.iter().any(|signer| !is_keyed(signer)),
        versioned: question.release().is_some(),
    }
}
