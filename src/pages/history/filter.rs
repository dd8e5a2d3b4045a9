//! Which downloads the user wants to see, and finding them.
//!
//! What is chosen stands in the fragment of the page's address, so that it is still chosen when the
//! page is loaded again.

use super::row::Row;
use assay_core::verdict::Verdict;
use std::rc::Rc;

/// Which downloads the user wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Words that all have to be in the file's name, its site or its signer, or begin its digest.
    pub text: String,
    /// The verdicts; none means any.
    pub verdicts: Vec<Verdict>,
    /// A part of the site.
    pub site: String,
    /// A part of the signer.
    pub signer: String,
    /// When.
    pub when: When,
}

/// When a download completed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum When {
    /// At any time.
    #[default]
    Ever,
    /// Today, and so many days before.
    Days(u32),
    /// From one day to another, both included, as `2026-01-31`; empty for no limit.
    Between(String, String),
}

/// A [`Filter`] that is ready to be asked.
pub struct Wanted {
    /// In lower case.
    pub words: Vec<String>,
    /// A bit for each of [`Verdict::ALL`].
    pub verdicts: u16,
    /// In lower case.
    pub site: String,
    /// In lower case.
    pub signer: String,
    /// In milliseconds since 1970.
    pub from: f64,
    /// The same; this moment is not included.
    pub until: f64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The rows, newest first.
    pub rows: Vec<Rc<Row>>,
    /// How many there would be of each of [`Verdict::ALL`], whichever verdicts are chosen.
    pub counts: [u32; Verdict::ALL.len()],
}

impl Filter {
    /// The filter and the page that a fragment (without its `#`) speaks of. What it does not know is
    /// left out.
    pub fn of_fragment(fragment: &str) -> (Self, usize) {
        let mut filter = Self::default();
        let mut page = 0;
        let (mut from, mut to) = (String::new(), String::new());
        for part in fragment.split('&') {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let value = decoded(value);
            match name {
                "q" => filter.text = value,
                "site" => filter.site = value,
                "signer" => filter.signer = value,
                "verdict" => {
                    let is_named =
                        |verdict: &Verdict| value.split(',').any(|w| w == verdict.word());
                    filter.verdicts = Verdict::ALL.into_iter().filter(is_named).collect();
                }
                "days" => filter.when = value.parse().map_or(When::Ever, When::Days),
                "from" => from = value,
                "to" => to = value,
                "page" => page = value.parse::<usize>().unwrap_or(1).saturating_sub(1),
                _ => {}
            }
        }
        if !from.is_empty() || !to.is_empty() {
            filter.when = When::Between(from, to);
        }
        (filter, page)
    }

    /// The fragment, without its `#`.
    pub fn fragment(&self, page: usize) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{name}={}", encoded(value)));
            }
        };
        put("q", &self.text);
        let verdicts: Vec<&str> = self.verdicts.iter().map(|verdict| verdict.word()).collect();
        put("verdict", &verdicts.join(","));
        put("site", &self.site);
        put("signer", &self.signer);
        match &self.when {
            When::Ever => {}
            When::Days(days) => put("days", &days.to_string()),
            When::Between(from, to) => {
                put("from", from);
                put("to", to);
            }
        }
        if page > 0 {
            put("page", &(page + 1).to_string());
        }
        parts.join("&")
    }
}

impl Wanted {
    /// Finds what is wanted among all rows.
    pub fn find(&self, rows: &[Rc<Row>]) -> Found {
        let mut found = Found::default();
        for row in rows {
            if !self.is_wanted(row) {
                continue;
            }
            let place = row.verdict.and_then(place_of);
            if let Some(count) = place.and_then(|place| found.counts.get_mut(place)) {
                *count += 1;
            }
            let chosen = match (self.verdicts, place) {
                (0, _) => true,
                (_, Some(place)) => self.verdicts & (1 << place) != 0,
                (_, None) => false,
            };
            if chosen {
                found.rows.push(Rc::clone(row));
            }
        }
        found
    }

    /// Whether a row is wanted, but for its verdict.
    fn is_wanted(&self, row: &Row) -> bool {
        let has = |text: &Option<Rc<str>>, part: &str| {
            part.is_empty()
                || text
                    .as_ref()
                    .is_some_and(|text| text.to_lowercase().contains(part))
        };
        row.at >= self.from
            && row.at < self.until
            && self
                .words
                .iter()
                .all(|word| row.text.contains(word.as_str()) || is_digest(word, &row.digest))
            && has(&row.site, &self.site)
            && has(&row.signer, &self.signer)
    }
}

/// The place of a verdict in [`Verdict::ALL`].
pub fn place_of(verdict: Verdict) -> Option<usize> {
    Verdict::ALL.iter().position(|known| *known == verdict)
}

/// Whether a word is how a digest begins.
fn is_digest(word: &str, digest: &str) -> bool {
    const TELLING: usize = 4;
    let word = word.strip_prefix("sha256:").unwrap_or(word);
    word.len() >= TELLING && digest.starts_with(word)
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' | b'@' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::record::Stage;

    fn row(name: &str, verdict: Verdict, at: f64) -> Rc<Row> {
        Rc::new(Row {
            id: name.into(),
            name: name.into(),
            site: Some("dl.example.org".into()),
            signer: Some("Ada@example.org".into()),
            because: "".into(),
            verdict: Some(verdict),
            word: "".into(),
            stage: Stage::Done,
            size: 1.0,
            at,
            deleted: false,
            held: false,
            digest: "abcdef0123".into(),
            text: format!("{name}\ndl.example.org\nada@example.org"),
        })
    }

    fn all() -> Wanted {
        Wanted {
            words: vec![],
            verdicts: 0,
            site: String::new(),
            signer: String::new(),
            from: f64::NEG_INFINITY,
            until: f64::INFINITY,
        }
    }

    fn names(found: &Found) -> Vec<&str> {
        found.rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn all_words_have_to_be_there_wherever_they_are() {
        let rows = [
            row("one.zip", Verdict::Unknown, 2.0),
            row("two.zip", Verdict::Unknown, 1.0),
        ];
        let found = |words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            Wanted { words, ..all() }.find(&rows).rows.len()
        };
        assert_eq!(found(&[]), 2);
        assert_eq!(found(&["one"]), 1);
        assert_eq!(found(&["zip", "ada@", "dl.example"]), 2);
        assert_eq!(found(&["one", "two"]), 0);
        assert_eq!(found(&["abcdef01"]), 2, "a digest by its beginning");
        assert_eq!(found(&["sha256:abcdef"]), 2);
        assert_eq!(found(&["bcdef01"]), 0, "and by nothing else");
        assert_eq!(found(&["abc"]), 0, "if it is long enough to tell");
    }

    #[test]
    fn each_verdict_is_counted_whichever_are_chosen() {
        let rows = [
            row("a", Verdict::Unknown, 3.0),
            row("b", Verdict::Verified, 2.0),
            row("c", Verdict::Unknown, 1.0),
        ];
        let place = |verdict| place_of(verdict).expect("one of all");
        let found = Wanted {
            verdicts: 1 << place(Verdict::Verified),
            ..all()
        }
        .find(&rows);
        assert_eq!(names(&found), ["b"]);
        assert_eq!(found.counts[place(Verdict::Unknown)], 2);
        assert_eq!(found.counts[place(Verdict::Verified)], 1);
    }

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        let rows = [
            row("late", Verdict::Unknown, 20.0),
            row("early", Verdict::Unknown, 10.0),
        ];
        let between = |from, until| {
            let found = Wanted {
                from,
                until,
                ..all()
            }
            .find(&rows);
            names(&found).join(" ")
        };
        assert_eq!(between(10.0, 20.0), "early");
        assert_eq!(between(10.1, 20.1), "late");
    }

    #[test]
    fn what_is_chosen_survives_in_the_address() {
        let filter = Filter {
            text: "größer & 100% #1=1".into(),
            verdicts: vec![Verdict::Untrusted, Verdict::Unknown],
            site: "example.org".into(),
            signer: "a@b".into(),
            when: When::Between("2026-01-01".into(), String::new()),
        };
        assert_eq!(Filter::of_fragment(&filter.fragment(4)), (filter, 4));
        let days = Filter {
            when: When::Days(7),
            ..Filter::default()
        };
        assert_eq!(days.fragment(0), "days=7");
        assert_eq!(Filter::of_fragment("days=7"), (days, 0));
        assert_eq!(Filter::default().fragment(0), "");
    }

    #[test]
    fn an_address_that_makes_no_sense_chooses_nothing() {
        for odd in [
            "",
            "&&==",
            "x=1",
            "verdict=green",
            "days=x",
            "page=-1",
            "page=0",
        ] {
            assert_eq!(Filter::of_fragment(odd), (Filter::default(), 0), "{odd}");
        }
        assert_eq!(Filter::of_fragment("q=%zz%4").0.text, "%zz%4");
    }
}
