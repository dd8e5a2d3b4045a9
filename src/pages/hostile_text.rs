//! Text from outside, made safe to look at: what is invisible, or turns the reading direction
//! around, is spelled out, and a long file name keeps its extension in view.

use assay_core::lookalike::is_hidden;

/// How many characters at the end of a file name always stay in view, at most.
const TAIL: usize = 14;

/// The text with control characters, direction marks and invisible characters spelled out, as in
/// `⟨U+202E⟩`. All else is kept, emoji included.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        // Joiners are part of emoji and of several scripts; between ASCII they only hide.
        let joins = matches!(c, '\u{200C}' | '\u{200D}')
            && before.is_some_and(|c: char| !c.is_ascii())
            && rest.peek().is_some_and(|c| !c.is_ascii());
        if is_hidden(c) && !joins {
            spell(c, &mut shown);
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
    shown
}

/// A file's name in two parts, made [`visible`]: the first may be cut short on the screen, the
/// second (the extension and a little before it) must not be.
pub fn split_name(name: &str) -> (String, String) {
    let name = visible(name);
    let count = name.chars().count();
    let extension = name
        .rsplit_once('.')
        .map_or(0, |(_, extension)| extension.chars().count() + 1);
    // An extension that is no extension: a long sentence after a full stop.
    let tail = if extension == 0 || extension > TAIL {
        TAIL.min(count / 2)
    } else {
        (extension + 4).min(count)
    };
    let cut = name
        .char_indices()
        .nth(count - tail)
        .map_or(name.len(), |(at, _)| at);
    let (head, tail) = name.split_at(cut);
    (head.to_owned(), tail.to_owned())
}

/// An argument of a sentence: [`visible`], and kept from changing the direction of what stands
/// around it (Unicode Standard Annex 9, isolates).
pub fn isolated(text: &str) -> String {
    let text = visible(text);
    if text.is_ascii() {
        text
    } else {
        let mut isolated = String::with_capacity(text.len() + 6);
        isolated.push('\u{2068}');
        isolated.push_str(&text);
        isolated.push('\u{2069}');
        isolated
    }
}

fn spell(c: char, shown: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let code = c as u32;
    let width = if code > 0xFFFF { 5 } else { 4 };
    shown.push_str("⟨U+");
    for place in (0..width).rev() {
        let digit = (code >> (4 * place)) & 0xF;
        shown.push(DIGITS.get(digit as usize).copied().unwrap_or('?'));
    }
    shown.push('⟩');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_turn_the_direction_around_are_spelled_out() {
        assert_eq!(visible("invoice\u{202E}fdp.exe"), "invoice⟨U+202E⟩fdp.exe");
        assert_eq!(visible("a\u{200B}b\n\u{7F}"), "a⟨U+200B⟩b⟨U+000A⟩⟨U+007F⟩");
        assert_eq!(visible("\u{E0041}"), "⟨U+E0041⟩");
    }

    #[test]
    fn emoji_and_other_scripts_stay_as_they_are() {
        for plain in [
            "café ☕️.pdf",
            "👩‍👩‍👧.png",
            "می‌خواهم.txt",
            "תמונה.jpg",
            "<b>&amp;.txt",
        ] {
            assert_eq!(visible(plain), plain);
        }
        assert_eq!(visible("a\u{200D}b"), "a⟨U+200D⟩b");
    }

    #[test]
    fn the_extension_stays_in_the_part_that_is_never_cut() {
        for (name, tail) in [
            ("invoice.pdf          .exe", "    .exe"),
            ("archive.tar.gz", ".tar.gz"),
            ("a.b", "a.b"),
            ("", ""),
        ] {
            let (head, shown_tail) = split_name(name);
            assert_eq!(shown_tail, tail, "{name}");
            assert_eq!(head + &shown_tail, name);
        }
        let long = format!("{}.dmg", "ä".repeat(251));
        assert_eq!(split_name(&long).1, "ääää.dmg");
        assert_eq!(split_name("no extension at all").1.chars().count(), 9);
    }

    #[test]
    fn only_what_is_not_plain_is_isolated() {
        assert_eq!(isolated("a@example.org"), "a@example.org");
        assert_eq!(isolated("שלום"), "\u{2068}שלום\u{2069}");
    }
}
