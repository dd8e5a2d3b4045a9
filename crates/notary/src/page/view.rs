//! The page's HTML.

use super::shown::{Shown, Signer};
use crate::html::{Html, document, element, style, text, void};
use crate::notary::Notary;

/// Its style sheet, which the page's policy names by its digest.
pub const STYLE: &str = include_str!("style.css");

/// How many digits of a digest are shown.
const SHORT: usize = 16;

/// The longest name that is shown whole, in characters.
const LONG: usize = 120;

/// The page of a notary to which everybody may write if it is `open`.
pub fn page(notary: &Notary, open: bool, latest: &[Shown]) -> String {
    let host = notary.identity().host();
    let head = [
        void("meta", &[("charset", "utf-8")]),
        void(
            "meta",
            &[
                ("name", "viewport"),
                ("content", "width=device-width, initial-scale=1"),
            ],
        ),
        void("meta", &[("name", "robots"), ("content", "noindex")]),
        element("title", &[], [text(&format!("{host} – Assay notary"))]),
        style(STYLE),
    ];
    let main = element(
        "main",
        &[],
        [
            about(notary, open),
            add(notary),
            entries(latest),
            key(notary),
        ],
    );
    document(head, [main])
}

fn about(notary: &Notary, open: bool) -> Html {
    let identity = notary.identity();
    let fact = |class: &str, name: &str, value: Html| {
        let name = element("dt", &[], [text(name)]);
        element("div", &[("class", class)], [name, value])
    };
    let size = grouped(notary.head().size);
    let writers = match open {
        true => "Everybody",
        false => "Whoever has a token from its administrator",
    };
    element(
        "header",
        &[],
        [
            element("p", &[("class", "soft")], [text("Assay notary")]),
            element("h1", &[], [text(identity.host())]),
            element(
                "p",
                &[("class", "lead")],
                [text(
                    "A public log of signatures. It tells who signed a file, asked by the file’s \
                     digest. Nothing in it is ever changed or removed, and everybody can check that.",
                )],
            ),
            element(
                "dl",
                &[("class", "card facts")],
                [
                    fact(
                        "",
                        "Entries in the log",
                        element("dd", &[("class", "number")], [text(&size)]),
                    ),
                    fact(
                        "",
                        "Address",
                        element("dd", &[("class", "mono")], [text(&identity.address)]),
                    ),
                    fact("", "Who may read", element("dd", &[], [text("Everybody")])),
                    fact("", "Who may write", element("dd", &[], [text(writers)])),
                    fact(
                        "wide",
                        "Fingerprint of its trust root",
                        element("dd", &[("class", "mono")], [text(notary.fingerprint())]),
                    ),
                ],
            ),
        ],
    )
}

fn add(notary: &Notary) -> Html {
    let address = &notary.identity().address;
    let command = format!(
        "assay verify FILE \\\n  --notary {address} \\\n  --fingerprint {}",
        notary.fingerprint()
    );
    let step = |title: &str, words: Vec<Html>| {
        let title = element("h3", &[], [text(title)]);
        element(
            "div",
            &[("class", "card")],
            [title].into_iter().chain(words),
        )
    };
    let extension = [
        text("On Assay’s page "),
        element("em", &[], [text("Sources")]),
        text(
            ", add the address above, and go on only if the fingerprint that you are shown is the one that the notary’s administrator published.",
        ),
    ];
    element(
        "section",
        &[("aria-labelledby", "use")],
        [
            element("h2", &[("id", "use")], [text("Ask this notary")]),
            element(
                "div",
                &[("class", "steps")],
                [
                    step("In your browser", vec![element("p", &[], extension)]),
                    step(
                        "On the command line",
                        vec![element("pre", &[("class", "mono")], [text(&command)])],
                    ),
                ],
            ),
            element(
                "p",
                &[("class", "small soft lead")],
                [text(
                    "This page cannot vouch for itself: compare the fingerprint with one from \
                     another place, such as the administrator’s own site.",
                )],
            ),
        ],
    )
}

fn entries(latest: &[Shown]) -> Html {
    let list = match latest {
        [] => element(
            "p",
            &[("class", "card soft")],
            [text("Nothing has been logged yet.")],
        ),
        _ => {
            let items = latest.iter().map(item);
            // The numbers are told with each entry.
            element("ol", &[("class", "card entries"), ("role", "list")], items)
        }
    };
    let heading = element("h2", &[("id", "latest")], [text("Latest entries")]);
    element("section", &[("aria-labelledby", "latest")], [heading, list])
}

fn item(entry: &Shown) -> Html {
    let warns = entry.kind.ends_with("untrusted") || entry.kind.ends_with("unsupported");
    let class = if warns { "what warning" } else { "what" };
    let href = format!("/api/v1/log/entries/{}", entry.id);
    let number = format!("Entry {}", grouped(entry.index));
    let isolated = |words: &str| element("bdi", &[], [text(&shortened(words))]);
    let who = match &entry.signer {
        Signer::Named(name) => vec![text("by "), isolated(name)],
        Signer::Key(fingerprint) => {
            let key = element("span", &[("class", "mono")], [text(fingerprint)]);
            vec![text("by the key "), key]
        }
        Signer::Foreign => vec![text("by somebody whom another authority certified")],
        Signer::Unknown => vec![text("by an unknown signer")],
    };
    let about = entry.digest.as_ref().map(|digest| {
        let short = digest.get(..SHORT).unwrap_or(digest);
        let href = format!("/attestations/sha256:{digest}");
        let words = format!("sha256:{short}…");
        let link = [
            ("href", href.as_str()),
            ("class", "mono"),
            ("title", digest.as_str()),
        ];
        element(
            "div",
            &[("class", "about small")],
            [text("about "), element("a", &link, [text(&words)])],
        )
    });
    let time = element(
        "time",
        &[("datetime", entry.time.as_str())],
        [text(&plain(&entry.time))],
    );
    let first = [
        element("span", &[("class", class)], [isolated(&entry.kind)]),
        element(
            "span",
            &[("class", "when small")],
            [element("a", &[("href", href.as_str())], [text(&number)])],
        ),
        element("div", &[("class", "who small")], who),
    ];
    let last = element("div", &[("class", "about small soft")], [time]);
    element("li", &[], first.into_iter().chain(about).chain([last]))
}

fn key(notary: &Notary) -> Html {
    let link = |href: &str, words: &str| {
        let link = element("a", &[("href", href)], [text(words)]);
        element("li", &[], [link])
    };
    element(
        "section",
        &[("aria-labelledby", "key")],
        [
            element("h2", &[("id", "key")], [text("The log’s public key")]),
            element(
                "pre",
                &[("class", "card mono")],
                [text(notary.log_key_pem().trim_end())],
            ),
            element(
                "ul",
                &[("class", "links small"), ("role", "list")],
                [
                    link("/trusted_root.json", "Trust root (JSON)"),
                    link("/api/v1/log", "Signed state of the log (JSON)"),
                    link("/api/v1/log/publicKey", "Public key (PEM)"),
                ],
            ),
        ],
    )
}

/// A number with spaces between thousands that do not break.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// RFC 3339 as people read it.
fn plain(time: &str) -> String {
    time.replace('T', " ").replace('Z', " UTC")
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn hostile_words_stay_words() {
        let entry = Shown {
            index: 1000,
            id: "00".into(),
            time: "2026-11-28T04:00:00Z".into(),
            kind: "Attestation </span><script>alert(1)</script>".into(),
            digest: Some("ab".repeat(32)),
            signer: Signer::Named("<img src=x onerror=alert(1)>\u{202e}".repeat(20)),
        };
        let html = document([], [item(&entry)]);
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{html}"
        );
        assert!(html.contains("&lt;img") && html.contains("2026-11-28 04:00:00 UTC"));
        assert!(html.len() < 3000);
    }
}
