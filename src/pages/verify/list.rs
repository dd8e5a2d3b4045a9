//! What came of everything that was brought: a row for each, and how many have which verdict.

use super::ground::{Ground, SHOWN};
use super::proofs::of_path;
use super::row::{Kind, Row, name_of};
use crate::pages::badge::{Badge, icon};
use crate::pages::checked;
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, Tag, button, live_attribute, named_button, on_click};
use crate::pages::words::{self, filled, t, t1};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use std::borrow::Cow;
use sycamore::prelude::*;
use sycamore::web::{events, tags};

/// A cross in a square of 16.
const CROSS: &str = "M4 4l8 8M12 4l-8 8";

/// The list, while there is anything in it.
pub fn view(ground: Ground) -> View {
    let is_empty = create_selector(move || ground.rows.with(Vec::is_empty));
    parts::live(move || match is_empty.get() {
        true => View::new(),
        false => untrack(|| section(ground)),
    })
}

fn section(ground: Ground) -> View {
    // Only as many as are shown: what nobody looks at costs nothing.
    let shown = create_memo(move || {
        let (only, most) = (ground.only.get(), ground.shown.get());
        if only.is_some() {
            ground.tally.track();
        }
        ground.rows.with(|rows| {
            let is_wanted = |row: &&Row| match only {
                Some(only) => row.record.with_untracked(DownloadRecord::verdict) == Some(only),
                None => true,
            };
            let wanted = rows.iter().filter(is_wanted).take(most);
            wanted.copied().collect::<Vec<Row>>()
        })
    });
    let clear = move |_: web_sys::MouseEvent| {
        ground.clear();
        // The button is gone with the list.
        dom::focus_on("[data-action=choose-files]");
    };
    let list = tags::ul()
        .class("results")
        .attr("aria-label", t("verify_results"))
        .children(view! {
            Keyed(
                list=shown,
                view=move |row| one(ground, row),
                key=|row: &Row| row.id,
            )
        });
    tags::section()
        .class("card card-results")
        .attr("data-field", "results")
        .children(vec![
            tags::div()
                .class("results-head")
                .children(vec![
                    parts::text(Tag::Title, "card-title", t("verify_results")),
                    button("button button-small", "clear", "verify_clear", clear),
                ])
                .into(),
            parts::live(move || tally(ground)),
            list.into(),
            parts::live(move || more(ground)),
        ])
        .into()
}

/// How many have which verdict; pressing one shows only those. It says nothing for a single one.
fn tally(ground: Ground) -> View {
    let (all, counts) = (ground.rows.with(Vec::len), ground.tally.get());
    if all < 2 {
        return View::new();
    }
    let only = ground.only.get();
    let chip = |verdict: Option<Verdict>, count: usize| {
        let word = verdict.map_or_else(|| t("verify_all"), words::verdict);
        let count = figures::count(count as f64);
        let pressed = if only == verdict { "true" } else { "false" };
        let show = move |_: web_sys::MouseEvent| {
            ground.shown.set(SHOWN);
            ground.only.set(verdict);
        };
        let mut parts = Vec::new();
        parts.extend(verdict.map(|verdict| icon(Badge::Verdict(verdict))));
        parts.push(parts::text(Tag::Span, "chip-word", word));
        parts.push(parts::text(Tag::Span, "chip-count", count));
        tags::button()
            .attr("type", "button")
            .class("chip")
            .attr("data-action", "show-only")
            .attr("data-only", verdict.map_or("all", Verdict::word))
            .attr("data-verdict", verdict.map(Verdict::word))
            .attr("aria-pressed", pressed)
            .on(events::click, on_click(show))
            .children(parts)
            .into()
    };
    let mut chips: Vec<View> = vec![chip(None, all)];
    for (verdict, count) in Verdict::ALL.into_iter().zip(counts) {
        // One that was chosen stays, so that the focus does.
        if count > 0 || only == Some(verdict) {
            chips.push(chip(Some(verdict), count));
        }
    }
    tags::div()
        .class("chips")
        .attr("role", "group")
        .attr("aria-label", t("verify_tally"))
        .children(chips)
        .into()
}

fn more(ground: Ground) -> View {
    let all = match ground.only.get() {
        None => ground.rows.with(Vec::len),
        Some(only) => {
            let counts = ground.tally.get();
            let place = Verdict::ALL.iter().position(|one| *one == only);
            place.and_then(|at| counts.get(at)).copied().unwrap_or(0)
        }
    };
    let hidden = all.saturating_sub(ground.shown.get());
    if hidden == 0 {
        return View::new();
    }
    let next = hidden.min(SHOWN);
    let words = filled(
        "verify_more",
        &[&figures::count(next as f64), &figures::count(hidden as f64)],
    );
    named_button("button results-more", "show-more", words, None, move |_| {
        ground.shown.update(|shown| *shown += SHOWN);
    })
}

fn one(ground: Ground, row: Row) -> View {
    let kind = match row.kind {
        Kind::File => "file",
        Kind::Digest => "digest",
        Kind::Proof => "proof",
    };
    let panel = format!("details-{}", row.id);
    tags::li()
        .class("entry")
        .attr("data-row", row.id.to_string())
        .attr("data-kind", kind)
        .attr("data-file", row.path.get_clone_untracked())
        .attr("data-stage", live_attribute(move || stage(row)))
        .attr(
            "data-verdict",
            live_attribute(move || {
                let verdict = row.record.with(DownloadRecord::verdict);
                verdict.map(|verdict| verdict.word().into())
            }),
        )
        .attr(
            "data-asking",
            live_attribute(move || row.is_asking.get().then_some("true".into())),
        )
        .children(vec![
            tags::div()
                .class("entry-line")
                .children(vec![head(row, &panel), remove(ground, row)])
                .into(),
            parts::live(move || progress(row)),
            parts::live(move || match row.open.get() {
                true => details(ground, row, panel.clone()),
                false => View::new(),
            }),
        ])
        .into()
}

fn stage(row: Row) -> Option<Cow<'static, str>> {
    let word = match row.record.with(|record| record.stage) {
        _ if row.kind == Kind::Proof => "alone",
        Stage::Hashing => "hashing",
        Stage::Asking => "asking",
        Stage::Done => "done",
    };
    Some(word.into())
}

fn is_reading(row: Row) -> bool {
    row.progress.with(Option::is_some) && row.record.with(|record| record.stage == Stage::Hashing)
}

fn progress(row: Row) -> View {
    if !is_reading(row) {
        return View::new();
    }
    let name = row.record.with_untracked(|record| record.file_name.clone());
    checked::progress(&name, row.progress)
}

fn head(row: Row, panel: &str) -> View {
    let name = row.record.with_untracked(|record| record.file_name.clone());
    let parts = vec![
        parts::live(move || {
            let reading = is_reading(row);
            match row.kind {
                Kind::Proof => checked::badge_of(Badge::Waiting, t("verify_proof")),
                _ => row.record.with(|record| checked::badge(record, reading)),
            }
        }),
        parts::file_name(&name),
        match row.kind {
            Kind::Proof => alone(row),
            _ => parts::live(move || row.record.with(checked::signer)),
        },
        origin(row),
    ];
    if row.kind == Kind::Proof {
        // There is nothing more to say of it.
        return tags::div().class("entry-head").children(parts).into();
    }
    let panel = panel.to_owned();
    tags::button()
        .attr("type", "button")
        .class("entry-head")
        .attr("data-action", "toggle")
        .attr(
            "aria-expanded",
            live_attribute(move || Some(if row.open.get() { "true" } else { "false" }.into())),
        )
        .attr(
            "aria-controls",
            live_attribute(move || row.open.get().then(|| Cow::from(panel.clone()))),
        )
        .on(
            events::click,
            on_click(move |_| row.open.set(!row.open.get_untracked())),
        )
        .children(parts)
        .into()
}

/// Which file a proof is missing.
fn alone(row: Row) -> View {
    let said = row
        .path
        .with_untracked(|path| t1("verify_proof_alone", name_of(of_path(path))));
    tags::span()
        .class("entry-signer")
        .attr("data-field", "summary")
        .attr("title", said.clone())
        .children(said)
        .into()
}

/// Where the file was, and its size.
fn origin(row: Row) -> View {
    let folder = row.path.with_untracked(|path| {
        let folder = path.rsplit_once('/').map(|(folder, _)| visible(folder));
        folder.map(|folder| {
            tags::bdi()
                .class("entry-site")
                .attr("data-field", "folder")
                .children(folder)
                .into()
        })
    });
    let site = row.record.with_untracked(|record| {
        record.site.as_ref().map(|site| {
            tags::bdi()
                .class("entry-site")
                .attr("data-field", "site")
                .children(visible(site))
                .into()
        })
    });
    let size = (row.kind != Kind::Digest).then(|| {
        tags::span()
            .attr("data-field", "size")
            .children(parts::live(move || {
                View::from(row.record.with(|record| figures::size(record.size as f64)))
            }))
            .into()
    });
    tags::span()
        .class("entry-origin")
        .children(vec![
            View::from(site),
            View::from(folder),
            View::from(size),
            parts::live(move || match row.is_asking.get() {
                true => parts::text(Tag::Span, "entry-mark", t("verify_asking")),
                false => View::new(),
            }),
        ])
        .into()
}

fn remove(ground: Ground, row: Row) -> View {
    let name = row
        .record
        .with_untracked(|record| visible(&record.file_name));
    let cross = tags::svg()
        .attr("class", "cross")
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .children(tags::path().attr("d", CROSS));
    let remove = move |_: web_sys::MouseEvent| {
        // The focus goes to the same button of the next one, and must not vanish with this.
        let next = ground.rows.with_untracked(|rows| {
            let place = rows.iter().position(|known| *known == row)?;
            let before = place.checked_sub(1).and_then(|at| rows.get(at));
            rows.get(place + 1).or(before).map(|next| next.id)
        });
        ground.remove(row);
        dom::focus_on("[data-action=choose-files]");
        if let Some(next) = next {
            dom::focus_on(&format!("[data-row=\"{next}\"] [data-action=remove]"));
        }
    };
    tags::button()
        .attr("type", "button")
        .class("entry-remove")
        .attr("data-action", "remove")
        .attr("aria-label", t1("verify_remove", &name))
        .attr("title", t1("verify_remove", &name))
        .on(events::click, on_click(remove))
        .children(cross)
        .into()
}

fn details(ground: Ground, row: Row, panel: String) -> View {
    tags::div()
        .class("details")
        .attr("id", panel)
        .children(vec![
            row.path.with_untracked(|path| checked::full_name(path)),
            parts::live(move || row.record.with(checked::reasons)),
            parts::live(move || digests(row)),
            parts::live(move || row.record.with(checked::sources)),
            parts::live(move || deeds(ground, row)),
            tags::p()
                .class("details-note")
                .attr("role", "status")
                .attr("data-field", "note")
                .children(parts::live(move || View::from(row.note.get_clone())))
                .into(),
        ])
        .into()
}

/// The digests, each to be copied. What is not known, as of a digest without a file, is left out.
fn digests(row: Row) -> View {
    let known = row.record.with(DownloadRecord::digests);
    let weak = row.weak.get();
    let mut shown = Vec::new();
    let mut show = |name: &str, hex: Option<String>, field, action| {
        let digest = hex.map(|hex| checked::digest(name.to_owned(), hex, field, action));
        shown.extend(digest);
    };
    let hex = known.sha256.map(|digest| digest.to_hex());
    show("SHA-256", hex, "digest", "copy-digest");
    let hex = known.sha512.map(|digest| digest.to_string());
    show("SHA-512", hex, "sha512", "copy-sha512");
    let hex = weak.map(|weak| weak.sha1.to_string());
    show("SHA-1", hex, "sha1", "copy-sha1");
    let hex = weak.map(|weak| weak.md5.to_string());
    show("MD5", hex, "md5", "copy-md5");
    if weak.is_some() {
        shown.push(parts::text(
            Tag::Paragraph,
            "details-aside",
            t("verify_weak"),
        ));
    }
    shown.into()
}

fn deeds(ground: Ground, row: Row) -> View {
    if row.record.with(|record| record.stage != Stage::Done) {
        return View::new();
    }
    let mut shown = vec![button(
        "button",
        "check-again",
        "do_check_again",
        move |_| {
            row.note.set(String::new());
            ground.check_again(row);
        },
    )];
    if row.record.with(|record| checked::proof(record).is_some()) {
        shown.push(button("button", "save-proof", "do_save_proof", move |_| {
            let said = match row.record.with_untracked(checked::save_proof) {
                Some(Ok(())) => t("said_proof_saved"),
                Some(Err(thrown)) => t1("refused_other", &crate::js::words(&thrown)),
                None => return,
            };
            row.note.set(said);
        }));
    }
    tags::div().class("details-deeds").children(shown).into()
}
