//! `assay declare`: who signs what lies on a publisher's own domain, written or checked.

use crate::declare_args::DeclareArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::{DeclaredReport, DownloadReport};
use crate::signer_key::SignerKey;
use crate::{input, output};
use assay_core::address::Address;
use assay_core::declaration::{
    Declaration, DeclaredSigner, MAX_DECLARATION_BYTES, PATH, VERSION, is_minisign_key,
};
use assay_core::signer::{RootId, is_key_fingerprint};
use assay_notary::files::{self, Mode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// The issuer of the identities of GitHub's workflows.
const ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// The largest file with a minisign key that is read, in bytes. It has two lines.
const MAX_KEY_BYTES: usize = 4096;

/// A declaration as it is written. What is not known here is kept: a later program may have written
/// it.
#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    downloads: Vec<Entry>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    paths: Vec<String>,
    signers: Vec<Signer>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// A signer's fields, in the order in which they are written. Values of any type, as those of a
/// kind that is not known may have one.
#[derive(Default, Serialize, Deserialize)]
struct Signer {
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minisign: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<Value>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// Writes a declaration, or checks one.
///
/// # Errors
/// When what is to be declared cannot be, or the file is no declaration or cannot be written.
pub fn run(args: &DeclareArgs) -> Result<Exit, CliError> {
    match &args.check {
        Some(file) => check(file, args.url.as_deref(), args.json),
        None => add(args),
    }
}

fn check(file: &Path, url: Option<&str>, as_json: bool) -> Result<Exit, CliError> {
    let address = url.map(address).transpose()?;
    let text = input::text(file, MAX_DECLARATION_BYTES)?;
    let declaration = parse(file, &text)?;
    let path = address.map(|address| address.path());
    let signers = path.as_deref().map(|path| declaration.signers_for(path));
    if as_json {
        let signers = signers.map(|found| found.into_iter().map(Into::into).collect());
        let signers: Option<Vec<DeclaredReport>> = signers;
        output::json(&json!({
            "schema": "assay.declare.v1",
            "file": file.to_string_lossy(),
            "outcome": "valid",
            "downloads": reports(&declaration),
            "url": url,
            "signers": signers,
        }))?;
        return Ok(Exit::DONE);
    }
    let mut lines = vec![format!("{}: a valid declaration", file.display())];
    match (url, signers) {
        (Some(url), Some(signers)) if signers.is_empty() => {
            lines.push(format!("{url}: nobody is declared to sign it"));
        }
        (Some(url), Some(signers)) => {
            lines.push(format!("{url} is signed by"));
            lines.extend(signers.into_iter().map(told));
        }
        _ => {
            for download in declaration.downloads() {
                lines.push(format!("{} is signed by", download.paths.join(", ")));
                lines.extend(download.signers.iter().map(told));
            }
        }
    }
    print(&lines)?;
    Ok(Exit::DONE)
}

fn add(args: &DeclareArgs) -> Result<Exit, CliError> {
    let entry = Entry {
        paths: paths(&args.paths)?,
        signers: vec![signer(args)?],
        other: Map::new(),
    };
    let (paths, declared) = read_alone(&entry)?;
    let file = args.output.as_path();
    let before = existing(file)?;
    let is_there = before.as_ref().is_some_and(|(before, _)| {
        let mut same = before.downloads().iter();
        same.any(|entry| is_same(&entry.paths, &paths) && entry.signers.contains(&declared))
    });
    let (outcome, declaration) = match before {
        Some((before, _)) if is_there => ("unchanged", before),
        before => {
            let document = before.map(|(_, document)| document);
            ("added", write(file, with(document, entry))?)
        }
    };
    if args.json {
        output::json(&json!({
            "schema": "assay.declare.v1",
            "file": file.to_string_lossy(),
            "outcome": outcome,
            "paths": paths,
            "signer": DeclaredReport::from(&declared),
            "downloads": reports(&declaration),
        }))?;
        return Ok(Exit::DONE);
    }
    let done = match outcome {
        "added" => "added to",
        _ => "already in",
    };
    print(&[
        format!("{done} {}", file.display()),
        format!("{} is signed by", paths.join(", ")),
        told(&declared),
    ])?;
    output::note(&format!("it belongs at https://HOST{PATH}"));
    Ok(Exit::DONE)
}

/// The declaration that is there already, also as it is to be written again.
fn existing(file: &Path) -> Result<Option<(Declaration, Document)>, CliError> {
    let text = match input::text(file, MAX_DECLARATION_BYTES) {
        Err(CliError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        other => other?,
    };
    let declaration = parse(file, &text)?;
    let document = serde_json::from_str(&text).map_err(|error| wrong(file, &error))?;
    Ok(Some((declaration, document)))
}

/// The document with one more signer: in the entry for just these paths, or in a new one.
fn with(document: Option<Document>, entry: Entry) -> Document {
    let mut document = document.unwrap_or_else(|| Document {
        version: VERSION,
        downloads: Vec::new(),
        other: Map::new(),
    });
    let mut entries = document.downloads.iter_mut();
    match entries.find(|known| is_same(&known.paths, &entry.paths)) {
        Some(known) => known.signers.extend(entry.signers),
        None => document.downloads.push(entry),
    }
    document
}

/// Writes the document, if that makes a declaration. The file that was there stays until then.
fn write(file: &Path, document: Document) -> Result<Declaration, CliError> {
    let mut text = serde_json::to_string_pretty(&document)
        .map_err(|error| CliError::Internal(error.to_string()))?;
    text.push('\n');
    let declaration = Declaration::parse(&text).map_err(|error| CliError::WrongFile {
        path: file.to_owned(),
        detail: format!("with this signer it would be no declaration: {error}; nothing is written"),
    })?;
    files::replace(file, text.as_bytes(), Mode::Shared)
        .map_err(|source| CliError::file(file, source))?;
    Ok(declaration)
}

/// What is to be declared, read as everybody will read it.
fn read_alone(entry: &Entry) -> Result<(Vec<String>, DeclaredSigner), CliError> {
    let alone = json!({ "version": VERSION, "downloads": [entry] });
    let unusable = |detail: String| CliError::Usage(format!("this cannot be declared: {detail}"));
    let declaration =
        Declaration::parse(&alone.to_string()).map_err(|error| unusable(error.to_string()))?;
    let read = declaration.downloads().first();
    read.and_then(|entry| Some((entry.paths.clone(), entry.signers.first()?.clone())))
        .ok_or_else(|| unusable("it names nobody".to_owned()))
}

/// The patterns, each once.
fn paths(given: &[String]) -> Result<Vec<String>, CliError> {
    let mut paths: Vec<String> = Vec::new();
    for path in given {
        if !path.starts_with('/') {
            return Err(CliError::Usage(format!(
                "--path {path}: a pattern must begin with a slash, as in '/tool/*'"
            )));
        }
        if !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    Ok(paths)
}

/// The signer as it is written.
fn signer(args: &DeclareArgs) -> Result<Signer, CliError> {
    if let Some(root) = &args.root
        && RootId::parse(root).is_none()
    {
        return Err(CliError::Usage(format!(
            "--root {root}: it must be sigstore, github, or notary: and the 64 lower-case \
             hexadecimal digits of a notary's fingerprint"
        )));
    }
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let mut signer = Signer {
        identity: text(&args.signer),
        issuer: text(&args.issuer),
        workflow: text(&args.workflow),
        root: text(&args.root),
        ..Signer::default()
    };
    if let Some(address) = &args.repository {
        signer.repository = Some(Value::String(repository(address)?));
        if signer.issuer.is_none() {
            signer.issuer = Some(Value::String(workflow_issuer(address)?.to_owned()));
        }
    }
    if let Some(given) = &args.key {
        signer.key = Some(Value::String(key(given)?));
    }
    if let Some(given) = &args.minisign {
        signer.minisign = Some(Value::String(minisign(given)?));
    }
    Ok(signer)
}

/// A repository's address, if it is one as certificates have it.
fn repository(address: &str) -> Result<String, CliError> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['?', '#', ' ']);
    let names = address.strip_prefix("https://").map(|rest| {
        let names: Vec<&str> = rest.split('/').collect();
        let is_whole = names.iter().all(|name| is_name(name)) && !rest.ends_with(".git");
        // A host, and on GitHub an owner and a name.
        let fits = match names.first() {
            Some(&"github.com") => names.len() == 3,
            _ => names.len() > 1,
        };
        is_whole && fits
    });
    match names {
        Some(true) => Ok(address.to_owned()),
        _ => Err(CliError::Usage(format!(
            "--repository {address}: it must be the address of a repository and nothing more, as \
             in https://github.com/OWNER/NAME"
        ))),
    }
}

/// Who vouches for the workflows of a repository, where that is known.
fn workflow_issuer(repository: &str) -> Result<&'static str, CliError> {
    match repository.starts_with("https://github.com/") {
        true => Ok(ACTIONS),
        false => Err(CliError::Usage(format!(
            "--repository {repository}: say with --issuer who vouches for its workflows"
        ))),
    }
}

/// The fingerprint of a key: the one that is given, or of the key in a file.
fn key(given: &str) -> Result<String, CliError> {
    if given.starts_with("SHA256:") {
        return match is_key_fingerprint(given) {
            true => Ok(given.to_owned()),
            false => Err(CliError::Usage(format!(
                "--key {given}: a fingerprint is SHA256: and 43 characters of base64, as `assay \
                 key` shows it; a file that is named so can be given as ./{given}"
            ))),
        };
    }
    SignerKey::read(Path::new(given)).map(|key| key.fingerprint)
}

/// A minisign key: the one that is given, or the one in a file, below minisign's comment.
fn minisign(given: &str) -> Result<String, CliError> {
    if is_minisign_key(given) {
        return Ok(given.to_owned());
    }
    let file = Path::new(given);
    let text = match input::text(file, MAX_KEY_BYTES) {
        Err(CliError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Err(CliError::Usage(format!(
                "--minisign {given}: neither a minisign public key (56 characters that begin with \
                 RW) nor a file with one"
            )));
        }
        other => other?,
    };
    let mut lines = text.lines().map(str::trim_end);
    lines
        .find(|line| is_minisign_key(line))
        .map(str::to_owned)
        .ok_or_else(|| wrong(file, &"no minisign public key; give the file minisign.pub"))
}

/// The address of a file, which must be whole.
fn address(url: &str) -> Result<Address, CliError> {
    Address::parse(url).ok_or_else(|| {
        CliError::Usage(format!(
            "--url {url}: it must be an https address with a path, without a port of its own"
        ))
    })
}

/// Whether these are the same patterns, in whatever order.
fn is_same(some: &[String], others: &[String]) -> bool {
    let set = |paths| BTreeSet::<&String>::from_iter(paths);
    set(some) == set(others)
}

fn parse(file: &Path, text: &str) -> Result<Declaration, CliError> {
    Declaration::parse(text).map_err(|error| wrong(file, &format!("no declaration: {error}")))
}

fn wrong(file: &Path, detail: &impl ToString) -> CliError {
    CliError::WrongFile {
        path: file.to_owned(),
        detail: detail.to_string(),
    }
}

fn reports(declaration: &Declaration) -> Vec<DownloadReport> {
    declaration.downloads().iter().map(Into::into).collect()
}

/// A signer in one line.
fn told(signer: &DeclaredSigner) -> String {
    let who = match signer {
        DeclaredSigner::Identity {
            root,
            issuer,
            identity,
        } => format!("{identity} (by {issuer}, under {})", root.as_str()),
        DeclaredSigner::Repository {
            root,
            issuer,
            repository,
            workflow,
        } => {
            let which = match workflow {
                Some(workflow) => format!("the workflow {workflow}"),
                None => "any workflow".to_owned(),
            };
            let root = root.as_str();
            format!("{which} of {repository} (by {issuer}, under {root})")
        }
        DeclaredSigner::Key { fingerprint } => format!("the key {fingerprint}"),
        DeclaredSigner::Minisign { key } => format!("the minisign key {key}"),
        DeclaredSigner::Unknown => "a signer of a kind that is not known here".to_owned(),
    };
    format!("  {who}")
}

fn print(lines: &[String]) -> Result<(), CliError> {
    let lines: Vec<String> = lines.iter().map(|line| output::plain(line)).collect();
    output::say(&lines.join("\n"))
}
