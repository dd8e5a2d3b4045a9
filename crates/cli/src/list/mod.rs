//! `assay list`: what a key has had logged.

pub mod args;
mod found;
mod proven;
mod who;

use crate::client::Client;
use crate::error::CliError;
use crate::exit::Exit;
use crate::inspect::said;
use crate::logs::Comparing;
use crate::report::{AttestationReport, ReasonReport};
use crate::{color, contact, moment, output};
use args::ListArgs;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::reason::Reason;
use assay_notary::notary::MAX_FOUND;
use found::Found;
use proven::Entry;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use who::Who;

/// An entry, as it is printed.
#[derive(Serialize)]
struct Listed {
    /// `signature` or `statement`.
    kind: &'static str,
    /// Of what it is about; of a statement whose text the notary does not have, that is not known.
    sha256: Option<Sha256Digest>,
    /// Of a statement's payload.
    payload_sha256: Option<Sha256Digest>,
    /// What it says.
    #[serde(flatten)]
    attestation: AttestationReport,
    /// Why it does not count, where its log or its key cannot be relied on.
    doubt: Option<ReasonReport>,
}

/// An entry that is not proven.
#[derive(Serialize)]
struct Rejected {
    /// The entry's name.
    entry: String,
    /// What is wrong with it. May hold text from outside as it came.
    text: String,
}

/// Lists the entries.
///
/// # Errors
/// When there is no such key, or the notary gives no usable answer.
pub fn run(args: &ListArgs) -> Result<Exit, CliError> {
    let client = Client::new();
    let address = contact::required(args.which.notary.as_deref())?;
    let known = contact::contact(&client, &address, args.which.fingerprint.as_deref())?;
    let who = Who::of(args, &client, &known)?;
    let found = Found::by(&who, &client, &known.notary.address)?;
    let mut at = match args.before {
        Some(before) => found.skipped(before)?,
        None => 0,
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut rejected = Vec::new();
    let limit = usize::from(args.limit);
    while at < found.names.len() && entries.len() < limit {
        let told = found.entries(at, limit - entries.len())?;
        at += told.len();
        for (name, entry) in told {
            let bundle = || found.bundle(&name);
            let entry = entry.ok_or("the notary found it, and does not give it".to_owned());
            let proven =
                entry.and_then(|entry| Entry::prove(&name, entry.get(), &who, &known, bundle));
            match proven {
                Ok(proven) => entries.extend(proven.filter(|proven| is_before(proven, args))),
                Err(text) => rejected.push(Rejected { entry: name, text }),
            }
        }
    }
    let doubts = doubts(&client, &known, &entries)?;
    let more = at < found.names.len();
    let next = entries
        .last()
        .and_then(|entry| Some(entry.attestation.logged.as_ref()?.index));
    let next = next.filter(|_| more);
    let listed: Vec<Listed> = entries.iter().map(|entry| listed(entry, &doubts)).collect();
    let exit = match rejected.is_empty() {
        true => Exit::DONE,
        false => Exit::NO_ANSWER,
    };
    let is_truncated = found.names.len() >= MAX_FOUND && !more;
    if args.json {
        output::json(&json!({
            "schema": "assay.list.v1",
            "exit_code": exit.code(),
            "notary": known.notary.address,
            "trust_root_fingerprint": known.notary.fingerprint,
            "key": who.fingerprint,
            "name": who.name,
            "entries": listed,
            "rejected": rejected,
            "next_before": next,
            "truncated": is_truncated,
        }))?;
        return Ok(exit);
    }
    for one in &listed {
        output::say(&one.text())?;
    }
    for one in &rejected {
        output::complain(&format!(
            "the entry {} is not proven: {}",
            one.entry, one.text
        ));
    }
    if listed.is_empty() && rejected.is_empty() {
        output::note(&format!(
            "nothing was logged there with the key {}",
            who.fingerprint
        ));
    }
    if let Some(next) = next {
        output::note(&format!("there are more: --before {next}"));
    }
    if is_truncated {
        output::note(
            "the notary's search names no more entries than these; there may be older ones",
        );
    }
    Ok(exit)
}

fn is_before(entry: &Entry, args: &ListArgs) -> bool {
    let index = entry.attestation.logged.as_ref().map(|logged| logged.index);
    args.before
        .is_none_or(|before| index.is_some_and(|index| index < before))
}

/// What does not count for the sake of its log or its key, by index. What the log showed is compared
/// with what is remembered of it.
fn doubts(
    client: &Client,
    known: &contact::KnownNotary,
    entries: &[Entry],
) -> Result<BTreeMap<u64, Reason>, CliError> {
    let notary = &known.notary;
    let proven = entries.iter().filter(|entry| entry.about.is_some());
    let proven = proven.map(|entry| entry.attestation.clone()).collect();
    let mut evidence = Evidence::proving(&notary.address, &notary.name, proven);
    let comparing = Comparing::new(client, Some(notary), &known.root)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| CliError::Internal(error.to_string()))?;
    let root = notary.root_id();
    runtime.block_on(comparing.compare(&mut evidence, Some((&root, &notary.address))));
    let doubts = evidence.withheld().iter().filter_map(|withheld| {
        let index = withheld.attestation.logged.as_ref()?.index;
        Some((index, Reason::withheld(&notary.name, withheld)))
    });
    Ok(doubts.collect())
}

fn listed(entry: &Entry, doubts: &BTreeMap<u64, Reason>) -> Listed {
    let logged = entry.attestation.logged.as_ref();
    let doubt = logged.and_then(|logged| doubts.get(&logged.index));
    Listed {
        kind: match entry.payload {
            Some(_) => "statement",
            None => "signature",
        },
        sha256: entry.about,
        payload_sha256: entry.payload,
        attestation: (&entry.attestation).into(),
        doubt: doubt.map(Into::into),
    }
}

impl Listed {
    fn text(&self) -> String {
        let log = self.attestation.log.as_ref();
        let index = log.map(|log| log.index.to_string()).unwrap_or_default();
        let time = log.and_then(|log| log.integrated_time).map(moment::utc);
        let what = match (&self.sha256, &self.payload_sha256) {
            (Some(digest), _) => format!("sha256:{digest}"),
            (None, Some(digest)) => format!("a statement, payload sha256:{digest}"),
            (None, None) => String::new(),
        };
        let time = time.unwrap_or_default();
        let mut text = format!("{index:>8}  {time:20}  {what}");
        if self.sha256.is_some() {
            text.push_str(&format!("  {}", said(&self.attestation)));
        }
        let signer = output::plain(&self.attestation.signer.name);
        text.push_str(&format!("  {signer}"));
        let mut line = |words: String| text.push_str(&format!("\n{:10}{words}", ""));
        if let Some(reason) = &self.attestation.reason {
            line(format!("reason {}", output::plain(reason)));
        }
        if let Some(doubt) = &self.doubt {
            let word = color::bad("does not count");
            line(format!("{word}: {}", output::plain(&doubt.text)));
        }
        text
    }
}
