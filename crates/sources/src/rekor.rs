//! A Rekor v1 log: what was logged about a digest (its openapi.yaml: `index/retrieve` and
//! `log/entries/retrieve`).
//!
//! Anybody can log anything about any digest, a thousand times, also with a certificate that they made
//! themselves and that names whomever they like. So those whom the user trusts are searched for first;
//! as long as nothing is proven, what else was found is looked through, with bounds for entries, rounds
//! and bytes; and where these are met, the answer says that there is more. (It cannot be had for less: an
//! id says nothing of its entry, ten entries come at once, and the index holds the names in any
//! certificate. A key cannot be borrowed so, as the log verifies what it logs.) What strangers got into
//! the log that proves nothing is no fault of the log: only what the log itself says wrongly is held
//! against it.

use crate::notary::TIME_LIMIT;
use crate::{
    Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Next, Source, Weighing,
};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::fields::Fields;
use assay_core::proof::rebuilt::bundle_of;
use assay_core::proof::{Check, ProofError, ReadBundle};
use assay_core::roots::Roots;
use assay_core::settings::Settings;
use assay_core::signer::{Identity, RootId, SubjectKind};
use assay_core::site::host_of;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

/// So many entries are asked for at once: as many as Rekor gives.
pub const MAX_ENTRIES: usize = 10;

/// How many times so many are asked for side by side, round after round, as long as nothing is proven:
/// few at first, as it takes an attack that more are needed.
const ROUNDS: [usize; 4] = [5, 20, 35, 40];

/// So many entries are looked through at most.
pub const MOST_ENTRIES: usize = MAX_ENTRIES * 101;

/// So many names are searched for at most beside the digest alone.
pub const MAX_NAMES: usize = 4;

/// How many bytes of a search's answer are read at most: the ids of some ten thousand entries.
const INDEX_SIZE_LIMIT: usize = 1024 * 1024;

/// How many bytes of the first entries are read at most. Ten of the kind that is used have fifty
/// thousand; others can hold what they are about.
const ENTRIES_SIZE_LIMIT: usize = 2 * 1024 * 1024;

/// The same of as many later ones, of which more are read side by side.
const LATER_SIZE_LIMIT: usize = 256 * 1024;

/// After so many bytes of entries no further round is begun.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// By what a log knows who logged something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// An e-mail address.
    Email(String),
    /// A public key (PEM, RFC 7468).
    Key(String),
}

/// The names that are searched for together with the digest: the e-mail addresses and the keys that
/// the user trusts under Sigstore's root. A log knows signers by nothing else that is known here.
pub fn names(settings: &Settings) -> Vec<Name> {
    let mut names = Vec::new();
    for trusted in &settings.trusted {
        let name = match (&trusted.signer.identity, &trusted.key) {
            (
                Identity::Named {
                    subject_kind: SubjectKind::Email,
                    subject,
                    ..
                },
                _,
            ) => Name::Email(subject.clone()),
            (Identity::Key { .. }, Some(key)) => Name::Key(key.clone()),
            _ => continue,
        };
        if trusted.signer.root == RootId::sigstore() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MAX_NAMES);
    names
}

/// A log that is asked about a digest: a request for each name and one without, and one for the
/// entries; more for further entries, as long as nothing is proven.
#[derive(Debug)]
pub struct Inquiry<'a> {
    address: &'a str,
    host: String,
    digest: Sha256Digest,
    names: &'a [Name],
    is_searched: bool,
    /// The entries that were found, in the order in which they are asked for; and which is next.
    ids: Vec<String>,
    next: usize,
    /// Which were too large together, and are asked for one by one.
    alone: Vec<usize>,
    /// Which were asked for last, together.
    pending: Vec<Range<usize>>,
    /// The rounds that are left.
    rounds: &'static [usize],
    /// How many bytes of entries came.
    bytes: usize,
    /// Whether there is something that is too large to be looked at.
    is_cut: bool,
    found: Candidates,
}

impl<'a> Inquiry<'a> {
    /// Asks the log at `address` about a digest, and about these names with it ([`names`]).
    pub fn new(address: &'a str, digest: Sha256Digest, names: &'a [Name]) -> Self {
        Self {
            address,
            host: host_of(address).unwrap_or_else(|| address.to_owned()),
            digest,
            names,
            is_searched: false,
            ids: Vec::new(),
            next: 0,
            alone: Vec::new(),
            pending: Vec::new(),
            rounds: &ROUNDS,
            bytes: 0,
            is_cut: false,
            found: Candidates::default(),
        }
    }

    /// Puts what searches found in order: of each list one in turn, from both its ends. Whoever wants to
    /// bury an entry comes after it, and logs list by time, one way or the other.
    fn line_up(&mut self, lists: &[Vec<String>]) {
        let longest = lists.iter().map(Vec::len).max().unwrap_or_default();
        for turn in 0..longest {
            for list in lists.iter().filter(|list| turn < list.len()) {
                let place = match turn % 2 {
                    0 => turn / 2,
                    _ => list.len() - 1 - turn / 2,
                };
                let new = list.get(place).filter(|id| !self.ids.contains(id));
                self.ids.extend(new.cloned());
                // One more than is looked at, to know that there is more.
                if self.ids.len() > MOST_ENTRIES {
                    return;
                }
            }
        }
    }

    /// The requests for so many times as many entries as are given at once, at most.
    fn request(&mut self, times: usize, size_limit: usize) -> Vec<HttpRequest> {
        let alone = std::mem::take(&mut self.alone);
        // Those that do not fit are too many to be looked at.
        self.is_cut |= alone.len() > times;
        self.pending = alone.into_iter().map(|one| one..one + 1).collect();
        self.pending.truncate(times);
        while self.pending.len() < times && self.next < self.ids.len() {
            let end = self.ids.len().min(self.next + MAX_ENTRIES);
            self.pending.push(self.next..end);
            self.next = end;
        }
        let few = self
            .pending
            .iter()
            .filter_map(|few| self.ids.get(few.clone()));
        let request = |ids: &[String]| HttpRequest {
            size_limit,
            ..entries_request(self.address, ids)
        };
        few.map(request).collect()
    }

    /// Takes what the entries stand for. What cannot be had keeps nothing else from counting.
    fn take(&mut self, answers: Vec<Answer>) -> Result<(), Failure> {
        let mut taken = Ok(());
        for (few, answer) in std::mem::take(&mut self.pending).into_iter().zip(answers) {
            if let Ok(response) = &answer {
                self.bytes += response.body.len();
            }
            match answer.and_then(|response| read_entries(&response)) {
                Ok(bundles) => self.found.bundles.extend(bundles),
                // One that is far larger than any that counts must not hide the others.
                Err(Failure::TooLarge { limit }) => {
                    self.bytes += usize::try_from(limit).unwrap_or(MOST_BYTES);
                    match few.len() {
                        1 => self.is_cut = true,
                        _ => self.alone.extend(few),
                    }
                }
                Err(failure) => taken = Err(failure),
            }
        }
        taken
    }

    /// What to look at next, if nothing is proven. Where that is nothing, and not all was looked at, the
    /// evidence says so.
    fn more(&mut self, evidence: &mut Evidence) -> Vec<HttpRequest> {
        let is_left = self.next < self.ids.len() || !self.alone.is_empty();
        if is_left
            && self.bytes < MOST_BYTES
            && evidence.proven().is_empty()
            && let [times, rest @ ..] = self.rounds
        {
            self.rounds = rest;
            return self.request(*times, LATER_SIZE_LIMIT);
        }
        if let Outcome::Answered { truncated, .. } = &mut evidence.outcome {
            *truncated |= is_left || self.is_cut;
        }
        Vec::new()
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (self.address, &self.host)
    }

    fn next(&mut self, answers: Vec<Answer>) -> Next {
        if answers.is_empty() {
            let names = self.names.iter().take(MAX_NAMES).map(Some).chain([None]);
            let searches = names.map(|name| search(self.address, &self.digest, name));
            return Ok(searches.collect());
        }
        if self.is_searched {
            self.take(answers)?;
            return Ok(Vec::new());
        }
        self.is_searched = true;
        let mut lists = Vec::new();
        for answer in answers {
            lists.push(read_ids(&answer?)?);
        }
        // Those by a name come first.
        let (named, anybodys) = lists.split_at(lists.len().saturating_sub(1));
        self.line_up(named);
        self.line_up(anybodys);
        Ok(self.request(1, ENTRIES_SIZE_LIMIT))
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        forgive(evidence, weighing.bundles, weighing.roots);
        self.more(evidence)
    }

    fn close(&mut self, evidence: &mut Evidence, by: &Weighing<'_>, answers: Vec<Answer>) -> Next {
        let taken = self.take(answers);
        let found = self.offered();
        let mut proven = by.prove(self.named(), &found);
        forgive(&mut proven, &found.bundles, by.roots);
        evidence.add(proven);
        taken?;
        Ok(self.more(evidence))
    }
}

/// Leaves of what was refused what is the log's own fault.
fn forgive(evidence: &mut Evidence, bundles: &[String], roots: &Roots) {
    let is_of_a_known_log =
        |bundle: &String| ReadBundle::parse(bundle).is_ok_and(|read| roots.knows_log_of(&read));
    let known_log = bundles.iter().any(is_of_a_known_log);
    if let Outcome::Answered { rejected, .. } = &mut evidence.outcome {
        rejected.retain(|problem| is_the_logs_fault(problem, known_log));
    }
}

/// Whether a refusal says something of the log. That a certificate is by nobody who is known, or
/// that something was signed out of its time, says something only of whoever logged it.
fn is_the_logs_fault(problem: &ProofError, known_log: bool) -> bool {
    match problem.check {
        Check::KnownRoot => !known_log,
        Check::Format
        | Check::ThisFile
        | Check::Logged
        | Check::KnownLog
        | Check::Entry
        | Check::InclusionProof
        | Check::Checkpoint
        | Check::InclusionPromise => true,
        _ => false,
    }
}

/// The request for the ids of the entries about a digest: by a name, or by anybody.
fn search(address: &str, digest: &Sha256Digest, name: Option<&Name>) -> HttpRequest {
    let name = match name {
        // Quoted and escaped as JSON asks for.
        Some(Name::Email(name)) => format!(r#","email":{},"operator":"and""#, quoted(name)),
        Some(Name::Key(pem)) => {
            let key = STANDARD.encode(pem);
            let key = format!(r#"{{"format":"x509","content":"{key}"}}"#);
            format!(r#","publicKey":{key},"operator":"and""#)
        }
        None => String::new(),
    };
    let body = format!(r#"{{"hash":"sha256:{digest}"{name}}}"#);
    HttpRequest {
        size_limit: INDEX_SIZE_LIMIT,
        ..post(format!("{address}/api/v1/index/retrieve"), body)
    }
}

fn entries_request(address: &str, ids: &[String]) -> HttpRequest {
    // Hexadecimal digits, all of them.
    let body = format!(r#"{{"entryUUIDs":["{}"]}}"#, ids.join(r#"",""#));
    post(format!("{address}/api/v1/log/entries/retrieve"), body)
}

fn read_ids(response: &HttpResponse) -> Result<Vec<String>, Failure> {
    let ids: Vec<String> = read(response)?;
    // A tree's id of 16 digits before the 64 of the entry's hash, or these alone.
    let is_id = |id: &String| {
        matches!(id.len(), 64 | 80) && id.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    match ids.iter().all(is_id) {
        true => Ok(ids),
        false => Err(malformed("an id of an entry that is none")),
    }
}

/// The bundles that the entries stand for. Entries of other kinds do not hold what they are about:
/// nothing ties them to the file.
fn read_entries(response: &HttpResponse) -> Result<Vec<String>, Failure> {
    let answers: Vec<&RawValue> = read(response)?;
    let mut bundles = Vec::new();
    for answer in answers.iter().take(MAX_ENTRIES) {
        // Entries by their ids.
        let entries = Fields::read(answer.get()).map_err(|error| malformed(&error.to_string()))?;
        for entry in entries.values() {
            match bundle_of(entry) {
                Ok(bundle) => bundles.push(bundle),
                Err(problem) if problem.check == Check::Kind => {}
                Err(problem) => return Err(malformed(&problem.found)),
            }
        }
    }
    Ok(bundles)
}

fn read<'a, T: Deserialize<'a>>(response: &'a HttpResponse) -> Result<T, Failure> {
    match response.status {
        200 => {
            serde_json::from_slice(&response.body).map_err(|error| malformed(&error.to_string()))
        }
        status => Err(Failure::Status { status }),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn post(url: String, json: String) -> HttpRequest {
    HttpRequest {
        method: Method::Post { json },
        url,
        accept: "application/json",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: ENTRIES_SIZE_LIMIT,
        memory: Memory::Asked,
    }
}

fn malformed(detail: &str) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
    }
}
