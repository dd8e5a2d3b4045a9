//! A notary's trust root: fetched when it is added, when the page is opened and when it is tested.
//! Another one than is pinned counts if it was signed with the pinned one's keys, which the background
//! finds out, and else for nothing until the user says so.

use super::{Question, Sources, asking_button, make, problem};
use crate::bus;
use crate::chrome::storage::{self, Area};
use crate::fetch::Fetch;
use crate::pages::change::Change;
use crate::pages::dom;
use crate::pages::parts::{self, Tag, button, named_button};
use crate::pages::words::{t, t1};
use crate::settings_store;
use assay_core::evidence::Failure;
use assay_core::message::Request;
use assay_core::settings::{Notary, Settings};
use assay_core::signer::RootId;
use assay_core::trust_root::{self, TrustRoot};
use assay_sources::{Transport, notary};
use std::collections::HashMap;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;
use wasm_bindgen_futures::spawn_local;

/// By the notaries' addresses.
pub type NewRoots = Signal<Rc<HashMap<String, NewRoot>>>;

/// A trust root.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    /// The `trusted_root.json`.
    pub trusted_root: String,
    /// Its fingerprint.
    pub fingerprint: String,
}

/// A trust root that is not the pinned one.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRoot {
    root: Root,
    /// Whether the user keeps the old one.
    kept: bool,
}

/// Why no trust root could be had.
pub enum Fetched {
    /// There was no answer.
    Failed(Failure),
    /// The answer is none.
    Unusable(String),
}

/// The trust root that the notary at this address shows.
///
/// # Errors
/// When there is none.
pub async fn fetch(address: &str) -> Result<Root, Fetched> {
    let request = notary::trust_root_request(address);
    let answer = Fetch::default().send(&request).await;
    let answer = answer.map_err(Fetched::Failed)?;
    if answer.status != 200 {
        let status = answer.status;
        return Err(Fetched::Failed(Failure::Status { status }));
    }
    let unusable = |error: String| Fetched::Unusable(error);
    let trusted_root =
        String::from_utf8(answer.body).map_err(|error| unusable(error.to_string()))?;
    let usable = TrustRoot::parse(RootId::notary(""), &trusted_root);
    let fingerprint = usable.and_then(|_| trust_root::fingerprint(&trusted_root));
    match fingerprint {
        Ok(fingerprint) => Ok(Root {
            trusted_root,
            fingerprint,
        }),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// The fingerprint of the root that is pinned.
pub fn pinned(notary: &Notary) -> String {
    let pinned = trust_root::fingerprint(&notary.trusted_root);
    pinned.unwrap_or_else(|_| notary.fingerprint.clone())
}

/// Looks at the trust roots of all notaries that are asked. One that does not answer is no news here.
pub fn look_at_all(sources: Sources, settings: &Settings) {
    let asked = settings.notaries.iter().filter(|one| one.enabled);
    for notary in asked.cloned() {
        spawn_local(async move {
            if let Ok(root) = fetch(&notary.address).await {
                compare(sources, &notary, root, false).await;
            }
        });
    }
}

/// Puts a trust root to the user, if it is another one than is pinned. One that they decided against
/// is put to them again only if they ask.
pub async fn compare(sources: Sources, notary: &Notary, root: Root, is_asked_for: bool) {
    let mut is_new = root.fingerprint != pinned(notary);
    if is_new {
        let address = notary.address.clone();
        // What it did, the settings tell.
        let _ = bus::send(&Request::FollowNotary { address }).await;
        if let Ok(settings) = settings_store::load().await {
            let mut notaries = settings.notaries.iter();
            let now = notaries.find(|one| one.address == notary.address);
            is_new = now.is_some_and(|now| root.fingerprint != pinned(now));
            sources.ground.show(settings);
        }
    }
    let kept = storage::get::<String>(Area::Local, &place(&notary.address)).await;
    let was_kept = kept.ok().flatten().as_ref() == Some(&root.fingerprint);
    let kept = was_kept && !is_asked_for;
    sources.new_roots.update(|roots| {
        let roots = Rc::make_mut(roots);
        match is_new {
            true => roots.insert(notary.address.clone(), NewRoot { root, kept }),
            false => roots.remove(&notary.address),
        };
    });
}

/// Where the fingerprint of the root is kept that the user decided against.
fn place(address: &str) -> String {
    format!("kept-root/{address}")
}

/// What there is to decide about a notary's trust root.
pub fn view(sources: Sources, notary: &Notary) -> View {
    let notary = notary.clone();
    parts::live(move || {
        let new = sources
            .new_roots
            .with(|roots| roots.get(&notary.address).cloned());
        match new {
            // It was taken over meanwhile.
            Some(new) if new.root.fingerprint == pinned(&notary) => View::new(),
            Some(new) if new.kept => kept(sources, &notary),
            Some(new) => decision(sources, &notary, new.root),
            None => View::new(),
        }
    })
}

fn set_kept(sources: Sources, address: &str, kept: bool) {
    sources.new_roots.update(|roots| {
        if let Some(new) = Rc::make_mut(roots).get_mut(address) {
            new.kept = kept;
        }
    });
}

fn kept(sources: Sources, notary: &Notary) -> View {
    let address = notary.address.clone();
    let look = move |_| {
        set_kept(sources, &address, false);
        dom::focus_on("[data-action=keep-root]");
    };
    tags::div()
        .class("row-deeds")
        .children(vec![
            parts::text(Tag::Span, "row-text", t("sources_root_kept")),
            named_button(
                "button button-small",
                "look-at-root",
                t("sources_root_look"),
                Some(t1("sources_root_look_named", &notary.name)),
                look,
            ),
        ])
        .into()
}

fn decision(sources: Sources, notary: &Notary, new: Root) -> View {
    let ground = sources.ground;
    let keep = {
        let (address, fingerprint) = (notary.address.clone(), new.fingerprint.clone());
        move |_: web_sys::MouseEvent| {
            set_kept(sources, &address, true);
            ground.said.set(t("sources_root_kept"));
            let (address, fingerprint) = (address.clone(), fingerprint.clone());
            spawn_local(async move {
                // Should it get lost, the question comes again.
                let _ = storage::set(Area::Local, &place(&address), &fingerprint).await;
            });
        }
    };
    let column = |words: &str, fingerprint: &str, field: &'static str| {
        tags::div()
            .class("root-side")
            .children(vec![
                parts::text(Tag::Span, "row-label", t(words)),
                parts::digits(fingerprint, field),
            ])
            .into()
    };
    tags::div()
        .class("confirm")
        .attr("role", "group")
        .attr("data-field", "new-root")
        .attr("aria-label", t1("sources_root_title", &notary.name))
        .children(vec![
            parts::text(
                Tag::Subtitle,
                "add-title",
                t1("sources_root_title", &notary.name),
            ),
            parts::text(Tag::Paragraph, "card-text", t("sources_root_text")),
            tags::div()
                .class("root-sides")
                .children(vec![
                    column("sources_root_old", &pinned(notary), "old-fingerprint"),
                    column("sources_root_new", &new.fingerprint, "new-fingerprint"),
                ])
                .into(),
            tags::div()
                .class("button-row")
                .children(vec![
                    button(
                        "button button-strong",
                        "keep-root",
                        "sources_root_keep",
                        keep,
                    ),
                    take_button(sources, notary, new),
                ])
                .into(),
            problem(ground),
        ])
        .into()
}

/// The button that pins the new root, after a question that says what that means.
fn take_button(sources: Sources, notary: &Notary, new: Root) -> View {
    let change = Change::TakeRoot {
        address: notary.address.clone(),
        trusted_root: new.trusted_root,
    };
    let question = Question {
        class: "button",
        actions: ["take-root", "take-root-confirm", "take-root-cancel"],
        words: "sources_root_take",
        label: None,
        question: "sources_root_question",
        yes_class: "button button-grave",
        yes: "sources_root_yes",
        no: "settings_cancel",
    };
    let take = move || make(sources.ground, change.clone(), "sources_root_taken");
    asking_button(question, Rc::new(take))
}
