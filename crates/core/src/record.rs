//! What is remembered of one download.

use crate::artifact::ArtifactDigests;
use crate::closer_look::{Found, Wanted};
use crate::digest::Sha256Digest;
use crate::evidence::Evidence;
use crate::judged::Judged;
use crate::obtained::Obtained;
use crate::project::Project;
use crate::reason::Reason;
use crate::settings::Settings;
use crate::site_rule::Demand;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// The version of the stored records.
pub const RECORD_VERSION: u32 = 1;

/// What is remembered of one download. Written before anything is done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DownloadRecord {
    /// [`RECORD_VERSION`] when written by this version.
    pub version: u32,
    /// The record's key: the browser's number for the download and the time it began, as the
    /// number alone can return after the browser's own history was cleared.
    pub id: String,
    /// The browser's number for the download.
    pub browser_id: i32,
    /// The absolute path, as the browser reports it.
    pub path: String,
    /// The file's name: the path's last segment. Hostile text.
    pub file_name: String,
    /// The address that was asked for first.
    pub url: String,
    /// The address that served the file, after redirects.
    pub final_url: String,
    /// The host that the download came from, where there is one.
    pub site: Option<String>,
    /// The file's size in bytes.
    pub size: u64,
    /// When the download completed, in milliseconds since 1970.
    pub completed_at: f64,
    /// Whether it was made in a private window. Such a record lives until the browser closes.
    pub incognito: bool,
    /// How far the check has come.
    pub stage: Stage,
    /// The digest of the bytes on disk, once they were read.
    pub digest: Option<Sha256Digest>,
    /// What the bytes are read for beyond that.
    #[serde(default)]
    pub wanted: Wanted,
    /// What came of it.
    #[serde(default)]
    pub found: Option<Found>,
    /// What each source's answer proved.
    pub evidence: Vec<Evidence>,
    /// The outcome of the last check.
    pub judgement: Option<Judged>,
    /// Whether that was told while somebody was still waited for: then it is the outcome of no check.
    #[serde(default)]
    pub early: bool,
    /// The outcome of the last check, if it was.
    #[serde(default)]
    pub before: Option<Judged>,
    /// When its check last came to an end, in milliseconds since 1970.
    pub judged_at: Option<f64>,
    /// When it is checked again by itself, because something that passes kept it from being
    /// complete.
    pub retry: Option<Retry>,
    /// When an alarm about it was raised, in milliseconds since 1970, as long as the user has not
    /// seen it.
    pub unseen_alarm: Option<f64>,
    /// How often the sources were asked without getting to a judgement. A check that is cut off
    /// again and again is given up in the end.
    pub cut_off: u32,
    /// Whether the file was deleted from here.
    pub deleted: bool,
    /// The host of the page that started the download, where that was told.
    #[serde(default)]
    pub page: Option<String>,
    /// Whether the file is being removed: it is hashed once more before.
    #[serde(default)]
    pub removing: bool,
    /// Whether only those are asked who proved the file: about once a week, whether they stand by it.
    #[serde(default)]
    pub again: bool,
    /// What became of a file that does not meet what is required of it.
    #[serde(default)]
    pub hold: Option<Hold>,
}

/// What became of a file that does not meet what is required of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The user is to decide.
    Asking,
    /// The user kept it.
    Kept,
    /// It was removed, because the user decided so, then or beforehand.
    Removed,
    /// It was to be removed, and another file was in its place, which was left alone.
    Replaced,
}

/// How far the check of a download has come. Whatever the stage, a check that was cut off goes on
/// from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The bytes are to be read, or are being read.
    Hashing,
    /// The digest is known; the sources are to be asked, or are being asked.
    Asking,
    /// There is a judgement.
    Done,
}

/// A check that will be made again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// How often it was tried already.
    pub attempts: u32,
    /// When it is due, in milliseconds since 1970.
    pub due_at: f64,
}

impl DownloadRecord {
    /// A file that the user brought: as if it had been downloaded from nowhere. It has no key, and is
    /// stored nowhere.
    pub fn brought(file_name: String, size: u64) -> Self {
        Self {
            version: RECORD_VERSION,
            id: String::new(),
            browser_id: 0,
            path: String::new(),
            file_name,
            url: String::new(),
            final_url: String::new(),
            site: None,
            size,
            completed_at: 0.0,
            incognito: false,
            stage: Stage::Hashing,
            digest: None,
            wanted: Wanted::default(),
            found: None,
            evidence: Vec::new(),
            judgement: None,
            early: false,
            before: None,
            judged_at: None,
            retry: None,
            unseen_alarm: None,
            cut_off: 0,
            deleted: false,
            page: None,
            removing: false,
            again: false,
            hold: None,
        }
    }

    /// The outcome, once there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.stage {
            Stage::Done => self.judgement.as_ref().map(|judgement| judgement.verdict),
            Stage::Hashing | Stage::Asking => None,
        }
    }

    /// All digests that are known.
    pub fn digests(&self) -> ArtifactDigests {
        let found = self.found.as_ref();
        ArtifactDigests {
            sha256: self.digest,
            sha512: found.map(|found| found.sha512),
            blake2b: found.map(|found| found.blake2b),
        }
    }

    /// Where and when the file was downloaded.
    pub fn obtained(&self) -> Obtained<'_> {
        Obtained {
            url: &self.url,
            final_url: &self.final_url,
            site: self.site.as_deref(),
            page: self.page.as_deref(),
            at: self.completed_at,
        }
    }

    /// The outcome of the last check that came to its end.
    fn checked(&self) -> Option<&Judged> {
        match self.early {
            true => self.before.as_ref(),
            false => self.judgement.as_ref(),
        }
    }

    /// Takes what is told while somebody is still waited for.
    pub fn tell_early(&mut self, judged: Judged) {
        let told = self.judgement.replace(judged);
        if !self.early {
            (self.early, self.before) = (true, told);
        }
    }

    /// Takes back what was told early, as the check comes to its end.
    pub fn end_early(&mut self) {
        if self.early {
            (self.early, self.judgement) = (false, self.before.take());
        }
    }

    /// Judges the file by this evidence, and by what is remembered of the project that it belongs to.
    pub fn judge(
        &self,
        evidence: &[Evidence],
        settings: &Settings,
        project: Option<&Project>,
    ) -> Judged {
        let earlier = self.checked();
        let obtained = self.obtained();
        obtained.judge(evidence, settings, project, earlier).into()
    }

    /// The judgement about the file where its bytes could not be read.
    pub fn unread(&self, reason: Reason, settings: &Settings) -> Judged {
        let earlier = self.checked();
        self.obtained().unread(reason, settings, earlier).into()
    }

    /// The hosts that the download has to do with.
    pub fn hosts(&self) -> Vec<String> {
        self.obtained().hosts()
    }

    /// Whether no check of it got through so far: there was none, or an outage kept it from being more
    /// than a question to the user. To be asked before the outcome of another one is written.
    pub fn is_new(&self) -> bool {
        let earlier = self.checked().map(|judged| judged.verdict);
        let was_cut_off = earlier.is_none_or(|verdict| verdict == Verdict::Unchecked);
        self.judged_at.is_none() || self.hold == Some(Hold::Asking) && was_cut_off
    }

    /// Holds the file against what is demanded of it, when it was just checked. Whether it is to be
    /// removed without a question is given back.
    ///
    /// What could not be checked, and what nobody was asked about, is put to the user in any case: an
    /// outage removes nothing. And what was
    /// there before a rule was made is left alone: of a file that was not [new](Self::is_new), only a
    /// warning is put to the user.
    pub fn hold_against(&mut self, demand: &Demand, is_new: bool) -> bool {
        let Some(verdict) = self.verdict().filter(|_| !self.deleted) else {
            return false;
        };
        match self.hold {
            Some(Hold::Asking) if demand.is_met_by(verdict) => self.hold = None,
            None if demand.is_met_by(verdict) || !(is_new || verdict.is_alarm()) => {}
            None | Some(Hold::Asking) => {
                self.hold = Some(Hold::Asking);
                let is_checked = verdict != Verdict::Unchecked && !self.evidence.is_empty();
                return is_new && demand.remove && is_checked;
            }
            Some(Hold::Kept | Hold::Removed | Hold::Replaced) => {}
        }
        false
    }

    /// Forgets the proofs themselves, and keeps what they proved.
    pub fn drop_bundles(&mut self) {
        for evidence in &mut self.evidence {
            evidence.drop_bundles();
        }
    }

    /// The record's key for a download with this number and time of beginning.
    pub fn key(browser_id: i32, started: &str) -> String {
        format!("{started}/{browser_id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Scope, TrustedSigner};
    use crate::signer::{Identity, RootId, Signer};
    use crate::site_rule::{Mode, SiteRule};

    const REMOVING: Demand = Demand {
        mode: Mode::Require,
        accept_authentic: false,
        remove: true,
    };

    /// Has the record checked with this outcome, and holds it against the demand.
    fn check(
        record: &mut DownloadRecord,
        verdict: Verdict,
        demand: &Demand,
    ) -> (bool, Option<Hold>) {
        let is_new = record.is_new();
        record.stage = Stage::Done;
        record.evidence = vec![Evidence::proving("notary", "Notary", Vec::new())];
        record.judgement = Some(judged(verdict, None));
        record.judged_at = Some(1.0);
        (record.hold_against(demand, is_new), record.hold)
    }

    fn downloaded() -> DownloadRecord {
        DownloadRecord::brought("tool.bin".to_owned(), 1)
    }

    #[test]
    fn what_is_new_is_held_and_removed_where_that_is_demanded() {
        let asking = Demand {
            remove: false,
            ..REMOVING
        };
        let held = Some(Hold::Asking);
        let first = |verdict, demand| check(&mut downloaded(), verdict, demand);
        assert_eq!(first(Verdict::Unknown, &asking), (false, held));
        assert_eq!(first(Verdict::Unknown, &REMOVING), (true, held));
        assert_eq!(first(Verdict::Verified, &REMOVING), (false, None));
        assert_eq!(first(Verdict::Unknown, &Demand::default()), (false, None));
    }

    #[test]
    fn what_nobody_was_asked_about_is_not_removed_without_a_question() {
        let mut record = downloaded();
        check(&mut record, Verdict::Unknown, &Demand::default());
        record.evidence.clear();
        record.hold = None;
        assert!(!record.hold_against(&REMOVING, true));
        assert_eq!(record.hold, Some(Hold::Asking));
    }

    #[test]
    fn an_outage_removes_nothing_and_the_check_after_it_decides() {
        for (verdict, outcome) in [
            (Verdict::Unknown, (true, Some(Hold::Asking))),
            (Verdict::Verified, (false, None)),
        ] {
            let mut record = downloaded();
            let held = (false, Some(Hold::Asking));
            assert_eq!(check(&mut record, Verdict::Unchecked, &REMOVING), held);
            assert_eq!(check(&mut record, verdict, &REMOVING), outcome);
        }
    }

    fn signer() -> Signer {
        Signer {
            root: RootId::sigstore(),
            identity: Identity::Key {
                fingerprint: "SHA256:1".into(),
            },
        }
    }

    fn judged(verdict: Verdict, signer: Option<Signer>) -> Judged {
        Judged {
            verdict,
            signer,
            reasons: Vec::new(),
            may_pass: false,
            may_last: false,
            wait: None,
            warned_by: Vec::new(),
        }
    }

    /// A warning that is taken back by what is heard later does not stay, nor does one of a check that was
    /// cut off; one of a check does.
    #[test]
    fn what_is_told_early_is_the_outcome_of_no_check() {
        let signer = signer();
        let mut settings = Settings::default();
        settings.trusted.push(TrustedSigner {
            signer: signer.clone(),
            scope: Scope::Everywhere,
            key: None,
        });
        let warning = || judged(Verdict::Untrusted, Some(signer.clone()));
        let verdict = |record: &DownloadRecord| record.judge(&[], &settings, None).verdict;

        let mut record = downloaded();
        for _ in 0..2 {
            record.tell_early(warning());
            assert_eq!(record.judgement, Some(warning()));
            assert_eq!(verdict(&record), Verdict::Unknown);
        }
        record.end_early();
        assert_eq!((record.early, &record.judgement), (false, &None));
        // What a check said before is still said.
        record.judgement = Some(warning());
        record.tell_early(judged(Verdict::Verified, None));
        assert_eq!(verdict(&record), Verdict::Untrusted);
        record.end_early();
        assert_eq!(record.judgement, Some(warning()));
        record.end_early();
        assert_eq!(record.judgement, Some(warning()));
    }

    /// Whoever is named by a rule for the site alone.
    #[test]
    fn a_warning_stays_where_the_file_cannot_be_read_as_long_as_a_rule_names_who_warned() {
        let signer = signer();
        let mut settings = Settings::default();
        settings.set_rule(SiteRule {
            host: "example.org".into(),
            below: true,
            demand: REMOVING,
            signers: vec![signer.clone()],
        });
        let mut record = downloaded();
        record.judgement = Some(judged(Verdict::Untrusted, Some(signer)));
        for (url, expected) in [
            ("https://dl.example.org/a", Verdict::Untrusted),
            ("https://example.com/a", Verdict::Unchecked),
        ] {
            record.url = url.into();
            let unread = record.unread(Reason::FileMissing, &settings);
            assert_eq!(unread.verdict, expected, "{url}");
        }
    }

    #[test]
    fn what_an_outage_held_up_is_new_although_something_was_told_early() {
        let mut record = downloaded();
        check(&mut record, Verdict::Unchecked, &REMOVING);
        record.tell_early(judged(Verdict::Signed, None));
        assert!(record.is_new());
        record.end_early();
        let removed = (true, Some(Hold::Asking));
        assert_eq!(check(&mut record, Verdict::Signed, &REMOVING), removed);
    }

    #[test]
    fn a_rule_made_later_holds_and_removes_nothing_that_was_there_before() {
        let mut record = downloaded();
        check(&mut record, Verdict::Unknown, &Demand::default());
        for verdict in [Verdict::Unknown, Verdict::Unchecked, Verdict::Signed] {
            assert_eq!(check(&mut record, verdict, &REMOVING), (false, None));
        }
        // A warning is the user's to decide on, however often it comes.
        for _ in 0..2 {
            let asked = (false, Some(Hold::Asking));
            assert_eq!(check(&mut record, Verdict::Untrusted, &REMOVING), asked);
        }
        record.hold = Some(Hold::Kept);
        let kept = (false, Some(Hold::Kept));
        assert_eq!(check(&mut record, Verdict::Untrusted, &REMOVING), kept);
    }
}
