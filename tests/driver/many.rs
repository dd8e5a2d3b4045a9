use assay_core::digest::Sha256Digest;
use assay_core::reason::Reason;
use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_core::words::Message;

/// So many records, each made of a real one, newest first and a little more than an hour apart: of
/// various names, sites, signers and verdicts, with the same proofs.
pub fn many_records(real: &DownloadRecord, count: usize) -> Vec<DownloadRecord> {
    (0..count).map(|number| made_of(real, number)).collect()
}

const NAMES: [&str; 10] = [
    "aurora-{}.tar.gz",
    "field-notes-{}.pdf",
    "holiday-{}.jpeg",
    "installer-{}-x64.msi",
    "Jahresbericht {} für die Geschäftsführung, endgültige Fassung.docx",
    "linux-image-{}.iso",
    "statement-{}.csv",
    "tools_{}_amd64.deb",
    "writer-{}.dmg",
    "数据集-{}.zip",
];
const SITES: [Option<&str>; 6] = [
    Some("downloads.aurora.example"),
    Some("dl.example.org"),
    Some("mail.example.com"),
    Some("mirror.uni.example"),
    Some("releases.tools.example"),
    None,
];
const HOUR: f64 = 3_600_000.0;

fn made_of(real: &DownloadRecord, number: usize) -> DownloadRecord {
    let mut record = real.clone();
    let place = |of: usize| number.wrapping_mul(2_654_435_761) / 7 % of;
    record.id = format!("made/{number}");
    record.browser_id = -1;
    record.file_name = NAMES[place(NAMES.len())].replace("{}", &number.to_string());
    record.path = format!("/nowhere/{}", record.file_name);
    record.site = SITES[place(SITES.len())].map(str::to_owned);
    record.size = (number as u64 + 1) * 7919 % 4_000_000_000;
    record.completed_at = real.completed_at - (number as f64 + 1.0) * 1.1 * HOUR;
    record.digest = Some(Sha256Digest::of(number.to_string().as_bytes()));
    let Some(judgement) = &mut record.judgement else {
        return record;
    };
    let verdict = match place(20) {
        0..=4 => Verdict::Verified,
        5 => Verdict::Signed,
        6 => Verdict::Intact,
        7 => Verdict::Unchecked,
        8 if number.is_multiple_of(7) => Verdict::Untrusted,
        9 if number.is_multiple_of(5) => Verdict::Changed,
        _ => Verdict::Unknown,
    };
    judgement.verdict = verdict;
    if matches!(
        verdict,
        Verdict::Unknown | Verdict::Unchecked | Verdict::Intact
    ) {
        judgement.signer = None;
        let reason = match verdict {
            Verdict::Unchecked => Reason::FileMissing,
            _ => Reason::NobodyKnows { sources: 1 },
        };
        judgement.reasons = vec![reason.message()];
    } else if number.is_multiple_of(3) {
        judgement.reasons.push(Message::bare("reason_file_changed"));
    }
    record
}
