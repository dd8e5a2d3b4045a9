//! What was accepted before, verified again: a stored record is believed no more than an answer.

use super::metadata::accepted;
use super::origin::Origin;
use super::pin::Pin;
use super::refresh::TARGET;
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::{Freshness, HeldRoot, RootRecord, RootReport};
use assay_core::trust_root::{TrustRoot, TrustRootError, fingerprint};
use sigstore_tuf::{Root, Targets, TrustedMetadataSet};

/// The trust root that proofs are checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootInUse<'a> {
    /// The `trusted_root.json`.
    pub trusted_root: &'a str,
    /// How old it is.
    pub freshness: Freshness,
    /// Whether it is the embedded one.
    pub embedded: bool,
    /// The version of the newest TUF root that was accepted.
    pub tuf_root: u64,
}

/// The trust root in use: the one that the last complete refresh led to, if it can be proven
/// from the embedded TUF root on; else the embedded one. A root that was refreshed before the
/// embedded one was taken gives way to it.
///
/// # Errors
/// When the embedded TUF root is none.
pub fn in_use<'a>(
    origin: &'a Origin,
    record: Option<&'a RootRecord>,
) -> Result<RootInUse<'a>, RefreshError> {
    let known = Known::from(origin, record)?;
    let tuf_root = known.set.root().version;
    Ok(match known.held {
        Some(held) => RootInUse {
            trusted_root: &held.trusted_root,
            freshness: Freshness {
                refreshed_at: held.refreshed_at,
                fresh_until: Some(held.fresh_until),
            },
            embedded: false,
            tuf_root,
        },
        None => RootInUse {
            trusted_root: &origin.trusted_root,
            freshness: origin.embedded_freshness(),
            embedded: true,
            tuf_root,
        },
    })
}

/// The trust root in use, ready to be proven with, and how old it is.
///
/// # Errors
/// As [`in_use`], and when it is no trust root.
pub fn trust_root(
    origin: &Origin,
    record: Option<&RootRecord>,
) -> Result<(TrustRoot, Freshness), RefreshError> {
    let used = in_use(origin, record)?;
    let root = TrustRoot::parse(origin.root.clone(), used.trusted_root).map_err(unusable)?;
    Ok((root, used.freshness))
}

/// What can be seen of a trust root. `now` is in seconds since 1970.
///
/// # Errors
/// As [`in_use`].
pub fn report(
    origin: &Origin,
    record: Option<&RootRecord>,
    now: i64,
) -> Result<RootReport, RefreshError> {
    let used = in_use(origin, record)?;
    Ok(RootReport {
        root: origin.root.clone(),
        address: origin.address.clone().into_owned(),
        fingerprint: fingerprint(used.trusted_root).map_err(unusable)?,
        embedded: used.embedded,
        tuf_root: used.tuf_root,
        freshness: used.freshness,
        stale: used.freshness.stale(&origin.root, now),
        failed: record.and_then(|record| record.failed.clone()),
    })
}

/// What can be proven of a record.
pub(super) struct Known<'a> {
    /// Holds the newest TUF root, and nothing below it.
    pub(super) set: TrustedMetadataSet,
    /// How many of the record's TUF roots follow from the embedded one.
    pub(super) roots: usize,
    /// The held trust root, where it is the repository's.
    pub(super) held: Option<&'a HeldRoot>,
}

impl<'a> Known<'a> {
    pub(super) fn from(
        origin: &Origin,
        record: Option<&'a RootRecord>,
    ) -> Result<Self, RefreshError> {
        assay_core::crypto::install();
        let mut set = TrustedMetadataSet::from_root(origin.tuf_root.as_bytes())
            .map_err(|error| super::metadata::refused("root.json", error))?;
        let embedded = set.root().version;
        let Some(record) = record else {
            return Ok(Self {
                set,
                roots: 0,
                held: None,
            });
        };
        let held = record
            .held
            .as_ref()
            .filter(|held| held.refreshed_at >= origin.embedded_at);
        // A newer program embeds a newer TUF root than the held trust root was signed under.
        let mut proven =
            held.is_some_and(|held| held.tuf_root <= embedded && is_from(set.root(), held));
        let mut roots = 0;
        for text in &record.tuf_roots {
            // Those up to the embedded one were stored by an older program.
            if version_of(text).is_some_and(|version| version <= embedded) {
                roots += 1;
                continue;
            }
            if set.update_root(text.as_bytes()).is_err() {
                break;
            }
            roots += 1;
            proven |= held.is_some_and(|held| {
                held.tuf_root == set.root().version && is_from(set.root(), held)
            });
        }
        Ok(Self {
            set,
            roots,
            held: held.filter(|_| proven),
        })
    }
}

/// Whether the keys of `root` signed that the held trust root is theirs.
fn is_from(root: &Root, held: &HeldRoot) -> bool {
    let Some(targets) = accepted::<Targets>(root, Some(&held.targets)) else {
        return false;
    };
    targets.target(TARGET).is_some_and(|target| {
        let pin = Pin::of_target(target);
        pin.check(TARGET, held.trusted_root.as_bytes()).is_ok()
    })
}

fn unusable(error: TrustRootError) -> RefreshError {
    RefreshCheck::Usable.failed(TARGET, "a Sigstore trusted_root.json", error.to_string())
}

fn version_of(tuf_root: &str) -> Option<u64> {
    let root = super::metadata::read::<Root>("root.json", tuf_root).ok()?;
    Some(root.signed().version)
}
