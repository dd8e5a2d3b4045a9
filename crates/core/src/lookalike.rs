//! Names that may not be what they look like: letters of another script among Latin ones,
//! characters that are invisible or turn the reading direction, and encoded domain names.
//!
//! Nothing is refused for it. The name is proven; what is told is how to read it.

use serde::{Deserialize, Serialize};

/// Something about a name that its looks do not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// One word of it has letters of several scripts, as in `pаypal` with a Cyrillic letter.
    MixedScripts {
        /// The scripts' English names, in order of appearance.
        scripts: Vec<String>,
    },
    /// It has characters that are invisible or change the reading direction.
    Hidden {
        /// The characters' code points, as in `U+202E`.
        characters: Vec<String>,
    },
    /// A label of a domain name in it is encoded (RFC 3492).
    Encoded {
        /// The label, as in `xn--pypal-4ve`.
        label: String,
        /// What it stands for.
        meaning: String,
    },
}

/// What there is to tell about a name.
pub fn oddities(name: &str) -> Vec<Oddity> {
    let mut found = Vec::new();
    let hidden: Vec<String> = name
        .chars()
        .filter(|c| is_hidden(*c))
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect();
    if !hidden.is_empty() {
        found.push(Oddity::Hidden { characters: hidden });
    }
    if let Some(scripts) = words(name).find_map(mixed) {
        found.push(Oddity::MixedScripts { scripts });
    }
    for label in words(name) {
        let Some(meaning) = encoded(label).and_then(decode) else {
            continue;
        };
        if let Some(scripts) = mixed(&meaning) {
            found.push(Oddity::MixedScripts { scripts });
        }
        found.push(Oddity::Encoded {
            label: label.to_owned(),
            meaning,
        });
    }
    found
}

/// The parts of a name that are read as one: labels of domains, steps of paths.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '@', '/', ':', ' ', '_', '+'])
}

fn encoded(label: &str) -> Option<&str> {
    let prefix = label.get(..4)?;
    prefix
        .eq_ignore_ascii_case("xn--")
        .then(|| label.get(4..))
        .flatten()
}

fn mixed(word: &str) -> Option<Vec<String>> {
    let mut scripts: Vec<String> = Vec::new();
    for script in word.chars().filter_map(script) {
        if !scripts.iter().any(|known| known == script) {
            scripts.push(script.to_owned());
        }
    }
    // Japanese is written with three scripts and Korean with two.
    let together = ["Han", "Hiragana", "Katakana", "Hangul"];
    let apart = scripts
        .iter()
        .filter(|script| !together.contains(&script.as_str()))
        .count();
    let beside = usize::from(apart < scripts.len());
    (apart + beside > 1).then_some(scripts)
}

/// The script of a letter, as far as it matters here; `None` for digits and signs.
fn script(c: char) -> Option<&'static str> {
    if c.is_ascii_alphabetic() {
        return Some("Latin");
    }
    if c.is_ascii() || !c.is_alphabetic() {
        return None;
    }
    let found = SCRIPTS
        .iter()
        .find(|(first, last, _)| (*first..=*last).contains(&u32::from(c)));
    Some(found.map_or("another script", |(_, _, name)| name))
}

/// Blocks of the Unicode Standard with letters that names are written in.
const SCRIPTS: [(u32, u32, &str); 26] = [
    (0x00C0, 0x02AF, "Latin"),
    (0x1D00, 0x1D25, "Latin"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x2C60, 0x2C7F, "Latin"),
    (0xA720, 0xA7FF, "Latin"),
    (0xFF21, 0xFF5A, "full-width Latin"),
    (0x1D400, 0x1D7FF, "mathematical letters"),
    (0x2100, 0x214F, "letter-like signs"),
    (0x0370, 0x03FF, "Greek"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x1C80, 0x1C8F, "Cyrillic"),
    (0xA640, 0xA69F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x13A0, 0x13FF, "Cherokee"),
    (0xAB70, 0xABBF, "Cherokee"),
    (0x3040, 0x309F, "Hiragana"),
    (0x30A0, 0x30FF, "Katakana"),
    (0x3400, 0x9FFF, "Han"),
    (0x20000, 0x323AF, "Han"),
    (0xAC00, 0xD7AF, "Hangul"),
];

/// Whether a character cannot be seen, or changes the reading direction (Unicode Standard Annex 9).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}'
            | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Decodes the part of a label after `xn--` (RFC 3492, section 6.2). `None` for what encodes
/// nothing.
fn decode(encoded: &str) -> Option<String> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    // A label of a domain name has at most 63 octets (RFC 1035, section 2.3.4).
    if encoded.len() > 63 || !encoded.is_ascii() {
        return None;
    }
    let (basic, rest) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut output: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias, mut first) = (128_u32, 0_u32, 72_u32, true);
    let mut digits = rest.bytes();
    while digits.len() > 0 {
        let before = i;
        let mut weight = 1_u32;
        let mut k = BASE;
        loop {
            let digit = match digits.next()? {
                letter @ b'a'..=b'z' => u32::from(letter - b'a'),
                letter @ b'A'..=b'Z' => u32::from(letter - b'A'),
                number @ b'0'..=b'9' => u32::from(number - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k = k.checked_add(BASE)?;
        }
        let length = u32::try_from(output.len()).ok()?.checked_add(1)?;
        bias = adapt(i - before, length, first);
        first = false;
        n = n.checked_add(i / length)?;
        i %= length;
        output.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    (!output.is_empty()).then(|| output.into_iter().collect())
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = delta / if first { 700 } else { 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_told_nothing_about() {
        for name in [
            "release@example.org",
            "müller@example.org",
            "https://github.com/cli/cli",
            "почта@пример.рф",
            "株式会社テスト@example.jp",
            "SHA256:1eZjdUt+8iPrh0+ZRfoah9TwU1Zg6N9gM0GYHVLeXpU",
            "",
        ] {
            assert_eq!(oddities(name), [], "{name}");
        }
    }

    #[test]
    fn a_letter_of_another_script_is_told() {
        for (name, scripts) in [
            ("p\u{430}ypal@example.org", vec!["Latin", "Cyrillic"]),
            ("\u{3bf}penssl", vec!["Greek", "Latin"]),
            ("\u{ff47}ithub/cli", vec!["full-width Latin", "Latin"]),
            ("g\u{1d4be}thub", vec!["Latin", "mathematical letters"]),
        ] {
            let scripts = scripts.into_iter().map(str::to_owned).collect();
            assert_eq!(oddities(name), [Oddity::MixedScripts { scripts }], "{name}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        assert_eq!(
            oddities("gro.elpmaxe\u{202e}@a\u{200b}b"),
            [Oddity::Hidden {
                characters: vec!["U+202E".into(), "U+200B".into()]
            }]
        );
    }

    #[test]
    fn an_encoded_label_is_told_with_its_meaning() {
        // The samples of RFC 3492, section 7.1, and a look-alike.
        for (label, meaning) in [
            ("xn--fiqs8s", "中国"),
            ("XN--ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
            ("xn--bcher-kva", "bücher"),
            ("xn--d1acufc", "домен"),
        ] {
            let name = format!("release@{label}.example");
            assert_eq!(
                oddities(&name),
                [Oddity::Encoded {
                    label: label.into(),
                    meaning: meaning.into()
                }]
            );
        }
        let found = oddities("https://xn--pypal-4ve.example");
        assert!(matches!(
            found.as_slice(),
            [Oddity::MixedScripts { .. }, Oddity::Encoded { meaning, .. }] if meaning == "p\u{430}ypal"
        ));
    }

    #[test]
    fn nonsense_encodings_are_left_as_they_are() {
        for label in [
            "xn--",
            "xn--\u{e4}",
            "xn--99999999",
            "xn---",
            "xn--a-",
            "xn",
        ] {
            let found = oddities(label);
            assert!(
                !found.iter().any(
                    |oddity| matches!(oddity, Oddity::Encoded { meaning, .. } if meaning.is_empty())
                ),
                "{label}: {found:?}"
            );
        }
    }
}
