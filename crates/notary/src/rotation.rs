//! New keys for a notary. The new trust root names the old keys with the end of their time in office
//! beside the new ones, and is signed with the old log key, so that whoever pinned the old one
//! follows.
//!
//! The tree goes on as it is. What was logged so far stays provable under the old log key, by the
//! last checkpoint that it signed; what comes is signed by the new one. The first new entry is the
//! link that leads from one trust root to the other.

use crate::authority::{Authority, AuthorityFiles};
use crate::clock::{now, time_after};
use crate::error::NotaryError;
use crate::identity::Identity;
use crate::keys::SigningKey;
use crate::notary::Notary;
use crate::sequencer::SequencerError;
use crate::trust::{LogFiles, PastAuthority, PastLog, TrustState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

/// Which keys are to be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotate {
    /// The log's.
    pub log: bool,
    /// The certificate authority's.
    pub authority: bool,
}

/// What a rotation led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The trust root's fingerprint before.
    pub before: String,
    /// The trust root's fingerprint now.
    pub after: String,
    /// SHA-256 of the log's key now, hexadecimal.
    pub log_id: String,
}

/// Gives the notary in `data` new keys; its lock is in the directory `lock`, or else where it was when
/// the notary ran last, or else beside the data. It must not be running.
///
/// # Errors
/// When it is running, there is none, or its files cannot be read or written. Whenever this fails,
/// the old keys are in office or the new ones, and the next start finishes what was begun.
pub async fn rotate(
    data: &Path,
    lock: Option<&Path>,
    what: Rotate,
) -> Result<Rotated, NotaryError> {
    let before = begin(data, lock, what).await?;
    let notary = Notary::open_existing(data, lock)?;
    notary.settle().await?;
    Ok(Rotated {
        before,
        after: notary.fingerprint().to_owned(),
        log_id: notary.log_id(),
    })
}

/// The first half of [`rotate`]: when this returns, the new keys are in office, and what is left is
/// done at the next start. Returns the trust root's fingerprint before.
///
/// # Errors
/// As [`rotate`]; the old keys are in office then.
pub async fn begin(data: &Path, lock: Option<&Path>, what: Rotate) -> Result<String, NotaryError> {
    let notary = Notary::open_existing(data, lock)?;
    // Else the new keys would be in office, and nobody could be told.
    time_after(notary.last_time()?).map_err(SequencerError::from)?;
    // What is to be logged under the old keys is.
    notary.settle().await?;
    let state = successor(data, notary.identity(), &notary, what)?;
    notary.save_trust(&state)?;
    Ok(notary.fingerprint().to_owned())
}

/// The state with new keys, whose files are there when this returns.
fn successor(
    data: &Path,
    identity: &Identity,
    notary: &Notary,
    what: Rotate,
) -> Result<TrustState, NotaryError> {
    let old = notary.trust().state.clone();
    let mut state = old.clone();
    let head = notary.head();
    // A clock that was set back must not put the new keys before entries of the old ones.
    let time = now().max(notary.last_time()?);
    let number = state.links.len();
    let old_log = SigningKey::load(&data.join(&old.log.key))?;
    let old_authority = Authority::open(data, identity, &old.authority)?;
    if what.log {
        state.log = LogFiles {
            key: format!("keys/log-{number}.pem"),
            since: time,
        };
        state.past_logs.push(PastLog {
            key: STANDARD.encode(old_log.public_der()),
            since: old.log.since,
            until: time,
            size: head.size,
            root: hex::encode(head.root),
            checkpoint: head.checkpoint.clone(),
        });
        state.retired.push(old.log.key.clone());
    }
    if what.authority {
        state.authority = AuthorityFiles {
            key: format!("keys/authority-{number}.pem"),
            certificate: format!("authority-{number}.pem"),
            since: time,
        };
        state.past_authorities.push(PastAuthority {
            certificate: STANDARD.encode(old_authority.certificate()),
            since: old.authority.since,
            until: time,
        });
        state.retired.push(old.authority.key.clone());
        state.retired.push(old.authority.certificate.clone());
    }
    // They are made here: those of an attempt that was cut off were removed when the notary was opened.
    let log = SigningKey::load_or_create(&data.join(&state.log.key))?;
    let authority = Authority::open(data, identity, &state.authority)?;
    let trusted_root = state.trusted_root(identity, &log, &authority)?;
    let mut keys = vec![&old_log];
    if what.log {
        keys.push(&log);
    }
    state.add_link(Some(&trusted_root), Vec::new(), &keys)?;
    let entry = state.entry_of_last_link(&keys);
    state.unlogged.extend(entry);
    Ok(state)
}
