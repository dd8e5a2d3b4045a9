//! `assay notary backup`, `restore` and `adopt`: a notary's data as a whole.

use crate::error::CliError;
use crate::exit::Exit;
use crate::notary::args::Data;
use crate::output;
use assay_notary::final_acts::Redone;
use assay_notary::restore::{Agreed, restore_agreed};
use serde_json::json;
use std::path::PathBuf;

const BACKUP_EXAMPLES: &str = "\
Examples:
  assay notary backup --data /var/lib/assay/notary --to /backup/notary-2026-11-28";

/// `assay notary backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = BACKUP_EXAMPLES)]
pub struct BackupArgs {
    #[command(flatten)]
    pub place: Data,
    /// The file to write, which must not be there yet. It holds the notary's private keys.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Print JSON (schema assay.notary.backup.v1).
    #[arg(long)]
    pub json: bool,
}

const RESTORE_EXAMPLES: &str = "\
With the lock that the notary had, the log goes on or begins a new tree, so that it never forks.

Examples:
  assay notary restore /backup/notary-2026-11-28 --data /var/lib/assay/notary-new --lock /var/lib/assay/notary.lock";

/// `assay notary restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = RESTORE_EXAMPLES)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    pub from: PathBuf,
    /// The new data directory: not there yet, or empty.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The directory with the log's lock, as the notary had it [default: beside the new data
    /// directory, its name with .lock].
    #[arg(long, value_name = "DIR")]
    pub lock: Option<PathBuf>,
    /// End this tree, which an earlier restore began in place of the backup's: what it logged since
    /// then is lost. Without it, such a backup is refused.
    #[arg(long, value_name = "NUMBER")]
    pub end_tree: Option<u64>,
    /// Put keys of the notary into office again that were replaced after the backup, and that others
    /// may know. Without it, such a backup is refused.
    #[arg(long)]
    pub earlier_keys: bool,
    /// Print JSON (schema assay.notary.restored.v1).
    #[arg(long)]
    pub json: bool,
}

const ADOPT_EXAMPLES: &str = "\
Examples:
  assay notary adopt --data /var/lib/assay/notary";

/// `assay notary adopt`.
#[derive(Debug, clap::Args)]
#[command(after_help = ADOPT_EXAMPLES)]
pub struct AdoptArgs {
    #[command(flatten)]
    pub place: Data,
    /// The directory in which the log's lock is made [default: beside the data directory, its name
    /// with .lock].
    #[arg(long, value_name = "DIR")]
    pub lock: Option<PathBuf>,
    /// Print JSON (schema assay.notary.adopted.v1).
    #[arg(long)]
    pub json: bool,
}

/// Writes a backup.
///
/// # Errors
/// When it cannot be made.
pub fn back_up(args: &BackupArgs) -> Result<Exit, CliError> {
    let bytes = assay_notary::backup_file::make(&args.place.data, &args.to)?;
    let file = args.to.to_string_lossy();
    if args.json {
        output::json(&json!({
            "schema": "assay.notary.backup.v1",
            "file": file,
            "bytes": bytes,
        }))?;
    } else {
        output::say(&format!(
            "backed up to {} ({bytes} bytes)\nIt holds the notary's private keys: keep it as you \
             keep those.",
            output::plain(&file)
        ))?;
    }
    Ok(Exit::DONE)
}

/// Restores a backup.
///
/// # Errors
/// When it cannot be restored.
pub fn restore(args: &RestoreArgs) -> Result<Exit, CliError> {
    let lock = args.lock.as_deref();
    let agreed = Agreed {
        end_tree: args.end_tree,
        earlier_keys: args.earlier_keys,
    };
    let restored = restore_agreed(&args.from, &args.data, lock, agreed)?;
    let tree = restored.identity.tree_id.to_string();
    let is_new = !restored.ended.is_empty();
    if args.json {
        let ended = restored
            .ended
            .iter()
            .map(|ended| json!({"tree_id": ended.tree_id.to_string(), "entries_lost": ended.lost}));
        let first = restored.ended.first();
        output::json(&json!({
            "schema": "assay.notary.restored.v1",
            "data": args.data.to_string_lossy(),
            "tree_id": tree,
            "entries": restored.size,
            "ended_tree_id": first.map(|ended| ended.tree_id.to_string()),
            "ended_trees": ended.collect::<Vec<_>>(),
            "entries_lost": restored.lost().filter(|_| is_new),
            "signers_revoked_again": restored.redone.as_ref().map(|redone| &redone.revoked),
            "tokens_removed_again": restored.redone.as_ref().map(|redone| &redone.removed),
        }))?;
        return Ok(Exit::DONE);
    }
    let mut text = format!(
        "restored {} entries to {}",
        restored.size,
        output::plain(&args.data.to_string_lossy())
    );
    text += &match is_new {
        false => {
            format!("\nThe log goes on as tree {tree}: it has signed nothing since the backup.")
        }
        true => format!("\nThe log begins tree {tree} with them."),
    };
    for ended in &restored.ended {
        let lost = match ended.lost {
            Some(0) => "Nothing of it is lost.".to_owned(),
            Some(lost) => format!("It has signed {lost} entries that are lost."),
            None => "There is no lock that says whether it has signed more since the backup: tell \
                     your users."
                .to_owned(),
        };
        text += &format!("\nTree {} has ended. {lost}", ended.tree_id);
    }
    text += &told_again(restored.redone.as_ref());
    output::say(&text)?;
    Ok(Exit::DONE)
}

/// What was revoked and removed since the backup, and what has to be made again.
fn told_again(redone: Option<&Redone>) -> String {
    let Some(redone) = redone else {
        return "\nThe lock store does not say which signers were revoked, which tokens removed and which \
                keys replaced since the backup: as far as that was done, all of it counts again. \
                Before you start the notary, revoke, remove and rotate again \
                ('assay notary signer list' and 'token list' show what there is)."
            .to_owned();
    };
    let names = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| output::plain(name)).collect();
        names.join(", ")
    };
    let mut text = String::new();
    if !redone.revoked.is_empty() {
        text += &format!(
            "\nRevoked again, as after the backup: {}.",
            names(&redone.revoked)
        );
    }
    if !redone.removed.is_empty() {
        text += &format!(
            "\nTokens removed again, as after the backup: {}.",
            names(&redone.removed)
        );
    }
    text + "\nSigners that were enrolled and tokens that were made since the backup are not there: \
            make them again."
}

/// Brings data of an earlier version up to date.
///
/// # Errors
/// When it cannot be.
pub fn adopt(args: &AdoptArgs) -> Result<Exit, CliError> {
    let size = assay_notary::adopt::adopt(&args.place.data, args.lock.as_deref())?;
    if args.json {
        output::json(&json!({
            "schema": "assay.notary.adopted.v1",
            "data": args.place.data.to_string_lossy(),
            "entries": size,
        }))?;
    } else {
        output::say(&format!(
            "{} is up to date: {size} entries, and the log has its lock",
            output::plain(&args.place.data.to_string_lossy())
        ))?;
    }
    Ok(Exit::DONE)
}
