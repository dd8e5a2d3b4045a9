//! A site's own word of who signs its downloads, and what is remembered of it.
//!
//! It is believed at first sight. A later one is believed if a signer says so whom each entry of the
//! remembered one names; else whoever has the web server could name themselves.

use crate::beside::{Word, get, says_nothing};
use crate::{Answer, HttpRequest};
use assay_core::address::Address;
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Attestation;
use assay_core::declaration::{
    Declaration, DeclarationError, DeclaredSigner, MAX_DECLARATION_BYTES, PATH,
};
use assay_core::evidence::{Change, Declared, Evidence, Failure};
use assay_core::minisign::{MinisignKey, MinisignSignature};
use assay_core::roots::Roots;
use serde::{Deserialize, Serialize};

/// What is remembered of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteMemory {
    /// The declaration that counts: as it was at first sight, as a signer in it changed it, or as the
    /// user accepted it.
    #[serde(default)]
    pub declaration: Option<String>,
    /// What the site declares instead, where that does not count: nothing, if it is empty.
    #[serde(default)]
    pub offered: Option<String>,
    /// When it was first seen or made, in seconds since 1970.
    #[serde(default)]
    pub since: i64,
    /// When none was found, in seconds since 1970.
    #[serde(default)]
    pub absent_at: i64,
}

/// So long before a declaration was first seen a later one may have been signed, in seconds: clocks
/// differ, and servers are slow. What was signed before that was replaced by the remembered one.
const SLACK: i64 = 24 * 60 * 60;

impl SiteMemory {
    /// The user accepts what the site declares now.
    pub fn accept(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.declaration = Some(offered).filter(|text| !text.is_empty());
        }
    }
}

/// What came of asking a site for its declaration, about one file there.
#[derive(Debug, Clone)]
pub struct SiteWord {
    /// As it was before, and is then kept.
    memory: SiteMemory,
    host: String,
    path: String,
    /// What was found: nothing, where there is none.
    found: Option<Option<String>>,
    /// What is offered as a statement about a new declaration.
    statement: Option<String>,
    /// What became of the remembered one.
    change: Option<Change>,
    /// Whether one was remembered.
    was_known: bool,
    /// Whether the answer was the site's own word.
    is_told: bool,
}

impl SiteWord {
    /// Asks the site that an address is of.
    pub fn new(address: &Address, memory: SiteMemory) -> Self {
        Self {
            was_known: memory.declaration.is_some(),
            is_told: false,
            memory,
            host: address.host().to_owned(),
            path: address.path(),
            found: None,
            statement: None,
            change: None,
        }
    }

    /// The request for the declaration, where it is worth while: one that was not there lately is not
    /// asked for. `now` is in seconds since 1970.
    pub fn request(&self, now: i64) -> Option<HttpRequest> {
        let age = now - self.memory.absent_at;
        let is_absent = (0..crate::beside::ABSENT_FOR).contains(&age);
        (self.memory.declaration.is_some() || !is_absent).then(|| self.get(""))
    }

    /// Reads the declaration, and says what to request as a statement about it, if it is a new one.
    ///
    /// # Errors
    /// When there is no telling what the site declares: where a declaration is remembered, a page in
    /// its place, or one that leads elsewhere, is no word of the site's.
    pub fn read(&mut self, answer: Answer, now: i64) -> Result<Option<HttpRequest>, Failure> {
        let response = answer?;
        let is_known = self.memory.declaration.is_some();
        let word = Word::of(response.status);
        let text = match response.status {
            200 => String::from_utf8(response.body).ok(),
            status if says_nothing(status) => return Err(Failure::Status { status }),
            status if is_known && word != Word::Absent => return Err(Failure::Status { status }),
            _ => None,
        };
        let declaration = match text.as_deref().map(Declaration::parse) {
            Some(Ok(declaration)) => Some(declaration),
            Some(Err(DeclarationError::UnknownVersion(version))) => {
                let detail = format!("version {version} of download-signers.json");
                return Err(Failure::Malformed { detail });
            }
            Some(Err(error)) if is_known => {
                let detail = format!("download-signers.json: {error}");
                return Err(Failure::Malformed { detail });
            }
            // An error page, or something else of that name.
            Some(Err(_)) | None => None,
        };
        let text = text.filter(|_| declaration.is_some());
        let known = self.known();
        self.is_told = text.is_some() || word != Word::None;
        if known.is_none() && word == Word::Absent {
            self.memory.absent_at = now;
        }
        let is_new = known.is_some() && text.is_some() && known != declaration;
        self.found = Some(text);
        // One request: whoever names a minisign key signs with it.
        let keyed = !self.minisign_keys().is_empty();
        let ending = if keyed { ".minisig" } else { ".sigstore.json" };
        Ok(is_new.then(|| self.get(ending)))
    }

    /// Whether what was read is the site's own word, and not a page in its place.
    pub(crate) fn is_told(&self) -> bool {
        self.is_told
    }

    /// Asks again the next time, whatever was found now or before.
    pub(crate) fn forget_absence(&mut self) {
        self.memory.absent_at = 0;
    }

    /// Takes the answer to what [`Self::read`] wanted.
    pub fn take_statement(&mut self, answer: Answer) {
        let found = answer.ok().filter(|response| response.status == 200);
        self.statement = found.and_then(|response| String::from_utf8(response.body).ok());
    }

    /// Decides what counts, once it can be proven who made a statement.
    ///
    /// `now` is in seconds since 1970.
    pub fn settle(&mut self, roots: &Roots, now: i64) {
        let Some(found) = self.found.take() else {
            return;
        };
        let (known, new) = (self.known(), found.as_deref().and_then(parse));
        self.memory.offered = None;
        let since = match (&known, &new) {
            (None, _) => Some(now),
            (Some(_), None) => None,
            (Some(known), Some(new)) if known == new => Some(self.memory.since),
            (Some(known), Some(_)) => self.stated_at(known, &found, roots, now),
        };
        if let Some(since) = since {
            self.memory.declaration = found;
            self.memory.since = since;
            return;
        }
        let signers = |of: &Option<Declaration>| {
            let found = of.as_ref().map(|one| one.signers_for(&self.path));
            found.unwrap_or_default().into_iter().cloned().collect()
        };
        let (before, after): (Vec<DeclaredSigner>, Vec<_>) = (signers(&known), signers(&new));
        // In whichever order, and however often each is named.
        let lacks = |one: &[_], other: &[_]| one.iter().any(|signer| !other.contains(signer));
        if lacks(&before, &after) || lacks(&after, &before) {
            self.change = Some(match new {
                Some(_) => Change::Swapped,
                None => Change::Vanished,
            });
        }
        self.memory.offered = Some(found.unwrap_or_default());
    }

    /// When one whom each entry of the known declaration names said the new one. A statement of
    /// before the known one is an old one that is shown again; one of the future could be shown again
    /// whenever it suits.
    fn stated_at(
        &self,
        known: &Declaration,
        new: &Option<String>,
        roots: &Roots,
        now: i64,
    ) -> Option<i64> {
        let new = new.as_deref().unwrap_or_default().as_bytes();
        let digests = ArtifactDigests::of(new);
        let is_known = |made: &Attestation| {
            let mut entries = known.downloads().iter();
            made.claim.vouches()
                && !known.downloads().is_empty()
                && entries.all(|entry| entry.signers.iter().any(|one| one.names(made)))
        };
        let text = self.statement.as_deref()?;
        let at = match MinisignSignature::parse(text) {
            Some(read) => {
                let signers = known.downloads().iter().flat_map(|entry| &entry.signers);
                let keys = signers.filter_map(DeclaredSigner::minisign_key);
                let mut keys = keys.filter_map(MinisignKey::parse);
                let key = keys.find(|key| read.signs(key, new))?;
                is_known(&key.attestation(text)).then(|| read.stated_at())?
            }
            None => {
                let made = roots.prove(text, digests).ok();
                made.filter(|made| is_known(made))?.signed_at
            }
        };
        let since = self.memory.since.saturating_sub(SLACK);
        let may = at.filter(|at| (since..=now.saturating_add(SLACK)).contains(at));
        may.map(|at| at.min(now))
    }

    /// The project that the file belongs to, by the pattern that speaks of it; where only the new
    /// declaration does, by its pattern.
    pub(crate) fn project(&self) -> Option<String> {
        let known = self.known()?;
        let offered = self.memory.offered.as_deref().and_then(parse);
        let mut all = [Some(known), offered].into_iter().flatten();
        all.find_map(|one| {
            let mut entries = one.downloads().iter();
            let pattern = entries.find_map(|entry| entry.pattern_for(&self.path))?;
            Some(format!("{}{pattern}", self.host))
        })
    }

    /// What the site says of the file.
    pub fn declared(&self) -> Option<Declared> {
        self.project().map(|project| Declared {
            project,
            change: self.change,
            is_remembered: self.was_known && self.change.is_none(),
        })
    }

    /// Marks in the evidence what those signed who are declared, whichever source had it.
    pub fn mark(&self, evidence: &mut [Evidence]) {
        if let Some(project) = self.project() {
            let signers = self.signers();
            for evidence in evidence {
                evidence.mark_declared(&project, &signers);
            }
        }
    }

    /// The signers that are declared for the file, as far as that counts.
    pub(crate) fn signers(&self) -> Vec<DeclaredSigner> {
        let known = self.known();
        let signers = known.iter().flat_map(|known| known.signers_for(&self.path));
        signers.cloned().collect()
    }

    /// The signers that may be declared for the file, whatever comes to count.
    pub(crate) fn likely_signers(&self) -> Vec<DeclaredSigner> {
        let mut signers = self.signers();
        let found = self.found.iter().flatten().filter_map(|found| parse(found));
        for declaration in found {
            signers.extend(declaration.signers_for(&self.path).into_iter().cloned());
        }
        signers
    }

    /// The minisign keys that are declared for the file, as far as that counts. Before it is settled
    /// what counts, those that may.
    pub fn minisign_keys(&self) -> Vec<String> {
        let mut signers = self.signers();
        if signers.is_empty() {
            signers = self.likely_signers();
        }
        let keys = signers.iter().filter_map(DeclaredSigner::minisign_key);
        keys.map(str::to_owned).collect()
    }

    /// What is to be remembered.
    pub fn memory(&self) -> &SiteMemory {
        &self.memory
    }

    fn known(&self) -> Option<Declaration> {
        parse(self.memory.declaration.as_deref()?)
    }

    fn get(&self, ending: &str) -> HttpRequest {
        HttpRequest {
            size_limit: MAX_DECLARATION_BYTES,
            ..get(format!("https://{}{PATH}{ending}", self.host))
        }
    }
}

fn parse(text: &str) -> Option<Declaration> {
    Declaration::parse(text).ok()
}
