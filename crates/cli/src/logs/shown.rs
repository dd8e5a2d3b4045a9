//! A log that is remembered, as it is printed.

use super::files::Kept;
use crate::output::plain;
use assay_core::digest::Sha256Digest;
use assay_core::log_memory::{Alarm, Checkpoint, LogMemory};
use assay_core::root_store::day;
use assay_core::settings::Notary;
use serde::Serialize;

/// What is remembered of a log.
#[derive(Debug, Serialize)]
pub struct ShownLog {
    /// The name of the log here, for `assay logs`.
    id: String,
    /// The notary's address, or the log's name for itself where it is no pinned notary's.
    name: String,
    /// The trust root that names the log's key.
    trust_root: String,
    /// The key's id in that trust root, hexadecimal.
    log_id: String,
    /// The log's name for itself. Text from outside as it came.
    origin: String,
    /// The largest tree that it showed.
    #[serde(flatten)]
    latest: ShownTree,
    /// When it last showed something that was not known of it, in seconds since 1970.
    seen_at: i64,
    /// That it contradicted itself, and the user has not decided.
    alarm: Option<ShownAlarm>,
    /// Alarms on which the user decided, the oldest first.
    decided: Vec<ShownAlarm>,
}

/// A state of a log.
#[derive(Debug, Serialize)]
struct ShownTree {
    /// How many entries it has.
    size: u64,
    /// Its root.
    root_hash: Sha256Digest,
}

/// That a log contradicted itself.
#[derive(Debug, Serialize)]
struct ShownAlarm {
    /// When it was found, in seconds since 1970.
    found_at: i64,
    /// What was remembered.
    remembered: ShownTree,
    /// What was shown later.
    shown: ShownTree,
    /// When the user decided, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<i64>,
}

impl ShownLog {
    /// A log; the notaries are those whose names are known.
    pub(super) fn of(kept: &Kept, notaries: &[Notary]) -> Self {
        let memory: &LogMemory = &kept.memory;
        let notary = notaries
            .iter()
            .find(|notary| notary.root_id() == memory.log.root);
        let name = notary.map_or(memory.log.name(), |notary| &notary.address);
        Self {
            id: memory.id.clone(),
            name: name.to_owned(),
            trust_root: memory.log.root.as_str().to_owned(),
            log_id: memory.log.key_id.clone(),
            origin: memory.log.origin.clone(),
            latest: (&memory.latest).into(),
            seen_at: kept.seen_at,
            alarm: memory.alarm.as_ref().map(Into::into),
            decided: memory.decided.iter().map(Into::into).collect(),
        }
    }

    /// The lines that list it.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![
            plain(&self.name),
            format!("  id          {}", self.id),
            format!("  log         {}", plain(&self.origin)),
            format!("  log key     {}", plain(&self.log_id)),
            format!("  trust root  {}", plain(&self.trust_root)),
            format!("  known       {}", self.latest.text()),
            format!("  seen        {}", day(self.seen_at)),
        ];
        for alarm in &self.decided {
            let found = day(alarm.found_at);
            let decided = day(alarm.decided_at.unwrap_or_default());
            lines.push(format!(
                "  decided     contradicted itself on {found}, trusted again on {decided}"
            ));
        }
        if let Some(alarm) = &self.alarm {
            lines.push(format!(
                "  ALARM       contradicted itself on {}; proves nothing until you decide",
                day(alarm.found_at)
            ));
            lines.push(format!("    known     {}", alarm.remembered.text()));
            lines.push(format!("    shown     {}", alarm.shown.text()));
        }
        lines.join("\n")
    }

    /// What to tell the user whenever they meet a log with an alarm.
    pub fn warning(&self) -> String {
        let Self { name, origin, .. } = self;
        let id = self.id.get(..super::SHORTEST_ID).unwrap_or(&self.id);
        format!(
            "warning: the log of {name} ({origin}) contradicts itself: it signed two histories, and \
             only one of them can be true. Nothing that it proves counts until you decide. Show the \
             evidence to whoever runs it (assay logs evidence {id}); if you then trust the log \
             again: assay logs trust {id}"
        )
    }
}

impl ShownTree {
    fn text(&self) -> String {
        format!("{} entries, root {}", self.size, self.root_hash)
    }
}

impl From<&Checkpoint> for ShownTree {
    fn from(checkpoint: &Checkpoint) -> Self {
        Self {
            size: checkpoint.size,
            root_hash: checkpoint.root_hash,
        }
    }
}

impl From<&Alarm> for ShownAlarm {
    fn from(alarm: &Alarm) -> Self {
        Self {
            found_at: alarm.found_at,
            remembered: (&alarm.remembered).into(),
            shown: (&alarm.shown).into(),
            decided_at: alarm.decided_at,
        }
    }
}
