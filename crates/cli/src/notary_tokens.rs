//! `assay notary token`: who may write to a notary.

use crate::error::CliError;
use crate::exit::Exit;
use crate::notary::args::{Data, DataAndLock};
use crate::output;
use assay_notary::tokens;
use serde_json::json;

const ADD_EXAMPLES: &str = "\
Only the token is on standard output. Whoever has it logs in with it.

Examples:
  assay notary token add ci --data /var/lib/assay/notary > token.txt";

const LIST_EXAMPLES: &str = "\
Examples:
  assay notary token list --data /var/lib/assay/notary";

const REMOVE_EXAMPLES: &str = "\
Examples:
  assay notary token remove ci --data /var/lib/assay/notary";

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
pub enum TokenCommand {
    /// Make a token, and print it this once; the notary may be running.
    #[command(after_help = ADD_EXAMPLES)]
    Add(TokenArgs),
    /// Show the names of all tokens. The tokens themselves are kept nowhere.
    #[command(after_help = LIST_EXAMPLES)]
    List(TokenListArgs),
    /// Remove a token: from now on it opens nothing; the notary may be running.
    #[command(after_help = REMOVE_EXAMPLES)]
    Remove(TokenRemoveArgs),
}

/// `assay notary token add`.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// Whose token it is, such as ci or alice: it is in the log lines of what is written with it.
    pub name: String,
    #[command(flatten)]
    pub place: Data,
    /// Print JSON (schema assay.token.v1).
    #[arg(long)]
    pub json: bool,
}

/// `assay notary token remove`.
#[derive(Debug, clap::Args)]
pub struct TokenRemoveArgs {
    /// Whose token it is, as `list` shows it.
    pub name: String,
    #[command(flatten)]
    pub place: DataAndLock,
    /// Print JSON (schema assay.token.v1).
    #[arg(long)]
    pub json: bool,
}

/// `assay notary token list`.
#[derive(Debug, clap::Args)]
pub struct TokenListArgs {
    #[command(flatten)]
    pub place: Data,
    /// Print JSON (schema assay.tokens.v1).
    #[arg(long)]
    pub json: bool,
}

/// Does it.
///
/// # Errors
/// When there is no notary, or it cannot be done.
pub fn run(command: &TokenCommand) -> Result<Exit, CliError> {
    match command {
        TokenCommand::Add(args) => add(args)?,
        TokenCommand::List(args) => list(args)?,
        TokenCommand::Remove(args) => {
            tokens::remove(&args.place.data, args.place.lock.as_deref(), &args.name)?;
            if args.json {
                output::json(&json!({
                    "schema": "assay.token.v1", "name": args.name, "outcome": "removed",
                }))?;
            } else {
                output::say(&format!("removed {}", output::plain(&args.name)))?;
            }
        }
    }
    Ok(Exit::DONE)
}

fn add(args: &TokenArgs) -> Result<(), CliError> {
    let token = tokens::add(&args.place.data, &args.name)?;
    if args.json {
        return output::json(&json!({
            "schema": "assay.token.v1", "name": args.name, "outcome": "added", "token": token,
        }));
    }
    // Only the token on standard output, so that it can be redirected into a file.
    output::say(&token)?;
    output::note("this is the only time that the token is shown");
    Ok(())
}

fn list(args: &TokenListArgs) -> Result<(), CliError> {
    let tokens = tokens::list(&args.place.data)?;
    if args.json {
        let tokens: Vec<_> = tokens
            .iter()
            .map(|token| json!({ "name": token.name, "created": token.created }))
            .collect();
        return output::json(&json!({ "schema": "assay.tokens.v1", "tokens": tokens }));
    }
    for token in &tokens {
        output::say(&output::plain(&token.name))?;
    }
    if tokens.is_empty() {
        output::note("there are no tokens; `assay notary token add NAME` makes one");
    }
    Ok(())
}
