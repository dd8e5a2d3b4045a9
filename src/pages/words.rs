//! Sentences in the user's language, with what is filled in made safe to look at.

use super::hostile_text::isolated;
use crate::chrome::i18n;
use assay_core::record::DownloadRecord;
use assay_core::settings::Settings;
use assay_core::signer::Signer;
use assay_core::verdict::Verdict;
use assay_core::words::Message;

/// The sentence of a message.
pub fn say(message: &Message) -> String {
    let args: Vec<String> = message.args.iter().map(|arg| isolated(arg)).collect();
    i18n::text(&Message {
        key: message.key.clone(),
        args,
    })
}

/// The words of a key with nothing to fill in.
pub fn t(key: &str) -> String {
    i18n::bare(key)
}

/// The words of a key with what is filled in taken as it is: only for what was made here and is
/// safe to look at (figures, sentences, [`isolated`] text).
pub fn filled(key: &str, args: &[&str]) -> String {
    i18n::text(&Message::new(key, args.iter().copied()))
}

/// The words of a key with one thing from outside to fill in.
pub fn t1(key: &str, arg: &str) -> String {
    say(&Message::new(key, [arg]))
}

/// The words of a key with several things from outside to fill in.
pub fn tn(key: &str, args: &[&str]) -> String {
    say(&Message::new(key, args.iter().copied()))
}

/// The word of a verdict.
pub fn verdict(verdict: Verdict) -> String {
    keyed("verdict_", verdict.word(), "")
}

/// The word of a verdict with its first reason.
pub fn verdict_because(outcome: Verdict, because: Option<&Message>) -> String {
    match (outcome, because) {
        (Verdict::Authentic, Some(Message { key, args }))
            if key == "reason_signed_by_publisher" =>
        {
            let publisher = args.get(1).map_or("", String::as_str);
            t1("verdict_authentic_from", publisher)
        }
        _ => verdict(outcome),
    }
}

/// What a verdict means, in one or two sentences.
pub fn verdict_meaning(verdict: Verdict) -> String {
    keyed("verdict_", verdict.word(), "_meaning")
}

/// The word of a record's badge. An authentic file's word names the publisher.
pub fn badge(record: &DownloadRecord, reading: bool) -> String {
    let because = record.judgement.as_ref().and_then(|j| j.reasons.first());
    match record.verdict() {
        Some(outcome) => verdict_because(outcome, because),
        None => t(match record.stage {
            assay_core::record::Stage::Asking => "stage_asking",
            _ if reading => "stage_hashing",
            _ => "stage_waiting",
        }),
    }
}

/// A signer in plain words.
pub fn signer(signer: &Signer) -> String {
    say(&signer.message())
}

/// By what the signer is proven: the same name under two roots is two signers.
pub fn proven_by(settings: &Settings, signer: &Signer) -> String {
    if !signer.root.is_notary() {
        return t1("settings_proven_by", signer.root.name());
    }
    settings
        .notaries
        .iter()
        .find(|notary| notary.root_id() == signer.root)
        .map_or_else(
            || t("settings_proven_by_removed"),
            |notary| t1("settings_proven_by", &notary.name),
        )
}

fn keyed(prefix: &str, word: &str, suffix: &str) -> String {
    let mut key = String::with_capacity(prefix.len() + word.len() + suffix.len());
    key.push_str(prefix);
    key.push_str(word);
    key.push_str(suffix);
    t(&key)
}
