//! `assay log audit`: reads a notary's whole log, and checks that it is what it commits to.
//!
//! The order is: the two checkpoints, signed with the keys of the pinned trust root and with the
//! pinned verifier key; the tree as it was at the last audit, which must be the beginning of the one
//! of now; then all entries and tiles from there on, a few at a time; and whether the search finds
//! the entries. What held is remembered for the next audit; what differed is not.

pub mod args;
mod checkpoints;
mod difference;
mod download;
mod memory;
mod report;
mod restored;
mod search;
#[cfg(test)]
mod tests;
mod walk;

use crate::client::Client;
use crate::contact::{self, KnownNotary};
use crate::error::CliError;
use crate::exit::Exit;
use crate::logs;
use crate::memory::Memory;
use crate::output;
use crate::progress::Reading;
use crate::roots::now;
use args::{AuditArgs, TransparencyLogArgs, TransparencyLogCommand};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_notary::merkle;
use assay_notary::signed_note::VerifierKey;
use assay_notary::tiles::{Edge, TILE_WIDTH, Tile, TileKind, split_entries, split_hashes};
use checkpoints::Signed;
use difference::{Differences, Kind};
use download::Log;
use futures_util::{StreamExt, stream};
use memory::{Audited, Seen};
use report::Report;
use restored::Restored;
use search::{Lookup, Wanted, digest_of};
use walk::{Commitment, Walk};

/// How many tiles are asked for at once. As a bundle can have 16 MiB, this also bounds the memory.
const AT_ONCE: usize = 6;

/// `assay log`.
///
/// # Errors
/// When the audit could not be made.
pub fn run(args: &TransparencyLogArgs) -> Result<Exit, CliError> {
    let TransparencyLogCommand::Audit(args) = &args.command;
    let client = Client::new();
    let named = args.notary.clone().or_else(contact::in_environment);
    let address = contact::required(named.as_deref())?;
    let known = contact::contact(&client, &address, args.fingerprint.as_deref())?;
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| CliError::Internal(error.to_string()))?;
    let report = runtime.block_on(Audit::new(&client, &known, args)?.run())?;
    match args.json {
        true => output::json(&report)?,
        false => output::say(&report.text())?,
    }
    Ok(report.exit())
}

struct Audit<'a> {
    args: &'a AuditArgs,
    notary: &'a KnownNotary,
    address: &'a str,
    log: Log<'a>,
    memory: Memory,
}

/// What came of reading the log.
struct Read {
    found: Differences,
    /// Why it was not read to its end.
    failure: Option<Failure>,
    continued_from: Option<u64>,
    entries: u64,
    tiles: u64,
    looked: search::Looked,
}

impl<'a> Audit<'a> {
    fn new(
        client: &'a Client,
        notary: &'a KnownNotary,
        args: &'a AuditArgs,
    ) -> Result<Self, CliError> {
        let address = &notary.notary.address;
        Ok(Self {
            args,
            notary,
            address,
            log: Log::of(client, address),
            memory: Memory::of_this_user()?,
        })
    }

    async fn run(&self) -> Result<Report, CliError> {
        let given = self.given_key()?;
        let (mut audited, pinned) = self.key(given.as_ref()).await?;
        let mut found = Differences::default();
        let told = checkpoints::told(&self.log).await;
        let told = told.map_err(|failure| self.no_answer(failure))?;
        let restored = Restored::of(&pinned, &told).map_err(|failure| self.no_answer(failure))?;
        let (restored, key) = match restored {
            Some((restored, key)) => (Some(restored), key),
            None => (None, pinned.clone()),
        };
        self.refuse_another_key(given.as_ref(), &pinned, &key)?;
        let signed = checkpoints::read(&self.log, &told, self.notary, &key, &mut found).await;
        let mut signed = signed.map_err(|failure| self.no_answer(failure))?;
        let mut last = audited.last.clone();
        let mut others = self.remembered(&signed)?;
        if let Some(restored) = &restored {
            others.extend(restored.commitment.clone());
            if let Some(lost) = last.take_if(|last| last.size > restored.restored_entries) {
                found.add(
                    Kind::Lost,
                    "the last audit",
                    None,
                    format!("{} entries of tree {}", lost.size, restored.ended_tree_id),
                    format!(
                        "tree {}, into which {} of them were restored",
                        restored.tree_id, restored.restored_entries
                    ),
                );
            }
        }
        others.extend(last.as_ref().map(|seen| Commitment {
            size: seen.size,
            root: seen.root(),
            place: "the last audit".to_owned(),
            kind: Kind::Forked,
        }));
        signed.sort_by_key(|signed| signed.commitment.size);
        let Some(newest) = signed.pop() else {
            // No checkpoint holds: there is nothing that the log could be held to.
            return Ok(self.report(&key, None, self.unread(found), restored));
        };
        others.extend(signed.into_iter().map(|signed| signed.commitment));
        let target = newest.commitment.clone();
        for other in others.iter().filter(|other| other.size > target.size) {
            let entries = |size: u64| format!("{size} entries or more");
            let place = &other.place;
            found.add(
                Kind::RolledBack,
                place,
                None,
                entries(other.size),
                target.size,
            );
        }
        let read = self.read(&target, others, last.as_ref(), found).await;
        let read = read.map_err(|failure| self.no_answer(failure))?;
        match &read.failure {
            Some(failure) if read.found.is_empty() => return Err(self.no_answer(failure.clone())),
            _ => {}
        }
        if read.found.is_empty() {
            audited.verifier_key = key.to_string();
            audited.last = Some(Seen {
                size: target.size,
                root_hash: Sha256Digest::new(target.root),
                checkpoint: newest.note,
                audited_at: now(),
            });
            memory::remember(&self.memory, self.address, &audited)?;
        }
        Ok(self.report(&key, Some(&target), read, restored))
    }

    /// The key that verifies the checkpoints: the pinned one, which is pinned at the first audit.
    async fn key(&self, given: Option<&VerifierKey>) -> Result<(Audited, VerifierKey), CliError> {
        let kept: Option<Audited> = self.memory.read(self.address)?;
        let audited = match (kept, given) {
            (Some(kept), _) => kept,
            (None, Some(given)) => memory::pin(&self.memory, self.address, &given.to_string())?,
            (None, None) => {
                let shown = checkpoints::shown_key(&self.log).await;
                let shown = shown.map_err(|failure| self.no_answer(failure))?;
                output::note(&format!(
                    "first audit of {}: its verifier key is pinned, {shown}",
                    self.address
                ));
                memory::pin(&self.memory, self.address, &shown.to_string())?
            }
        };
        let pinned: VerifierKey = audited.verifier_key.parse().map_err(|error| {
            CliError::Log(format!(
                "the pinned verifier key of {}: {error}",
                self.address
            ))
        })?;
        Ok((audited, pinned))
    }

    fn given_key(&self) -> Result<Option<VerifierKey>, CliError> {
        let given = self.args.key.as_deref().map(str::trim);
        given
            .map(str::parse)
            .transpose()
            .map_err(|error| CliError::Usage(format!("--key: {error}")))
    }

    /// The key that was given must be the pinned one, or the one that it has become.
    fn refuse_another_key(
        &self,
        given: Option<&VerifierKey>,
        pinned: &VerifierKey,
        now: &VerifierKey,
    ) -> Result<(), CliError> {
        match given {
            Some(given) if given != pinned && given != now => Err(CliError::Log(format!(
                "the log of {} was audited with the verifier key {pinned} so far, not with {given}. \
                 If the log was begun anew, remove {}: the next audit is then the first",
                self.address,
                self.memory.place::<Audited>(self.address).display()
            ))),
            _ => Ok(()),
        }
    }

    /// What else this user has seen of this log, when files were verified.
    fn remembered(&self, signed: &[Signed]) -> Result<Vec<Commitment>, CliError> {
        let memories = logs::remembered(&self.notary.notary.root_id())?;
        let of_this = memories.iter().filter(|memory| {
            signed
                .iter()
                .any(|signed| signed.origin == memory.log.origin)
        });
        Ok(of_this
            .flat_map(|memory| memory.older.iter().chain([&memory.latest]))
            .map(|seen| Commitment {
                size: seen.size,
                root: *seen.root_hash.as_bytes(),
                place: "what is remembered of the log".to_owned(),
                kind: Kind::Forked,
            })
            .collect())
    }

    async fn read(
        &self,
        target: &Commitment,
        others: Vec<Commitment>,
        last: Option<&Seen>,
        found: Differences,
    ) -> Result<Read, Failure> {
        let mut walk = Walk::new(target.clone(), others.clone());
        let mut continued_from = None;
        let last = last.filter(|last| !self.args.full && last.size <= target.size);
        if let Some(last) = last {
            // If the tiles do not lead to what was seen then, it shows where, when all is read.
            if let Some(edge) = self.edge(last, target.size).await?
                && let Ok(continued) = Walk::after(last.size, &edge, target.clone(), others)
            {
                walk = continued;
                continued_from = Some(last.size);
            }
        }
        let first = continued_from.unwrap_or_default();
        let mut lookup = Lookup::new(&self.log, self.args.search, target.size - first);
        let mut progress = Reading::of_log(self.address, target.size - first);
        let mut read = self.unread(Differences::default());
        read.continued_from = continued_from;
        // What was found before stands first.
        let begun = std::mem::replace(&mut walk.found, found);
        walk.found.append(begun);
        let tiles = stream::iter(walk.tiles()).map(|tile| async move {
            let bytes = self.log.tile(&tile).await;
            (tile, bytes)
        });
        let mut tiles = std::pin::pin!(tiles.buffered(AT_ONCE));
        while let Some((tile, bytes)) = tiles.next().await {
            let bytes = match bytes {
                Ok(bytes) => bytes,
                Err(failure) => {
                    output::note(&format!("{tile} cannot be read: {failure}"));
                    read.failure = Some(failure);
                    break;
                }
            };
            let bytes = bytes.as_deref();
            read.tiles += 1;
            if let TileKind::Hashes { level } = tile.kind {
                walk.take_hashes(&tile, level, bytes);
                continue;
            }
            let leaves = walk.take_entries(&tile, bytes);
            read.entries += leaves.len() as u64;
            progress.advance(leaves.len());
            let wanted = wanted(&tile, bytes, &leaves, first, &lookup);
            if let Err(failure) = lookup.check(wanted, &mut walk.found).await {
                read.failure = Some(failure);
                break;
            }
        }
        read.looked = lookup.looked(self.args.search);
        read.found = match read.failure {
            None => walk.finish(),
            Some(_) => walk.found,
        };
        Ok(read)
    }

    /// The right edge of the tree as it was at the last audit, from the tiles of now; `None` if they
    /// do not lead to what it was then.
    async fn edge(&self, last: &Seen, size: u64) -> Result<Option<Edge>, Failure> {
        let mut edge = Edge::default();
        let width = u64::from(TILE_WIDTH);
        for level in 0.. {
            let kind = TileKind::Hashes { level };
            let count = kind.count(last.size);
            if count == 0 {
                break;
            }
            let mut hashes = Vec::new();
            if !count.is_multiple_of(width)
                && let Some(tile) = Tile::in_log(kind, count / width, size)
            {
                hashes = split_hashes(&self.log.tile(&tile).await?.unwrap_or_default());
                hashes.truncate((count % width) as usize);
            }
            edge.0.push(hashes);
        }
        let leads = merkle::root(last.size, &edge) == Ok(last.root());
        Ok(leads.then_some(edge))
    }

    fn report(
        &self,
        key: &VerifierKey,
        target: Option<&Commitment>,
        read: Read,
        restored: Option<Restored>,
    ) -> Report {
        let memory = self.memory.place::<Audited>(self.address);
        Report::new(self.address, key, target, read, &memory).with(restored)
    }

    fn unread(&self, found: Differences) -> Read {
        Read {
            found,
            failure: None,
            continued_from: None,
            entries: 0,
            tiles: 0,
            looked: Lookup::new(&self.log, self.args.search, 0).looked(self.args.search),
        }
    }

    fn no_answer(&self, failure: Failure) -> CliError {
        CliError::NoAnswer {
            address: self.address.to_owned(),
            failure,
        }
    }
}

/// Which of the entries in a bundle are looked up; those before `first` were, at the last audit.
fn wanted(
    tile: &Tile,
    bytes: Option<&[u8]>,
    leaves: &[Option<merkle::Hash>],
    first: u64,
    lookup: &Lookup<'_>,
) -> Vec<Wanted> {
    let bodies = split_entries(bytes.unwrap_or_default(), tile.width).unwrap_or_default();
    let entries = leaves.iter().zip(bodies).zip(tile.start()..);
    entries
        .filter(|(_, index)| *index >= first && lookup.wants())
        .filter_map(|((leaf, body), index)| {
            Some(Wanted {
                index,
                leaf: (*leaf)?,
                digest: digest_of(body),
            })
        })
        .collect()
}
