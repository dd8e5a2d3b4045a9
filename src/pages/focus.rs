//! The focus stays where the user is, even when the part of the page that had it is built anew.
//!
//! Parts of the pages are built anew when what they show changes, and an element that is taken away
//! takes the focus with it: whoever uses the keyboard would begin at the top again, and a screen
//! reader falls silent. So the page remembers what had the focus, and gives it to the element that
//! took its place; or, where there is none, to what is nearest.

use js_sys::Reflect;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement, MutationObserver, MutationObserverInit};

/// What tells one control from another.
const OWN: [&str; 9] = [
    "id",
    "data-action",
    "data-field",
    "data-mode",
    "data-notices",
    "data-verdict",
    "data-only",
    "name",
    "value",
];

/// What tells one thing of a list from another.
const ROWS: [&str; 9] = [
    "data-rule",
    "data-editor",
    "data-record",
    "data-row",
    "data-notary",
    "data-trusted",
    "data-index",
    "data-rekor",
    "data-log",
];

const CONTROLS: &str = "button, a[href], input, select, summary, [tabindex]";
const SCOPES: &str = "section, main, body";
const TITLES: &str = "h1, h2, h3";

/// What had the focus, so that it can be found again after it was taken away.
struct Held {
    element: Element,
    own: Vec<Option<String>>,
    /// Which of those that are alike in its row.
    place: usize,
    row: Option<Row>,
    /// All that it was in, from the inside out.
    around: Vec<Element>,
}

/// The thing of a list that it was in.
struct Row {
    attribute: &'static str,
    value: String,
    /// Which of the list.
    place: usize,
}

/// Begins to look after the focus, for as long as the page is open.
pub fn keep() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    let held: Rc<RefCell<Option<Held>>> = Rc::default();
    let seen = Rc::clone(&held);
    super::dom::on_page("focusin", move |event: web_sys::Event| {
        let element = event.target().and_then(|target| target.dyn_into().ok());
        *seen.borrow_mut() = element.map(Held::new);
    });
    keep_presses(&document);
    let Some(body) = document.body() else { return };
    let look = Closure::<dyn FnMut()>::new(move || {
        let lost = document
            .active_element()
            .is_none_or(|active| active.tag_name() == "BODY");
        if !lost {
            return;
        }
        // Taken out, as giving the focus is told at once.
        let gone = held.borrow_mut().take();
        match gone {
            Some(gone) if !gone.element.is_connected() => gone.give_back(&document),
            still_there => *held.borrow_mut() = still_there,
        }
    });
    let Ok(observer) = MutationObserver::new(look.as_ref().unchecked_ref()) else {
        return;
    };
    let all = MutationObserverInit::new();
    all.set_child_list(true);
    all.set_subtree(true);
    // The body can always be observed.
    let _ = observer.observe_with_options(&body, &all);
    look.forget();
}

/// A press of the space bar ends on what took the place of the control on which it began. The browser
/// presses a control when the key comes up, and only the one on which it went down.
fn keep_presses(document: &Document) {
    let pressed: Rc<RefCell<Option<Element>>> = Rc::default();
    let down = Rc::clone(&pressed);
    super::dom::on_page("keydown", move |event: web_sys::KeyboardEvent| {
        if event.key() == " " && !event.repeat() {
            let target = event.target().and_then(|target| target.dyn_into().ok());
            *down.borrow_mut() = target;
        }
    });
    let document = document.clone();
    super::dom::on_page("keyup", move |event: web_sys::KeyboardEvent| {
        if event.key() != " " {
            return;
        }
        let Some(gone) = pressed.borrow_mut().take() else {
            return;
        };
        let now = document.active_element().filter(|_| !gone.is_connected());
        let is_pressed_by_space = |one: &Element| match one.tag_name().as_str() {
            "BUTTON" => true,
            "INPUT" => one.get_attribute("type").as_deref() == Some("checkbox"),
            _ => false,
        };
        let now = now.filter(|now| is_pressed_by_space(now) && own(now) == own(&gone));
        if let Some(now) = now.and_then(|now| now.dyn_into::<HtmlElement>().ok()) {
            now.click();
        }
    });
}

impl Held {
    fn new(element: Element) -> Self {
        let around: Vec<Element> =
            std::iter::successors(element.parent_element(), |at| at.parent_element()).collect();
        let own = own(&element);
        let row_element = ROWS
            .into_iter()
            .filter_map(|attribute| Some((attribute, closest(&element, attribute)?)))
            // The innermost.
            .max_by_key(|(_, row)| depth(row));
        let within = match &row_element {
            Some((_, row)) => Some(row.clone()),
            None => element.closest(SCOPES).ok().flatten(),
        };
        let alike = within
            .map(|within| alike(&within, &own))
            .unwrap_or_default();
        let place = alike.iter().position(|one| *one == element).unwrap_or(0);
        let row = row_element.map(|(attribute, row)| Row {
            attribute,
            value: row.get_attribute(attribute).unwrap_or_default(),
            place: rows(row.owner_document(), attribute)
                .iter()
                .position(|one| *one == row)
                .unwrap_or(0),
        });
        Self {
            element,
            own,
            place,
            row,
            around,
        }
    }

    /// Gives the focus to what took the element's place.
    fn give_back(self, document: &Document) {
        let scope = self
            .around
            .iter()
            .find(|around| around.is_connected())
            .and_then(|around| around.closest(SCOPES).ok().flatten());
        let Some(scope) = scope else { return };
        let found = match &self.row {
            Some(row) => self.in_row(row, document),
            None => nth(alike(&scope, &self.own), self.place),
        };
        let found = found
            .or_else(|| scope.query_selector("[data-action^=undo]").ok().flatten())
            .or_else(|| title(&scope));
        if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
            // It may be out of sight, which says nothing about where the user looks.
            let quietly = js_sys::Object::new();
            let _ = Reflect::set(&quietly, &"preventScroll".into(), &JsValue::TRUE);
            let focus = Reflect::get(&found, &"focus".into());
            if let Ok(focus) = focus.and_then(|focus| focus.dyn_into::<js_sys::Function>()) {
                let _ = focus.call1(&found, &quietly);
            }
        }
    }

    /// In the same thing of the list; in the next, where it is gone.
    fn in_row(&self, row: &Row, document: &Document) -> Option<Element> {
        let all = rows(Some(document.clone()), row.attribute);
        let same = |one: &&Element| one.get_attribute(row.attribute).as_ref() == Some(&row.value);
        let row = match all.iter().find(same) {
            Some(same) => same.clone(),
            None => nth(all, row.place)?,
        };
        nth(alike(&row, &self.own), self.place).or_else(|| controls(&row).into_iter().next())
    }
}

/// The heading of a part of the page, made ready to have the focus.
fn title(scope: &Element) -> Option<Element> {
    let title = scope.query_selector(TITLES).ok().flatten()?;
    let _ = title.set_attribute("tabindex", "-1");
    Some(title)
}

fn own(element: &Element) -> Vec<Option<String>> {
    let own = OWN.map(|attribute| element.get_attribute(attribute));
    std::iter::once(Some(element.tag_name()))
        .chain(own)
        .collect()
}

fn alike(within: &Element, wanted: &[Option<String>]) -> Vec<Element> {
    let mut found = controls(within);
    found.retain(|one| own(one) == wanted);
    found
}

fn controls(within: &Element) -> Vec<Element> {
    within
        .query_selector_all(CONTROLS)
        .map(|list| elements(&list))
        .unwrap_or_default()
}

fn rows(document: Option<Document>, attribute: &str) -> Vec<Element> {
    document
        .and_then(|document| document.query_selector_all(&format!("[{attribute}]")).ok())
        .map(|list| elements(&list))
        .unwrap_or_default()
}

fn elements(list: &web_sys::NodeList) -> Vec<Element> {
    (0..list.length())
        .filter_map(|place| list.get(place)?.dyn_into().ok())
        .collect()
}

fn closest(element: &Element, attribute: &str) -> Option<Element> {
    element.closest(&format!("[{attribute}]")).ok().flatten()
}

fn depth(element: &Element) -> usize {
    std::iter::successors(element.parent_element(), |at| at.parent_element()).count()
}

/// That one, or the last.
fn nth(mut all: Vec<Element>, place: usize) -> Option<Element> {
    let last = all.len().checked_sub(1)?;
    Some(all.swap_remove(place.min(last)))
}
