//! HTML that cannot be broken by what is shown in it: text gets in through [`text`] and as an
//! attribute's value only, and both are escaped. Tags and names are constants.

use std::fmt::Write as _;

/// A piece of HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

/// Text. What would change how others are read (control characters, those that turn the direction
/// of writing) is shown as a replacement character.
pub fn text(text: &str) -> Html {
    let mut html = String::new();
    escape(text, &mut html);
    Html(html)
}

/// An element with attributes and content.
pub fn element(
    tag: &'static str,
    attributes: &[(&'static str, &str)],
    content: impl IntoIterator<Item = Html>,
) -> Html {
    let mut html = String::new();
    open(tag, attributes, &mut html);
    for part in content {
        html.push_str(&part.0);
    }
    // Writing into a text does not fail.
    let _ = write!(html, "</{tag}>");
    Html(html)
}

/// An element that has no content and no end.
pub fn void(tag: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    let mut html = String::new();
    open(tag, attributes, &mut html);
    Html(html)
}

/// A style sheet: a constant, as nothing is escaped in it.
pub fn style(sheet: &'static str) -> Html {
    Html(format!("<style>{sheet}</style>"))
}

/// A whole document in English, whose head and body these are.
pub fn document(
    head: impl IntoIterator<Item = Html>,
    body: impl IntoIterator<Item = Html>,
) -> String {
    let head = element("head", &[], head);
    let body = element("body", &[], body);
    let html = element("html", &[("lang", "en")], [head, body]);
    format!("<!doctype html>\n{}\n", html.0)
}

fn open(tag: &'static str, attributes: &[(&'static str, &str)], html: &mut String) {
    let _ = write!(html, "<{tag}");
    for (name, value) in attributes {
        let _ = write!(html, " {name}=\"");
        escape(value, html);
        html.push('"');
    }
    html.push('>');
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\t' => html.push(c),
            c if c.is_control() || turns(c) => html.push(char::REPLACEMENT_CHARACTER),
            c => html.push(c),
        }
    }
}

/// Characters that are not seen and change how others are shown.
fn turns(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_becomes_markup() {
        let hostile = "</p><script>alert(\"1\")</script>&amp;'\u{202e}\u{1b}[0m";
        let html = element("p", &[("title", hostile)], [text(hostile)]).0;
        let escaped = "&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;\
                       \u{fffd}\u{fffd}[0m";
        assert_eq!(html, format!("<p title=\"{escaped}\">{escaped}</p>"));
    }

    #[test]
    fn a_document_is_whole() {
        let html = document([void("meta", &[("charset", "utf-8")])], [text("a")]);
        let expected = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head>\
                        <body>a</body></html>\n";
        assert_eq!(html, expected);
    }
}
