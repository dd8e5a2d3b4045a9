//! The offer to trust a signer whom the user does not know yet.

use super::details::ask;
use super::ground::{Entry, Ground};
use crate::pages::dom;
use crate::pages::parts::{self, Tag, named_button};
use crate::pages::words::{self, filled, t, t1};
use assay_core::evidence::Evidence;
use assay_core::message::Request;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::{Scope, Settings};
use assay_core::signer::Signer;
use assay_core::verdict::Verdict;
use sycamore::prelude::*;
use sycamore::web::tags;

/// How many signers are offered at most: anybody can log statements about any file, and a list of
/// strangers is no help.
const OFFERED: usize = 3;

/// An offer for each proven signer who is not trusted for this download yet. None while the file
/// is warned of: then is not the time to be generous.
pub fn offers(ground: Ground, entry: Entry) -> View {
    let read = move || {
        let settings = ground.settings.get_clone();
        entry.record.with(|record| strangers(record, &settings))
    };
    parts::live_on(read, move |signers| {
        let settings = ground.settings.get_clone();
        let site = entry.record.with(|record| record.site.clone());
        signers
            .iter()
            .map(|signer| offer(entry, &settings, signer, site.as_deref()))
            .collect::<Vec<View>>()
            .into()
    })
}

fn offer(entry: Entry, settings: &Settings, signer: &Signer, site: Option<&str>) -> View {
    let name = words::signer(signer);
    let trust = |scope: Scope| {
        let request = Request::Trust {
            signer: signer.clone(),
            scope,
        };
        let done = t1("said_trusted", &signer.name());
        move |_: web_sys::MouseEvent| {
            // The offer is about to vanish, and the focus must not vanish with it.
            dom::focus(entry.head);
            ask(entry, request.clone(), Some(done.clone()));
        }
    };
    let mut buttons = vec![named_button(
        "button button-strong",
        "trust-everywhere",
        t("do_trust_everywhere"),
        None,
        trust(Scope::Everywhere),
    )];
    if let Some(host) = site {
        let host = host.to_owned();
        buttons.push(named_button(
            "button",
            "trust-site",
            t1("do_trust_site", &host),
            None,
            trust(Scope::Site { host }),
        ));
    }
    tags::div()
        .class("details-trust")
        .attr("role", "group")
        .attr("aria-label", t("do_trust_title"))
        .children(vec![
            parts::text(Tag::Subtitle, "details-title", t("do_trust_title")),
            parts::text(
                Tag::Paragraph,
                "details-line",
                filled("do_trust_text", &[&name]),
            ),
            parts::text(
                Tag::Paragraph,
                "details-aside",
                words::proven_by(settings, signer),
            ),
            tags::div().class("button-row").children(buttons).into(),
        ])
        .into()
}

fn strangers(record: &DownloadRecord, settings: &Settings) -> Vec<Signer> {
    let warned_of = matches!(
        record.verdict(),
        None | Some(Verdict::Untrusted | Verdict::Changed | Verdict::Forged | Verdict::Mismatch)
    );
    if warned_of || record.stage != Stage::Done {
        return Vec::new();
    }
    let mut found: Vec<Signer> = Vec::new();
    for attestation in record.evidence.iter().flat_map(Evidence::proven) {
        let signer = &attestation.signer;
        let known = settings.trusts(signer, record.site.as_deref());
        if !known && attestation.claim.vouches() && !found.contains(signer) {
            found.push(signer.clone());
        }
    }
    found.truncate(OFFERED);
    found
}
