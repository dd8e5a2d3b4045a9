//! The signers whom the user trusts.

use super::field::{self, Deed, Field};
use super::{Ground, make, remove_button};
use crate::pages::change::Change;
use crate::pages::history::address_of_signer;
use crate::pages::modes;
use crate::pages::parts::{self, Tag};
use crate::pages::words::{self, t, t1};
use assay_core::managed::Lock;
use assay_core::message::Request;
use assay_core::settings::{Scope, Settings, TrustedSigner};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// The section about signers.
pub fn view(ground: Ground) -> View {
    // Only whether it is locked decides about the form: what is typed there stays.
    let locked = create_selector(move || {
        ground
            .settings
            .with(|settings| settings.managed.locks(Lock::Trusted))
    });
    tags::section()
        .class("card")
        .attr("id", "signers")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("settings_signers")),
            parts::text(Tag::Paragraph, "card-text", t("settings_signers_text")),
            parts::live(move || list(ground)),
            parts::live(move || match locked.get() {
                true => View::new(),
                false => form(ground),
            }),
        ])
        .into()
}

/// Minisign's keys are brought by the user: a file names no key that could be believed.
fn form(ground: Ground) -> View {
    let field = Field {
        id: "minisign-key",
        kind: "text",
        label: "settings_minisign",
        hint: Some("settings_minisign_hint"),
        action: "add-minisign",
        words: "settings_minisign_add",
        done: "settings_saved",
    };
    field::form(ground, field, |key| {
        let key = key.to_owned();
        Ok(Deed::Ask(Request::TrustMinisign { key }))
    })
}

fn list(ground: Ground) -> View {
    let settings = ground.settings.get_clone();
    let managed = &settings.managed.trusted;
    if settings.trusted.is_empty() && managed.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("settings_no_signers"));
    }
    let managed = managed.iter().map(|trusted| (trusted, true));
    let own = settings.trusted.iter().map(|trusted| (trusted, false));
    let rows: Vec<View> = managed
        .chain(own)
        .map(|(trusted, is_managed)| row(ground, &settings, trusted, is_managed))
        .collect();
    tags::ul().class("rows").children(rows).into()
}

fn row(ground: Ground, settings: &Settings, trusted: &TrustedSigner, is_managed: bool) -> View {
    let TrustedSigner { signer, scope, .. } = trusted;
    let scope_words = match scope {
        Scope::Everywhere => t("settings_scope_everywhere"),
        Scope::Site { host } => t1("settings_scope_site", host),
    };
    let remove = {
        let change = Change::Distrust {
            signer: signer.clone(),
            scope: scope.clone(),
        };
        move || make(ground, change.clone(), "settings_saved_removed")
    };
    tags::li()
        .class("row")
        .attr("data-trusted", signer.name())
        .children(vec![
            tags::div()
                .class("row-main")
                .children(vec![
                    tags::bdi()
                        .class("row-title")
                        .children(words::signer(signer))
                        .into(),
                    parts::text(Tag::Span, "row-text", scope_words),
                    parts::text(Tag::Span, "row-text", words::proven_by(settings, signer)),
                    tags::a()
                        .class("link row-link")
                        .attr("data-action", "signed-here")
                        .attr("href", address_of_signer(&words::signer(signer)))
                        .attr("aria-label", t1("signers_downloads_named", &signer.name()))
                        .children(t("signers_downloads"))
                        .into(),
                ])
                .into(),
            tags::div()
                .class("row-side")
                .children(match is_managed || settings.managed.locks(Lock::Trusted) {
                    true => parts::text(Tag::Span, "row-text", modes::managed_by(settings)),
                    false => remove_button(
                        "remove-trusted",
                        "settings_remove",
                        &signer.name(),
                        Rc::new(remove),
                    ),
                })
                .into(),
        ])
        .into()
}
