//! What the log commits to now: its two checkpoints, with the signatures that they must have.

use super::difference::{Differences, Kind};
use super::download::Log;
use super::walk::Commitment;
use crate::contact::KnownNotary;
use assay_core::evidence::Failure;
use assay_core::trust_root::TrustRoot;
use assay_notary::checkpoint::Statement;
use assay_notary::signed_note::{Note, NoteError, VerifierKey};
use serde::Deserialize;

/// Where the checkpoint of the tiles is.
const CHECKPOINT: &str = "checkpoint";
/// Where Rekor v1 has its own.
const REKOR: &str = "api/v1/log";
/// Where the log shows the key that verifies the checkpoint of the tiles.
const KEY: &str = "log.vkey";

/// A state that the log committed to, with the note that proves it.
pub struct Signed {
    /// The state.
    pub commitment: Commitment,
    /// The signed note.
    pub note: String,
    /// The name under which the log signed it.
    pub origin: String,
}

/// What Rekor's call tells of the log.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogInfo {
    root_hash: String,
    signed_tree_head: String,
    tree_size: u64,
    /// The number of the tree.
    #[serde(rename = "treeID", default)]
    pub tree_id: String,
    /// The trees in whose place restores put it.
    #[serde(default)]
    pub inactive_shards: Option<Vec<Shard>>,
}

/// A tree that has ended.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// Its number.
    #[serde(rename = "treeID")]
    pub tree_id: String,
    /// How many of its entries are the first ones of the tree of now.
    #[serde(default)]
    pub restored_size: u64,
    /// How many more it had signed, which are lost; `None` where the notary does not know, or is of a
    /// version that does not say.
    #[serde(default)]
    pub lost_entries: Option<u64>,
    /// The last that it signed.
    pub signed_tree_head: String,
}

/// The verifier key that the log shows.
///
/// # Errors
/// When it shows none.
pub async fn shown_key(log: &Log<'_>) -> Result<VerifierKey, Failure> {
    let text = there(log, KEY).await?;
    text.trim_end()
        .parse()
        .map_err(|error: NoteError| malformed(&format!("{KEY}: {error}")))
}

/// What the log tells of itself.
///
/// # Errors
/// When it gives no usable answer.
pub async fn told(log: &Log<'_>) -> Result<LogInfo, Failure> {
    serde_json::from_str(&there(log, REKOR).await?)
        .map_err(|error| malformed(&format!("{REKOR}: {error}")))
}

/// The two checkpoints, the one that was `told` and that of the tiles, which comes last. What does not hold is told and left out.
///
/// # Errors
/// When the log gives no usable answer.
pub async fn read(
    log: &Log<'_>,
    told: &LogInfo,
    notary: &KnownNotary,
    key: &VerifierKey,
    found: &mut Differences,
) -> Result<Vec<Signed>, Failure> {
    let root = TrustRoot::parse(notary.notary.root_id(), &notary.notary.trusted_root).map_err(
        |error| Failure::TrustRoot {
            detail: error.to_string(),
        },
    )?;
    // Rekor's first: by the time that the other one is asked for, the log can only have grown.
    let mut signed = Vec::new();
    signed.extend(rekors(told, &root, key, found));
    signed.extend(of_tiles(&there(log, CHECKPOINT).await?, &root, key, found));
    Ok(signed)
}

fn of_tiles(
    text: &str,
    root: &TrustRoot,
    key: &VerifierKey,
    found: &mut Differences,
) -> Option<Signed> {
    let checked = || {
        let note = Note::parse(text)?;
        key.verify(&note)?;
        by_root(&note, key.name(), root)?;
        Ok(note)
    };
    checked_note(CHECKPOINT, checked(), key.name(), found)
}

fn rekors(
    info: &LogInfo,
    root: &TrustRoot,
    key: &VerifierKey,
    found: &mut Differences,
) -> Option<Signed> {
    // The same tree has the same number under both names.
    let (host, tree) = key.name().rsplit_once('/').unwrap_or((key.name(), ""));
    let checked = || {
        let note = Note::parse(&info.signed_tree_head)?;
        by_root(&note, host, root)?;
        Ok(note)
    };
    let origin = format!("{host} - {tree}");
    let signed = checked_note(REKOR, checked(), &origin, found)?;
    let said = format!("{} entries, root {}", info.tree_size, info.root_hash);
    let signs = &signed.commitment;
    let signs = format!("{} entries, root {}", signs.size, hex::encode(signs.root));
    if said != signs {
        found.add(Kind::Checkpoint, REKOR, None, signs, said);
    }
    Some(signed)
}

/// One of the trust root's log keys must have signed it.
fn by_root(note: &Note, name: &str, root: &TrustRoot) -> Result<(), NoteError> {
    let mut last = NoteError::NotSigned(name.to_owned());
    for tlog in &root.content().tlogs {
        match note.verify_ecdsa(name, tlog.public_key.raw_bytes.as_bytes()) {
            Ok(()) => return Ok(()),
            Err(NoteError::NotSigned(_)) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn checked_note(
    place: &str,
    note: Result<Note, NoteError>,
    origin: &str,
    found: &mut Differences,
) -> Option<Signed> {
    let expected = format!("a checkpoint of {origin}, signed with its keys");
    let note = note
        .inspect_err(|error| found.add(Kind::Checkpoint, place, None, &expected, error))
        .ok()?;
    let Some(said) = Statement::read(&note.text).filter(|said| said.origin == origin) else {
        let first = note.text.lines().next().unwrap_or_default();
        let what = format!("one that begins with {first:?}");
        found.add(Kind::Checkpoint, place, None, expected, what);
        return None;
    };
    Some(Signed {
        commitment: Commitment {
            size: said.size,
            root: said.root,
            place: place.to_owned(),
            kind: Kind::Root,
        },
        note: note.to_string(),
        origin: said.origin,
    })
}

async fn there(log: &Log<'_>, path: &str) -> Result<String, Failure> {
    let body = log.get(path).await?;
    // A notary of an earlier version, or something else altogether.
    let body = body.ok_or(Failure::Status { status: 404 })?;
    String::from_utf8(body).map_err(|error| malformed(&format!("{path}: {error}")))
}

/// Something that a log tells and that cannot be used.
pub fn malformed(detail: &str) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
    }
}
