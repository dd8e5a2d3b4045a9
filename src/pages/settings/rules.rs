//! What is demanded of downloads: from all sites, and from some.

use super::{Ground, refusal, reload};
use crate::pages::change::{Change, Edit};
use crate::pages::hostile_text::{isolated, visible};
use crate::pages::parts::{self, Tag, named_button, on_click};
use crate::pages::words::{self, filled, t, t1};
use crate::pages::{dom, modes, suffixes};
use assay_core::managed::Lock;
use assay_core::message::Response;
use assay_core::settings::Settings;
use assay_core::signer::Signer;
use assay_core::site::{host_of, is_host};
use assay_core::site_rule::{Demand, Mode, SiteRule};
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::{events, tags};
use wasm_bindgen_futures::spawn_local;

/// From so many rules on there is a field to search them.
const SEARCHED: usize = 6;

/// What the section's parts share.
#[derive(Clone, Copy)]
struct Rules {
    ground: Ground,
    /// The host of the rule that is being edited.
    edited: Signal<Option<String>>,
    /// What is searched for.
    search: Signal<String>,
    order: Signal<(Column, bool)>,
    /// What was wrong with the last rule.
    problem: Signal<String>,
    /// What was done last, and how it is undone.
    undo: Signal<Option<(String, Change)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Site,
    Mode,
}

/// A rule in the table.
struct Row<'a> {
    rule: &'a SiteRule,
    managed: bool,
}

/// The section about sites.
pub fn view(ground: Ground) -> View {
    let rules = Rules {
        ground,
        edited: create_signal(None),
        search: create_signal(String::new()),
        order: create_signal((Column::Site, true)),
        problem: create_signal(String::new()),
        undo: create_signal(None),
    };
    // Fields are built once, so that what is typed is not lost when something changes meanwhile.
    let locked = create_selector(move || {
        let lock = |settings: &Rc<Settings>| settings.managed.locks(Lock::Rules);
        ground.settings.with(lock)
    });
    let many = create_selector(move || {
        let all = |settings: &Rc<Settings>| settings.rules.len() + settings.managed.rules.len();
        ground.settings.with(all) >= SEARCHED
    });
    tags::section()
        .class("card")
        .attr("id", "rules")
        .children(vec![
            parts::text(Tag::Title, "card-title", t("rules_title")),
            parts::text(Tag::Paragraph, "card-text", t("rules_text")),
            parts::live(move || everywhere(rules)),
            parts::text(Tag::Subtitle, "card-subtitle", t("rules_sites")),
            parts::live(move || match locked.get() {
                true => View::new(),
                false => form(rules),
            }),
            parts::live(move || match many.get() {
                true => search(rules),
                false => View::new(),
            }),
            parts::live(move || table(rules)),
            parts::live(move || undo(rules)),
        ])
        .into()
}

/// What holds for all sites.
fn everywhere(rules: Rules) -> View {
    let settings = rules.ground.settings.get_clone();
    let ruling = settings.ruling(&[]);
    let may = !settings.managed.locks(Lock::Rules);
    let set = Rc::new(move |edit, back| {
        let said = t("rules_said_everywhere");
        let back = Change::Edit(None, back);
        send(rules, Change::Edit(None, edit), Some((said, back)));
    });
    let label = t("rules_everywhere");
    let mut parts = vec![
        parts::text(Tag::Subtitle, "card-subtitle", label.clone()),
        demand("everywhere", label, ruling.demand, may, set),
    ];
    if ruling.managed {
        let words = crate::pages::modes::managed_by(&settings);
        parts.push(parts::text(Tag::Paragraph, "hint", words));
    }
    tags::div()
        .attr("data-field", "everywhere")
        .children(parts)
        .into()
}

/// The choice of a mode, with what else there is to choose about it.
fn demand(
    group: &'static str,
    label: String,
    demand: Demand,
    may: bool,
    set: Rc<dyn Fn(Edit, Edit)>,
) -> View {
    let choose = {
        let set = Rc::clone(&set);
        move |mode| set(Edit::Mode(mode), Edit::Mode(demand.mode))
    };
    let mut parts = vec![modes::choice(
        group,
        label,
        demand.mode,
        may,
        Rc::new(choose),
    )];
    if demand.mode == Mode::Require {
        let accept = {
            let set = Rc::clone(&set);
            move |on: bool| set(Edit::AcceptAuthentic(on), Edit::AcceptAuthentic(!on))
        };
        let remove = move |on: bool| set(Edit::Remove(on), Edit::Remove(!on));
        parts.push(check(
            "accept-authentic",
            t("rules_accept_authentic"),
            demand.accept_authentic,
            may,
            Box::new(accept),
        ));
        parts.push(check(
            "remove",
            t("rules_remove"),
            demand.remove,
            may,
            Box::new(remove),
        ));
    }
    tags::div().class("demand").children(parts).into()
}

fn check(
    field: &'static str,
    words: String,
    on: bool,
    may: bool,
    mut set: Box<dyn FnMut(bool)>,
) -> View {
    let changed: Box<dyn FnMut(web_sys::Event)> = Box::new(move |_| set(!on));
    let input = tags::input()
        .attr("type", "checkbox")
        .attr("data-field", field)
        .bool_attr("checked", on)
        .bool_attr("disabled", !may)
        .on(events::change, changed);
    tags::label()
        .class("check")
        .children(vec![
            input.into(),
            parts::text(Tag::Span, "check-words", words),
        ])
        .into()
}

/// A rule for another site.
fn form(rules: Rules) -> View {
    let input = create_node_ref();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        rules.problem.set(String::new());
        let typed = dom::typed(input);
        let Some(host) = typed_host(&typed) else {
            return rules.problem.set(t1("rules_no_host", &typed));
        };
        let known = rules
            .ground
            .settings
            .with_untracked(|settings| settings.rules.iter().any(|rule| rule.host == host));
        dom::clear(input);
        rules.edited.set(Some(host.clone()));
        if known {
            return;
        }
        spawn_local(async move {
            let demand = Demand {
                mode: Mode::Require,
                ..Demand::default()
            };
            match suffixes::rule_for(host.clone(), demand).await {
                Ok(rule) => {
                    let said = filled("rules_said_added", &[&isolated(&host)]);
                    let back = Change::RemoveRule(host);
                    send(rules, Change::SetRule(rule), Some((said, back)));
                }
                Err(problem) => rules.problem.set(t1("refused_other", &problem)),
            }
        });
    };
    let row = vec![
        tags::input()
            .class("input")
            .attr("id", "rule-host")
            .attr("type", "text")
            .attr("inputmode", "url")
            .attr("dir", "ltr")
            .attr("autocomplete", "off")
            .attr("spellcheck", "false")
            .attr("placeholder", "example.org")
            .attr("aria-describedby", "rule-host-problem")
            .r#ref(input)
            .into(),
        tags::button()
            .attr("type", "submit")
            .class("button")
            .attr("data-action", "add-rule")
            .children(t("rules_add"))
            .into(),
    ];
    tags::form()
        .class("add")
        .attr("novalidate", "")
        .on(events::submit, submit)
        .children(vec![
            tags::label()
                .class("add-label")
                .attr("for", "rule-host")
                .children(t("rules_host"))
                .into(),
            tags::div().class("add-row").children(row).into(),
            tags::p()
                .class("problem")
                .attr("id", "rule-host-problem")
                .attr("role", "alert")
                .children(parts::live(move || View::from(rules.problem.get_clone())))
                .into(),
        ])
        .into()
}

/// The host that somebody typed, perhaps as a whole address, as the browser reads it: international
/// names in ASCII, numbers as addresses.
fn typed_host(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let bare = match typed.parse::<std::net::Ipv6Addr>() {
        Ok(_) => format!("https://[{typed}]"),
        Err(_) if typed.contains("://") => typed.to_owned(),
        Err(_) => format!("https://{typed}"),
    };
    let read = web_sys::Url::new(&bare).ok()?;
    let host = host_of(&format!("https://{}", read.hostname()))?;
    is_host(&host).then_some(host)
}

fn search(rules: Rules) -> View {
    let input = create_node_ref();
    let typed: Box<dyn FnMut(web_sys::Event)> =
        Box::new(move |_| rules.search.set(dom::typed(input).trim().to_lowercase()));
    tags::input()
        .class("input rules-search")
        .attr("type", "search")
        .attr("id", "rules-search")
        .attr("placeholder", t("rules_search"))
        .attr("aria-label", t("rules_search"))
        .attr("autocomplete", "off")
        .r#ref(input)
        .on(events::input, typed)
        .into()
}

fn table(rules: Rules) -> View {
    let settings = rules.ground.settings.get_clone();
    let search = rules.search.get_clone();
    let own = settings.rules.iter().map(|rule| Row {
        rule,
        managed: false,
    });
    let managed = settings.managed.rules.iter().map(|rule| Row {
        rule,
        managed: true,
    });
    let mut rows: Vec<Row<'_>> = managed.chain(own).collect();
    if rows.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("rules_none"));
    }
    let has = |text: &str| text.to_lowercase().contains(&search);
    rows.retain(|row| {
        let word = modes::word(row.rule.demand.mode);
        has(&row.rule.host) || has(&word)
    });
    let (column, ascending) = rules.order.get();
    rows.sort_by(|one, other| {
        let by_site = || one.rule.host.cmp(&other.rule.host);
        let ordered = match column {
            Column::Site => by_site(),
            Column::Mode => one
                .rule
                .demand
                .mode
                .cmp(&other.rule.demand.mode)
                .then_with(by_site),
        };
        if ascending {
            ordered
        } else {
            ordered.reverse()
        }
    });
    if rows.is_empty() {
        return parts::text(Tag::Paragraph, "card-blank", t("rules_no_match"));
    }
    let edited = rules.edited.get_clone();
    let body: Vec<View> = rows
        .iter()
        .flat_map(|row| {
            let is_edited = !row.managed && edited.as_deref() == Some(&*row.rule.host);
            let editor = is_edited.then(|| editor(rules, &settings, row.rule));
            std::iter::once(line(rules, &settings, row, is_edited)).chain(editor)
        })
        .collect();
    let head = vec![
        heading(rules, Column::Site, "rules_column_site"),
        heading(rules, Column::Mode, "rules_column_mode"),
        tags::th()
            .attr("scope", "col")
            .children(parts::text(
                Tag::Span,
                "visually-hidden",
                t("rules_column_deeds"),
            ))
            .into(),
    ];
    tags::table()
        .class("table")
        .attr("data-field", "rules")
        .children(vec![
            tags::thead()
                .children(View::from(tags::tr().children(head)))
                .into(),
            tags::tbody().children(body).into(),
        ])
        .into()
}

/// A column's head: a button that sorts by it.
fn heading(rules: Rules, column: Column, words: &'static str) -> View {
    let (by, ascending) = rules.order.get();
    let sorted = match (by == column, ascending) {
        (false, _) => "none",
        (true, true) => "ascending",
        (true, false) => "descending",
    };
    let sort = move |_: web_sys::MouseEvent| {
        let (by, ascending) = rules.order.get();
        rules.order.set((column, by != column || !ascending));
    };
    tags::th()
        .attr("scope", "col")
        .attr("aria-sort", sorted)
        .children(View::from(
            tags::button()
                .attr("type", "button")
                .class("table-sort")
                .attr(
                    "data-action",
                    match column {
                        Column::Site => "sort-site",
                        Column::Mode => "sort-mode",
                    },
                )
                .on(events::click, on_click(sort))
                .children(t(words)),
        ))
        .into()
}

fn line(rules: Rules, settings: &Settings, row: &Row<'_>, is_edited: bool) -> View {
    let host = row.rule.host.clone();
    let mut about = vec![
        tags::bdi()
            .class("row-title")
            .children(visible(&host))
            .into(),
    ];
    if !row.rule.below {
        about.push(parts::text(Tag::Span, "row-text", t("rules_not_below")));
    }
    if row.managed {
        let words = modes::managed_by(settings);
        about.push(parts::text(Tag::Span, "row-text", words));
    }
    let mut said = vec![parts::text(
        Tag::Span,
        "row-title",
        modes::word(row.rule.demand.mode),
    )];
    said.extend(
        notes(row.rule)
            .into_iter()
            .map(|note| parts::text(Tag::Span, "row-text", note)),
    );
    let deeds = match row.managed || settings.managed.locks(Lock::Rules) {
        true => View::new(),
        false => deeds(rules, row.rule, is_edited),
    };
    let cell = |content: Vec<View>| -> View { tags::td().children(content).into() };
    tags::tr()
        .attr("data-rule", host)
        .attr("data-managed", if row.managed { "true" } else { "false" })
        .children(vec![cell(about), cell(said), cell(vec![deeds])])
        .into()
}

/// What a rule says beside its mode.
fn notes(rule: &SiteRule) -> Vec<String> {
    let mut notes = Vec::new();
    if rule.demand.mode == Mode::Require {
        if rule.demand.accept_authentic {
            notes.push(t("rules_note_authentic"));
        }
        if rule.demand.remove {
            notes.push(t("rules_note_remove"));
        }
    }
    if !rule.signers.is_empty() {
        let names: Vec<String> = rule.signers.iter().map(words::signer).collect();
        notes.push(filled("rules_note_signers", &[&names.join(", ")]));
    }
    notes
}

fn deeds(rules: Rules, rule: &SiteRule, is_edited: bool) -> View {
    let (edit_host, old) = (rule.host.clone(), rule.clone());
    let edit = move |_: web_sys::MouseEvent| {
        rules.edited.set((!is_edited).then(|| edit_host.clone()));
    };
    let remove = move |_: web_sys::MouseEvent| {
        let host = old.host.clone();
        let said = filled("rules_said_removed", &[&isolated(&host)]);
        let back = Change::SetRule(old.clone());
        send(rules, Change::RemoveRule(host), Some((said, back)));
    };
    let (words, name) = match is_edited {
        true => ("rules_done", "rules_done_named"),
        false => ("rules_edit", "rules_edit_named"),
    };
    tags::div()
        .class("button-row")
        .children(vec![
            named_button(
                "button button-small",
                "edit-rule",
                t(words),
                Some(t1(name, &rule.host)),
                edit,
            ),
            named_button(
                "button button-small",
                "delete-rule",
                t("settings_remove"),
                Some(t1("settings_remove_named", &rule.host)),
                remove,
            ),
        ])
        .into()
}

/// The parts of a rule, to be changed.
fn editor(rules: Rules, settings: &Settings, rule: &SiteRule) -> View {
    let set = {
        let host = rule.host.clone();
        Rc::new(move |edit, back| change(rules, &host, edit, back))
    };
    let label = t1("site_rule_for", &rule.host);
    let mut parts = vec![demand("rule", label, rule.demand, true, set)];
    let known = known_signers(settings, rule);
    if !known.is_empty() {
        let boxes: Vec<View> = known
            .into_iter()
            .map(|signer| {
                let on = rule.signers.contains(&signer);
                let words = words::signer(&signer);
                let host = rule.host.clone();
                let set = move |on: bool| {
                    let edit = |on| Edit::Signer(signer.clone(), on);
                    change(rules, &host, edit(on), edit(!on));
                };
                check("pin", words, on, true, Box::new(set))
            })
            .collect();
        parts.push(
            tags::fieldset()
                .class("pins")
                .children(vec![
                    tags::legend()
                        .class("pins-title")
                        .children(t("rules_signers"))
                        .into(),
                    tags::div().children(boxes).into(),
                ])
                .into(),
        );
    }
    tags::tr()
        .class("table-editor")
        .attr("data-editor", rule.host.clone())
        .children(View::from(tags::td().attr("colspan", "3").children(parts)))
        .into()
}

/// The signers that a rule can name: those who are trusted, and those whom it names.
fn known_signers(settings: &Settings, rule: &SiteRule) -> Vec<Signer> {
    let trusted = settings.trusted.iter().chain(&settings.managed.trusted);
    let trusted = trusted.map(|trusted| &trusted.signer);
    let mut known: Vec<Signer> = Vec::new();
    for signer in rule.signers.iter().chain(trusted) {
        if !known.contains(signer) {
            known.push(signer.clone());
        }
    }
    known
}

fn change(rules: Rules, host: &str, edit: Edit, back: Edit) {
    let said = filled("rules_said_changed", &[&isolated(host)]);
    let change = |edit| Change::Edit(Some(host.to_owned()), edit);
    send(rules, change(edit), Some((said, change(back))));
}

/// What was done last, and the way back.
fn undo(rules: Rules) -> View {
    let Some((said, back)) = rules.undo.get_clone() else {
        return View::new();
    };
    let undo = move |_: web_sys::MouseEvent| send(rules, back.clone(), None);
    tags::div()
        .class("undo")
        .attr("role", "status")
        .attr("data-field", "undo")
        .children(vec![
            parts::text(Tag::Span, "undo-words", said),
            parts::button("button button-small", "undo-rule", "rules_undo", undo),
        ])
        .into()
}

fn send(rules: Rules, change: Change, undo: Option<(String, Change)>) {
    rules.problem.set(String::new());
    let undoes = undo.is_none();
    // At once: what is seen of the change must not have the way back of the one before beside it.
    rules.undo.set(undo);
    spawn_local(async move {
        match change.make().await {
            Ok(Response::Done) => {
                if undoes {
                    rules.ground.said.set(t("rules_said_undone"));
                }
                reload(rules.ground);
            }
            other => {
                rules.undo.set(None);
                rules.problem.set(refusal(other));
                // A control that was pressed shows again what holds.
                reload(rules.ground);
            }
        }
    });
}
