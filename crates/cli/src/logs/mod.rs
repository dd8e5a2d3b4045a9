//! Logs that are remembered: comparing with them, and `assay logs`.

pub mod args;
mod files;
mod shown;
#[cfg(test)]
mod tests;

pub use shown::ShownLog;

use crate::client::Client;
use crate::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::roots::now;
use args::{LogsArgs, LogsCommand};
use assay_core::attestation::Attestation;
use assay_core::evidence::Evidence;
use assay_core::log_memory::{Alarm, Contradiction, LogMemory, blocked, withhold, withhold_all};
use assay_core::reason::Reason;
use assay_core::revocation;
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::signer::RootId;
use assay_sources::remembered::compare;
use files::{Kept, LogFiles};
use serde_json::json;

/// So much of a log's id must be given at least.
const SHORTEST_ID: usize = 8;

/// The memory of logs.
pub struct Comparing<'a> {
    client: &'a Client,
    files: LogFiles,
    notaries: &'a [Notary],
    roots: &'a Roots,
}

impl<'a> Comparing<'a> {
    /// Compares with what this user remembers; `roots` are those that evidence is proven with, and
    /// `notary` is the one whose log is named by its address.
    ///
    /// # Errors
    /// When the platform names no place for the memory.
    pub fn new(
        client: &'a Client,
        notary: Option<&'a Notary>,
        roots: &'a Roots,
    ) -> Result<Self, CliError> {
        let notaries = notary.map(std::slice::from_ref).unwrap_or_default();
        Self::of_several(client, notaries, roots)
    }

    /// The same with several notaries.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_several(
        client: &'a Client,
        notaries: &'a [Notary],
        roots: &'a Roots,
    ) -> Result<Self, CliError> {
        Ok(Self {
            client,
            files: LogFiles::of_this_user()?,
            notaries,
            roots,
        })
    }

    /// Withholds what was proven under a log that cannot be relied on now. What comes out about a
    /// log is written down before this returns. The logs of the root in `asked` can be asked for
    /// proofs at the address beside it.
    pub async fn compare(&self, evidence: &mut Evidence, asked: Option<(&RootId, &str)>) {
        compare(self.client, &self.files, asked, self.roots, evidence, now()).await;
        self.withhold_revoked(std::slice::from_mut(evidence));
    }

    /// Withholds what logs proved before it came out, by a later file or in another process, that
    /// they contradict themselves.
    pub fn withhold(&self, evidence: &mut [Evidence]) {
        self.files.withhold(evidence);
        self.withhold_revoked(evidence);
    }

    /// Withholds what was signed with keys that a notary had revoked.
    fn withhold_revoked(&self, evidence: &mut [Evidence]) {
        revocation::withhold(evidence, self.notaries);
    }

    /// The logs that contradicted themselves, and on which the user has not decided: those under all
    /// trust roots but notaries' that had no part in this (`has_part`).
    pub fn alarms(&self, has_part: impl Fn(&RootId) -> bool) -> Vec<ShownLog> {
        let mut found = Vec::new();
        let provers = self.roots.provers().filter(|prover| {
            let root = prover.root().id();
            !root.is_notary() || has_part(root)
        });
        for prover in provers {
            // Where it cannot be read, the reasons tell.
            let kept = self.files.read(prover.root().id()).unwrap_or_default();
            found.extend(kept.into_iter().filter(|kept| kept.memory.alarm.is_some()));
        }
        found
            .iter()
            .map(|kept| ShownLog::of(kept, self.notaries))
            .collect()
    }
}

/// Why a proof does not count for this user, although it is one: its log has contradicted itself, what
/// is remembered of logs cannot be read, or its notary is known to have revoked the key. Nobody is
/// asked.
pub fn doubt(attestation: &Attestation) -> Option<Reason> {
    // Where there is no place for it, nothing is remembered.
    let files = LogFiles::of_this_user().ok()?;
    let source = attestation.signer.root.as_str();
    let mut evidence = [Evidence::proving(source, source, vec![attestation.clone()])];
    files.withhold(&mut evidence);
    revocation::withhold(&mut evidence, &contact::pinned());
    let [evidence] = &evidence;
    let withheld = evidence.withheld().first()?;
    Some(Reason::withheld(source, withheld))
}

/// Refuses to have anything logged in a log that contradicted itself.
///
/// # Errors
/// As long as the user has not decided about a log of this notary, or when it cannot be told.
pub fn refuse_alarmed(notary: &Notary) -> Result<(), CliError> {
    let files = LogFiles::of_this_user()?;
    let kept = files.read(&notary.root_id())?;
    // What is logged is compared then, and what is remembered written down: where that cannot be done,
    // nothing is logged.
    drop(files.take_turn(&notary.root_id())?);
    match kept.iter().find(|kept| kept.memory.alarm.is_some()) {
        None => Ok(()),
        Some(kept) => Err(CliError::Log(format!(
            "the log {} of {} has contradicted itself. Nothing is logged there until you decide \
             about it: see `assay logs`",
            kept.memory.id, notary.address
        ))),
    }
}

/// What this user remembers of the logs of a trust root.
///
/// # Errors
/// When any of it cannot be read.
pub fn remembered(root: &RootId) -> Result<Vec<LogMemory>, CliError> {
    let kept = LogFiles::of_this_user()?.read(root)?;
    Ok(kept.into_iter().map(|kept| kept.memory).collect())
}

/// `assay logs`.
///
/// # Errors
/// When what is remembered cannot be read or written, or there is no such log.
pub fn run(args: &LogsArgs) -> Result<Exit, CliError> {
    let files = LogFiles::of_this_user()?;
    match &args.command {
        None => list(&files, args.json),
        Some(LogsCommand::Evidence(log)) => evidence(&files, &log.id),
        Some(LogsCommand::Trust(log)) => trust(&files, &log.id, args.json),
        Some(LogsCommand::Forget(log)) => forget(&files, &log.id, args.json),
    }
}

fn list(files: &LogFiles, as_json: bool) -> Result<Exit, CliError> {
    let notaries = contact::pinned();
    let (found, problems) = files.all();
    let logs: Vec<ShownLog> = found
        .iter()
        .map(|kept| ShownLog::of(kept, &notaries))
        .collect();
    let unreadable: Vec<String> = problems.iter().map(ToString::to_string).collect();
    if as_json {
        output::json(&json!({
            "schema": "assay.logs.v1",
            "logs": logs,
            "unreadable": unreadable,
        }))?;
    } else {
        for log in &logs {
            output::say(&log.text())?;
        }
        if logs.is_empty() && unreadable.is_empty() {
            output::note("no log is remembered yet");
        }
    }
    for problem in &unreadable {
        output::complain(problem);
    }
    Ok(match unreadable.is_empty() {
        true => Exit::DONE,
        false => Exit::FAILED,
    })
}

/// Prints the evidence of the alarm on which the user has to decide, else of the last one on which
/// they did.
fn evidence(files: &LogFiles, id: &str) -> Result<Exit, CliError> {
    let Kept { memory, .. } = find(files, id)?;
    let alarm: &Alarm = memory
        .alarm
        .as_ref()
        .or(memory.decided.last())
        .ok_or_else(|| CliError::Log(format!("the log {} never contradicted itself", memory.id)))?;
    let evidence = Contradiction::parse(&alarm.evidence)
        .map_err(|problem| CliError::Log(format!("the evidence does not hold: {problem}")))?;
    output::json(&evidence)?;
    Ok(Exit::DONE)
}

/// The user trusts a log again.
fn trust(files: &LogFiles, id: &str, as_json: bool) -> Result<Exit, CliError> {
    let root = find(files, id)?.memory.log.root;
    let turn = files.take_turn(&root)?;
    // As it is now that nobody else changes it.
    let mut kept = find(files, id)?;
    let alarmed = kept.memory.alarm.is_some();
    if alarmed {
        kept.memory.trust_again(now());
        files.write(&kept, &turn)?;
    }
    drop(turn);
    let log = ShownLog::of(&kept, &contact::pinned());
    if as_json {
        let outcome = if alarmed { "trusted" } else { "unchanged" };
        output::json(&json!({ "schema": "assay.log.v1", "outcome": outcome, "log": log }))?;
    } else {
        let said = match alarmed {
            true => "What this log proves counts again, from the history on that it showed last.",
            false => "There is nothing to decide about this log.",
        };
        output::say(&format!("{}\n{said}", log.text()))?;
    }
    Ok(Exit::DONE)
}

/// The user has a log forgotten. Not what is evidence against it.
fn forget(files: &LogFiles, id: &str, as_json: bool) -> Result<Exit, CliError> {
    let root = find(files, id)?.memory.log.root;
    let turn = files.take_turn(&root)?;
    let kept = find(files, id)?;
    if kept.memory.alarm.is_some() {
        return Err(CliError::Log(format!(
            "the log {} has contradicted itself, which is not forgotten: decide about it with \
             `assay logs trust`",
            kept.memory.id
        )));
    }
    files.remove(&kept, &turn)?;
    drop(turn);
    let log = ShownLog::of(&kept, &contact::pinned());
    if as_json {
        output::json(&json!({ "schema": "assay.log.v1", "outcome": "forgotten", "log": log }))?;
    } else {
        output::say(&format!(
            "{}\nForgotten: this log is taken as it shows itself the next time.",
            log.text()
        ))?;
    }
    Ok(Exit::DONE)
}

/// The log whose id begins like this. As long as any memory cannot be read, it may be the one that
/// was meant; that is told where no other is.
fn find(files: &LogFiles, id: &str) -> Result<Kept, CliError> {
    let (found, problems) = files.all();
    let id = id.to_ascii_lowercase();
    let mut meant = found
        .into_iter()
        .filter(|kept| id.len() >= SHORTEST_ID && kept.memory.id.starts_with(&id));
    match (meant.next(), meant.next()) {
        (Some(kept), None) => Ok(kept),
        (Some(_), Some(_)) => Err(CliError::Log(format!("{id:?} are several logs"))),
        (None, _) => Err(problems.into_iter().next().unwrap_or_else(|| {
            CliError::Log(format!(
                "no log is remembered whose id begins with {id:?}; `assay logs` shows the ids, of \
                 which {SHORTEST_ID} digits are enough"
            ))
        })),
    }
}

impl LogFiles {
    /// Withholds what was proven by logs that contradicted themselves; where it cannot be told which
    /// these are, what any log proved.
    fn withhold(&self, evidence: &mut [Evidence]) {
        let mut memories = Vec::new();
        for root in roots_of(evidence) {
            match self.read(&root) {
                Ok(found) => memories.extend(found.into_iter().map(|kept| kept.memory)),
                Err(error) => return withhold_all(evidence, &error.to_string()),
            }
        }
        withhold(evidence, &blocked(&memories));
    }
}

/// The trust roots under which something is proven, or withheld, that was logged.
pub fn roots_of(evidence: &[Evidence]) -> Vec<RootId> {
    let proven = evidence.iter().flat_map(Evidence::proven);
    let withheld = evidence
        .iter()
        .flat_map(Evidence::withheld)
        .map(|one| &one.attestation);
    let mut roots: Vec<RootId> = proven
        .chain(withheld)
        .filter(|attestation| attestation.logged.is_some())
        .map(|attestation| attestation.signer.root.clone())
        .collect();
    roots.sort();
    roots.dedup();
    roots
}
