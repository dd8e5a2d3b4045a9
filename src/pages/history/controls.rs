//! What is looked for: words, verdicts, a site, a signer, a time.

use super::filter::{Filter, When, place_of};
use super::row::Row;
use super::{History, Reading};
use crate::pages::badge::{Badge, icon};
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::hostile_text::visible;
use crate::pages::parts::{self, button, live_attribute, on_click};
use crate::pages::words::{self, filled, t};
use assay_core::verdict::Verdict;
use std::collections::HashMap;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen::JsValue;

/// How many sites and signers are offered while one is typed.
const OFFERED: usize = 200;

/// The choices of a time, as they stand in the page.
const TIMES: [(&str, &str); 5] = [
    ("", "history_when_ever"),
    ("0", "history_when_today"),
    ("6", "history_when_week"),
    ("29", "history_when_month"),
    ("between", "history_when_between"),
];

/// The search box and all filters.
pub fn view(history: History) -> View {
    tags::section()
        .class("controls")
        .attr("role", "search")
        .attr("aria-label", t("history_search"))
        .children(vec![
            search(history),
            tags::div()
                .class("controls-row")
                .children(vec![
                    when(history),
                    parts::live(move || between(history)),
                    part(
                        history,
                        Part {
                            id: "site",
                            label: "history_site",
                            of_row: |row| row.site.clone(),
                            of_filter: |filter| &mut filter.site,
                        },
                    ),
                    part(
                        history,
                        Part {
                            id: "signer",
                            label: "history_signer",
                            of_row: |row| row.signer.clone(),
                            of_filter: |filter| &mut filter.signer,
                        },
                    ),
                ])
                .into(),
            chips(history),
            count(history),
        ])
        .into()
}

/// Looks for nothing in particular, and leads to where it can be said anew.
pub fn clear(history: History) {
    history.look_for(|filter| *filter = Filter::default());
    dom::show_and_focus("search");
}

fn search(history: History) -> View {
    let typed = move |event: web_sys::Event| {
        let text = dom::value_of(&event);
        history.look_for(|filter| filter.text = text);
    };
    let input = tags::input()
        .class("input search")
        .attr("id", "search")
        .attr("type", "search")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("aria-label", t("history_search"))
        .attr("placeholder", t("history_search_hint"))
        .prop(
            "value",
            live_text(move || history.filter.with(|filter| filter.text.clone())),
        )
        .on(events::input, typed);
    input.into()
}

fn when(history: History) -> View {
    let chosen = move || {
        history.filter.with(|filter| match &filter.when {
            When::Ever => String::new(),
            When::Days(days) => days.to_string(),
            When::Between(..) => "between".to_owned(),
        })
    };
    let choose = move |event: web_sys::Event| {
        let value = dom::value_of(&event);
        history.look_for(|filter| {
            filter.when = match value.as_str() {
                "between" => When::Between(String::new(), String::new()),
                days => days.parse().map_or(When::Ever, When::Days),
            };
        });
    };
    let options: Vec<View> = TIMES
        .iter()
        .map(|(value, words)| {
            tags::option()
                .attr("value", *value)
                .children(t(words))
                .into()
        })
        .collect();
    labelled(
        "when",
        "history_when",
        tags::select()
            .class("input")
            .attr("id", "when")
            .on(events::change, choose)
            .children(options)
            // Not before there is something to choose.
            .prop("value", live_text(chosen))
            .into(),
    )
}

/// The two days, where they are what is chosen.
fn between(history: History) -> View {
    let is_between =
        create_selector(move || history.filter.with(|f| matches!(f.when, When::Between(..))));
    parts::live(move || {
        if !is_between.get() {
            return View::new();
        }
        let field = |id: &'static str, label: &'static str, is_first: bool| {
            let value = move || {
                history
                    .filter
                    .with(|filter| match (&filter.when, is_first) {
                        (When::Between(from, _), true) => from.clone(),
                        (When::Between(_, to), false) => to.clone(),
                        _ => String::new(),
                    })
            };
            let choose = move |event: web_sys::Event| {
                let value = dom::value_of(&event);
                history.look_for(|filter| {
                    if let When::Between(from, to) = &mut filter.when {
                        *(if is_first { from } else { to }) = value;
                    }
                });
            };
            labelled(
                id,
                label,
                tags::input()
                    .class("input")
                    .attr("id", id)
                    .attr("type", "date")
                    .prop("value", live_text(value))
                    .on(events::change, choose)
                    .into(),
            )
        };
        vec![
            field("from", "history_from", true),
            field("to", "history_to", false),
        ]
        .into()
    })
}

/// A part of the site or the signer.
#[derive(Clone, Copy)]
struct Part {
    id: &'static str,
    label: &'static str,
    of_row: fn(&Row) -> Option<Rc<str>>,
    of_filter: fn(&mut Filter) -> &mut String,
}

fn part(history: History, part: Part) -> View {
    let Part { id, label, .. } = part;
    let offered = create_signal(Vec::<Rc<str>>::new());
    // Those that there are most of. They are counted when somebody is about to type.
    let offer = move |_: web_sys::FocusEvent| {
        let mut counts: HashMap<Rc<str>, usize> = HashMap::new();
        history.rows.with_untracked(|rows| {
            for name in rows.iter().filter_map(|row| (part.of_row)(row)) {
                *counts.entry(name).or_default() += 1;
            }
        });
        let mut names: Vec<(Rc<str>, usize)> = counts.into_iter().collect();
        names.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        names.truncate(OFFERED);
        offered.set(names.into_iter().map(|(name, _)| name).collect());
    };
    let typed = move |event: web_sys::Event| {
        let value = dom::value_of(&event);
        history.look_for(|filter| *(part.of_filter)(filter) = value);
    };
    let value = move || {
        history.filter.with(|filter| {
            let mut filter = filter.clone();
            (part.of_filter)(&mut filter).clone()
        })
    };
    let list_id = format!("{id}-list");
    let options = parts::live(move || {
        let names = offered.get_clone();
        let options = names
            .iter()
            .map(|name| tags::option().attr("value", visible(name)).into());
        View::from(options.collect::<Vec<View>>())
    });
    labelled(
        id,
        label,
        vec![
            tags::input()
                .class("input")
                .attr("id", id)
                .attr("type", "text")
                .attr("list", list_id.clone())
                .attr("autocomplete", "off")
                .attr("spellcheck", "false")
                .attr("placeholder", t("history_any"))
                .prop("value", live_text(value))
                .on(events::input, typed)
                .on(events::focus, offer)
                .into(),
            tags::datalist()
                .attr("id", list_id)
                .children(options)
                .into(),
        ]
        .into(),
    )
}

/// A button for each verdict that there is, with how many would be found.
fn chips(history: History) -> View {
    let there = create_memo(move || {
        let mut there = 0_u16;
        history.rows.with(|rows| {
            for place in rows.iter().filter_map(|row| row.verdict.and_then(place_of)) {
                there |= 1 << place;
            }
        });
        there
    });
    let chips: Vec<View> = Verdict::ALL
        .into_iter()
        .enumerate()
        .map(|(place, verdict)| {
            let is_chosen = move || {
                history
                    .filter
                    .with(|filter| filter.verdicts.contains(&verdict))
            };
            let flip = move |_: web_sys::MouseEvent| {
                history.look_for(|filter| {
                    if is_chosen_in(filter, verdict) {
                        filter.verdicts.retain(|known| *known != verdict);
                    } else {
                        filter.verdicts.push(verdict);
                        filter.verdicts.sort();
                    }
                });
            };
            let number = create_selector(move || {
                history.found.with(|found| found.counts.get(place).copied())
            });
            tags::button()
                .attr("type", "button")
                .class("chip")
                .attr("data-action", "filter-verdict")
                .attr("data-verdict", verdict.word())
                .attr(
                    "aria-pressed",
                    live_attribute(move || Some(if is_chosen() { "true" } else { "false" }.into())),
                )
                .bool_attr("hidden", move || {
                    there.get() & (1 << place) == 0 && !is_chosen()
                })
                .on(events::click, on_click(flip))
                .children(vec![
                    icon(Badge::Verdict(verdict)),
                    parts::text(parts::Tag::Span, "chip-word", words::verdict(verdict)),
                    tags::span()
                        .class("chip-count")
                        .children(parts::live(move || {
                            View::from(figures::count(f64::from(number.get().unwrap_or(0))))
                        }))
                        .into(),
                ])
                .into()
        })
        .collect();
    tags::div()
        .class("chips")
        .attr("role", "group")
        .attr("aria-label", t("history_verdicts"))
        .children(chips)
        .into()
}

fn is_chosen_in(filter: &Filter, verdict: Verdict) -> bool {
    filter.verdicts.contains(&verdict)
}

/// How many there are, and what goes with that.
fn count(history: History) -> View {
    let said = move || {
        let number = |number: usize| figures::count(number as f64);
        let all = history.rows.with(Vec::len);
        let found = history.found.with(|found| found.rows.len());
        match history.reading.get() {
            Reading::Slow(read, of) => {
                let of = of as usize;
                filled("history_reading", &[&number(read), &number(of.max(read))])
            }
            // Figures that change many times a second are no news to anybody.
            Reading::Going => String::new(),
            _ if found == all => filled("history_count_all", &[&number(all)]),
            _ => filled("history_count", &[&number(found), &number(all)]),
        }
    };
    let is_narrowed =
        create_selector(move || history.filter.with(|filter| *filter != Filter::default()));
    tags::div()
        .class("count-row")
        .children(vec![
            tags::p()
                .class("count")
                .attr("role", "status")
                .attr("data-field", "count")
                .children(parts::live(move || View::from(said())))
                .into(),
            parts::live(move || match is_narrowed.get() {
                true => button("link", "clear-filters", "history_clear", move |_| {
                    clear(history)
                }),
                false => View::new(),
            }),
        ])
        .into()
}

fn labelled(id: &'static str, label: &'static str, field: View) -> View {
    tags::div()
        .class("control")
        .children(vec![
            tags::label()
                .class("control-label")
                .attr("for", id)
                .children(t(label))
                .into(),
            field,
        ])
        .into()
}

/// A property that follows what was chosen.
fn live_text(read: impl Fn() -> String + 'static) -> MaybeDyn<JsValue> {
    MaybeDyn::Derived(Rc::new(move || JsValue::from_str(&read()).into()))
}
