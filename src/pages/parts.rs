//! Small pieces that several pages use.

use super::dom::{self, Step};
use super::hostile_text::{split_name, visible};
use super::words::{t, t1};
use std::borrow::Cow;
use std::rc::Rc;
use sycamore::prelude::*;
use sycamore::web::tags;

/// An element with a class and text.
pub fn text(tag: Tag, class: &'static str, text: String) -> View {
    match tag {
        Tag::Span => tags::span().class(class).children(text).into(),
        Tag::Paragraph => tags::p().class(class).children(text).into(),
        Tag::Title => tags::h2().class(class).children(text).into(),
        Tag::Subtitle => tags::h3().class(class).children(text).into(),
        Tag::Item => tags::li().class(class).children(text).into(),
    }
}

/// A part of the view that is built anew whenever what it read changes. Boxed, so that the code
/// behind it is in the wasm module once and not once for every place.
pub fn live(build: impl FnMut() -> View + 'static) -> View {
    let build: Box<dyn FnMut() -> View> = Box::new(build);
    View::from_dynamic(build)
}

/// A part of the view that is built anew only when what `read` gave is another than before: what has
/// buttons stays under the finger that presses them while all around it changes.
pub fn live_on<T: Clone + PartialEq + 'static>(
    read: impl FnMut() -> T + 'static,
    mut build: impl FnMut(&T) -> View + 'static,
) -> View {
    let seen = create_selector(read);
    live(move || {
        // Taken out, as nothing can be built while a signal is being read.
        let seen = seen.get_clone();
        untrack(|| build(&seen))
    })
}

/// Shows this from now on. Nothing is built anew where it is what is shown, as that would take away
/// what the user is about to press.
pub fn show<T: PartialEq>(signal: Signal<T>, now: T) {
    if signal.with_untracked(|shown| *shown != now) {
        signal.set(now);
    }
}

/// An attribute that changes with what it read.
pub fn live_attribute(
    read: impl Fn() -> Option<Cow<'static, str>> + 'static,
) -> MaybeDyn<Option<Cow<'static, str>>> {
    MaybeDyn::Derived(Rc::new(move || read().into()))
}

/// A handler for clicks, boxed like [`live`].
pub fn on_click(
    handler: impl FnMut(web_sys::MouseEvent) + 'static,
) -> Box<dyn FnMut(web_sys::MouseEvent)> {
    Box::new(handler)
}

/// The elements that [`text`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `span`
    Span,
    /// `p`
    Paragraph,
    /// `h2`
    Title,
    /// `h3`
    Subtitle,
    /// `li`
    Item,
}

/// A button with words, known to tests by its action.
pub fn button(
    class: &'static str,
    action: &'static str,
    words: &'static str,
    on_click: impl FnMut(web_sys::MouseEvent) + 'static,
) -> View {
    named_button(class, action, t(words), None, on_click)
}

/// A button with these words; `name` is what a screen reader says, where the words alone do not
/// tell which thing is meant.
pub fn named_button(
    class: &'static str,
    action: &'static str,
    words: String,
    name: Option<String>,
    on_click: impl FnMut(web_sys::MouseEvent) + 'static,
) -> View {
    let clicked: Box<dyn FnMut(web_sys::MouseEvent)> = Box::new(on_click);
    tags::button()
        .attr("type", "button")
        .class(class)
        .attr("data-action", action)
        .attr("aria-label", name.map(Cow::from))
        .on(sycamore::web::events::click, clicked)
        .children(words)
        .into()
}

/// A file's name: on one line and cut in the middle when it is long, never cut at its end.
///
/// The two parts of a long name are one text to everything but the layout.
pub fn file_name(name: &str) -> View {
    let parts = if is_short(name) {
        vec![text(Tag::Span, "file-name-whole", visible(name))]
    } else {
        let (head, tail) = split_name(name);
        vec![
            text(Tag::Span, "file-name-head", head),
            text(Tag::Span, "file-name-tail", tail),
        ]
    };
    tags::bdi()
        .class("file-name")
        .attr("dir", "ltr")
        .attr("data-field", "name")
        .attr("title", visible(name))
        .children(parts)
        .into()
}

/// A host: on one line and, where it is long, cut at its beginning, as its end tells whose it is.
pub fn host(class: &'static str, field: &'static str, host: &str) -> View {
    let shown = visible(host);
    tags::span()
        .class(class)
        .attr("data-field", field)
        .attr("data-cut", "start")
        .attr("title", shown.clone())
        .children(tags::bdi().attr("dir", "ltr").children(shown))
        .into()
}

/// Whether a name fits its line in all likelihood. Should it not, it goes on in the next line.
fn is_short(name: &str) -> bool {
    const FITS: usize = 26;
    let width = |c: char| if c.is_ascii() { 1 } else { 2 };
    name.chars().map(width).sum::<usize>() <= FITS
}

/// Hexadecimal digits in groups, so that people can compare them. The text is that of the digits
/// alone.
pub fn digits(hex: &str, field: &'static str) -> View {
    let characters: Vec<char> = hex.chars().collect();
    let groups: Vec<View> = characters
        .chunks(8)
        .map(|group| text(Tag::Span, "digits-group", group.iter().collect()))
        .collect();
    tags::code()
        .class("digits")
        .attr("dir", "ltr")
        .attr("data-field", field)
        .children(groups)
        .into()
}

/// The pages that lead to each other, with the words of the links.
const PAGES: [(&str, &str); 4] = [
    ("history", "nav_history"),
    ("verify", "nav_verify"),
    ("sources", "nav_sources"),
    ("settings", "nav_settings"),
];

/// Links to the other pages. `current` is the page on which they stand, as its document names it.
pub fn navigation(current: &str) -> View {
    let links = PAGES.map(|(page, words)| {
        tags::a()
            .class("navigation-link")
            .attr("href", format!("{page}.html"))
            .attr("data-page-link", page)
            .attr("aria-current", (page == current).then_some("page"))
            .children(t(words))
            .into()
    });
    tags::nav()
        .class("navigation")
        .attr("aria-label", t("nav_label"))
        .children(Vec::<View>::from(links))
        .into()
}

/// The head of a page that has links to the others: the mark, its title, the links.
pub fn titled_head(title: String, current: &str) -> View {
    head(
        tags::h1().class("masthead-name").children(title).into(),
        navigation(current),
    )
}

/// The head of a page: the mark and a name.
pub fn masthead(name: String) -> View {
    head(text(Tag::Span, "masthead-name", name), View::new())
}

fn head(name: View, navigation: View) -> View {
    tags::header()
        .class("masthead")
        .children(vec![
            tags::img()
                .class("masthead-mark")
                .attr("src", "icons/idle.svg")
                .attr("alt", "")
                .into(),
            name,
            navigation,
        ])
        .into()
}

/// That what is remembered of downloads cannot be read, and why.
pub fn unreadable(detail: &str) -> View {
    tags::div()
        .class("blank")
        .attr("role", "alert")
        .children(vec![
            text(Tag::Title, "blank-title", t("popup_failed_title")),
            text(
                Tag::Paragraph,
                "blank-text",
                t1("popup_failed_text", detail),
            ),
            button("button", "reload", "popup_failed_again", |_| dom::reload()),
        ])
        .into()
}

/// Moves the focus along a list of downloads with the arrows, Home and End.
pub fn walk(event: web_sys::KeyboardEvent) {
    const HEADS: &str = "[data-action=toggle]";
    let step = match event.key().as_str() {
        "ArrowDown" => Step::Next,
        "ArrowUp" => Step::Previous,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return,
    };
    if dom::has_focus(HEADS) {
        event.prevent_default();
        dom::move_focus(HEADS, step);
    }
}

/// What a screen reader is told when it changes. Nothing is seen of it.
pub fn announcer(said: Signal<String>) -> View {
    tags::div()
        .class("visually-hidden")
        .attr("role", "status")
        .attr("aria-live", "polite")
        .children(live(move || View::from(said.get_clone())))
        .into()
}
