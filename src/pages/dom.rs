//! The few things that pages do with the document by hand.

pub use crate::js::sleep;
use js_sys::Array;
use sycamore::prelude::NodeRef;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlAnchorElement, HtmlElement, HtmlInputElement};

/// Which page it is: `<body data-page="…">`.
pub fn page() -> String {
    body()
        .and_then(|body| body.get_attribute("data-page"))
        .unwrap_or_default()
}

/// What the page as a whole shows: `<body data-state="…">`. Styles and tests follow it.
pub fn set_state(state: &str) {
    if let Some(body) = body() {
        // Setting an attribute with a valid name cannot fail.
        let _ = body.set_attribute("data-state", state);
    }
}

/// The document's language, and its direction with it.
pub fn set_language(language: &str) {
    const RIGHT_TO_LEFT: [&str; 4] = ["ar", "fa", "he", "ur"];
    let base = language.split('-').next().unwrap_or_default();
    let direction = if RIGHT_TO_LEFT.contains(&base) {
        "rtl"
    } else {
        "ltr"
    };
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("lang", language);
        let _ = root.set_attribute("dir", direction);
    }
}

/// The document's title.
pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// The element into which the page is built, emptied of what stood there while it was loading.
pub fn stage() -> Option<Element> {
    let stage = document()?.get_element_by_id("page")?;
    stage.replace_children_with_node_0();
    Some(stage)
}

/// Whether the page is before the user's eyes.
pub fn is_visible() -> bool {
    document().is_some_and(|document| !document.hidden())
}

/// Shows the part of the page that its address points to. The browser looked for it before it was
/// built.
pub fn scroll_to_fragment() {
    let target = || {
        let hash = web_sys::window()?.location().hash().ok()?;
        document()?.get_element_by_id(hash.strip_prefix('#')?)
    };
    if let Some(element) = target() {
        element.scroll_into_view();
    }
}

/// What the page's address says after `?` under a name.
pub fn parameter(name: &str) -> Option<String> {
    let search = web_sys::window()?.location().search().ok()?;
    let parameters = web_sys::UrlSearchParams::new_with_str(&search).ok()?;
    parameters.get(name)
}

/// Presses an element, as a click on it would.
pub fn press(node: NodeRef) {
    if let Some(element) = element(node) {
        element.click();
    }
}

/// Calls `hear` for every event of a kind anywhere on the page, for as long as it is open.
pub fn on_page<E: JsCast + 'static>(kind: &str, mut hear: impl FnMut(E) + 'static) {
    let hear = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        if let Ok(event) = event.dyn_into() {
            hear(event);
        }
    });
    if let Some(document) = document() {
        // A listener for a kind of event can always be added.
        let _ = document.add_event_listener_with_callback(kind, hear.as_ref().unchecked_ref());
    }
    hear.forget();
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // There is nothing to do about a page that cannot be reloaded.
        let _ = window.location().reload();
    }
}

/// Moves the focus to an element, where it is there.
pub fn focus(node: NodeRef) {
    if let Some(element) = element(node) {
        let _ = element.focus();
    }
}

/// Moves the focus to the first element of the page that matches `selector`.
pub fn focus_on(selector: &str) {
    let found = document().and_then(|document| document.query_selector(selector).ok()?);
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Moves the focus to what matches `selector` within an element.
pub fn focus_within(node: NodeRef, selector: &str) {
    let found = element(node).and_then(|element| element.query_selector(selector).ok()?);
    if let Some(found) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Whether the element that has the focus matches `selector`.
pub fn has_focus(selector: &str) -> bool {
    document()
        .and_then(|document| document.active_element())
        .is_some_and(|element| element.matches(selector).unwrap_or(false))
}

/// Moves the focus from one of the elements that match `selector` to another: by `step` places,
/// or to the first or last of them.
pub fn move_focus(selector: &str, step: Step) {
    let Some(document) = document() else { return };
    let Ok(found) = document.query_selector_all(selector) else {
        return;
    };
    let elements: Vec<HtmlElement> = (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into().ok())
        .collect();
    let active = document.active_element();
    let here = elements
        .iter()
        .position(|element| active.as_ref() == Some(element.as_ref()));
    let target = match (step, here) {
        (Step::First, _) => 0,
        (Step::Last, _) => elements.len().saturating_sub(1),
        (Step::Next, Some(here)) => here + 1,
        (Step::Previous, Some(here)) => here.saturating_sub(1),
        (Step::Next | Step::Previous, None) => return,
    };
    if let Some(element) = elements.get(target) {
        let _ = element.focus();
    }
}

/// Where [`move_focus`] goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next one, if there is one.
    Next,
    /// To the one before, if there is one.
    Previous,
    /// To the first one.
    First,
    /// To the last one.
    Last,
}

/// What is typed into an input.
pub fn typed(input: NodeRef) -> String {
    input
        .try_get()
        .and_then(|node| node.dyn_into::<HtmlInputElement>().ok())
        .map(|input| input.value())
        .unwrap_or_default()
}

/// Empties a field.
pub fn clear(input: NodeRef) {
    let node = input
        .try_get()
        .map(|node| node.dyn_into::<HtmlInputElement>());
    if let Some(Ok(field)) = node {
        field.set_value("");
    }
}

/// Puts text on the clipboard. False when the browser refuses.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    JsFuture::from(window.navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// Hands the user a file made here, as a download of the browser.
///
/// # Errors
/// What the browser threw.
pub fn save(name: &str, content: &str) -> Result<(), JsValue> {
    let parts = Array::of1(&JsValue::from_str(content));
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("application/json");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let document = document().ok_or(JsValue::NULL)?;
    let link: HtmlAnchorElement = document.create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has taken hold of the content by now, or will within the minute.
    wasm_bindgen_futures::spawn_local(async move {
        sleep(60_000).await;
        let _ = web_sys::Url::revoke_object_url(&url);
    });
    Ok(())
}

fn element(node: NodeRef) -> Option<HtmlElement> {
    node.try_get()?.dyn_into().ok()
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn body() -> Option<HtmlElement> {
    document()?.body()
}
