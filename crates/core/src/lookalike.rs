//! Names that may not be what they look like: letters of another script among Latin ones,
//! characters that are invisible or turn the reading direction, and encoded domain names.
//!
//! Nothing is refused for it. The name is proven; what is told is how to read it.

/// Something about a name that its looks do not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// One word of it has letters of several scripts, as in `pаypal` with a Cyrillic letter.
    MixedScripts {
        /// The scripts' English names, in order of appearance.
        scripts: Vec<String>,
    },
    /// One word of it has only letters that look like Latin ones and are none, as in `сорру`, which
    /// is Cyrillic; and nothing else in the name says that it is written so.
    Imitation {
        /// The word.
        word: String,
        /// The script's English name.
        script: String,
    },
    /// It has characters that are invisible or change the reading direction.
    Hidden {
        /// The first characters' code points, as in `U+202E`.
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

/// So much is told about a name at most: whoever reads that knows what to think of it, and a name can be
/// made of thousands of such words.
const MAX_ODDITIES: usize = 4;

/// So many hidden characters of a name are told.
const MAX_HIDDEN: usize = 16;

/// What there is to tell about a name, each thing once, and no more than one can read.
pub fn oddities(name: &str) -> Vec<Oddity> {
    let mut found: Vec<Oddity> = Vec::new();
    let mut tell = |oddity| {
        if found.len() < MAX_ODDITIES && !found.contains(&oddity) {
            found.push(oddity);
        }
    };
    let hidden: Vec<String> = name
        .chars()
        .filter(|c| is_hidden(*c))
        .take(MAX_HIDDEN)
        .map(|c| format!("U+{:04X}", u32::from(c)))
        .collect();
    if !hidden.is_empty() {
        tell(Oddity::Hidden { characters: hidden });
    }
    if let Some(scripts) = words(name).find_map(mixed) {
        tell(Oddity::MixedScripts { scripts });
    }
    imitation(name).into_iter().for_each(&mut tell);
    for label in words(name) {
        let Some(meaning) = encoded(label).and_then(decode) else {
            continue;
        };
        if let Some(scripts) = mixed(&meaning) {
            tell(Oddity::MixedScripts { scripts });
        }
        imitation(&meaning).into_iter().for_each(&mut tell);
        tell(Oddity::Encoded {
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

/// A word that passes for a Latin one. That a word of another script could be read as Latin is chance
/// where the rest of the name is plainly of that script.
fn imitation(name: &str) -> Option<Oddity> {
    let imitators = [("Cyrillic", CYRILLIC_AS_LATIN), ("Greek", GREEK_AS_LATIN)];
    imitators.into_iter().find_map(|(imitating, letters)| {
        let is_of_it = |c: char| script(c) == Some(imitating);
        if name.chars().any(|c| is_of_it(c) && !letters.contains(c)) {
            return None;
        }
        let passes = |word: &&str| word.chars().any(is_of_it) && mixed(word).is_none();
        let word = words(name).find(passes)?;
        Some(Oddity::Imitation {
            word: word.to_owned(),
            script: imitating.to_owned(),
        })
    })
}

/// Letters that look like Latin ones, or very nearly (Unicode Technical Standard 39, confusables).
const CYRILLIC_AS_LATIN: &str = "\
    \u{430}\u{433}\u{435}\u{43e}\u{43f}\u{440}\u{441}\u{443}\u{445}\u{455}\u{456}\u{457}\
    \u{458}\u{461}\u{475}\u{4af}\u{4bb}\u{4cf}\u{501}\u{51b}\u{51d}\u{410}\u{412}\u{415}\
    \u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{423}\u{425}\u{405}\u{406}\u{407}\
    \u{408}\u{4c0}\u{51a}\u{51c}";
const GREEK_AS_LATIN: &str = "\
    \u{3b1}\u{3b9}\u{3ba}\u{3bd}\u{3bf}\u{3c1}\u{3c4}\u{3c5}\u{3c7}\u{3b3}\u{3b7}\u{3c9}\
    \u{3f2}\u{3f3}\u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\
    \u{3a1}\u{3a4}\u{3a5}\u{3a7}";

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
    fn a_word_that_passes_for_a_latin_one_is_told() {
        for (name, word, script) in [
            // "copy", "paypa1" without Latin letters, "ovo".
            (
                "\u{441}\u{43e}\u{440}\u{443}@example.org",
                "\u{441}\u{43e}\u{440}\u{443}",
                "Cyrillic",
            ),
            (
                "https://github.com/\u{440}\u{430}\u{443}/x",
                "\u{440}\u{430}\u{443}",
                "Cyrillic",
            ),
            ("\u{3bf}\u{3bd}\u{3bf}", "\u{3bf}\u{3bd}\u{3bf}", "Greek"),
        ] {
            let found = oddities(name);
            let imitation = Oddity::Imitation {
                word: word.into(),
                script: script.into(),
            };
            assert_eq!(found, [imitation], "{name}");
        }
        // Plain Russian and Greek, in which some words happen to look Latin.
        for name in [
            "\u{440}\u{430}\u{43e}@\u{43f}\u{43e}\u{447}\u{442}\u{430}.\u{440}\u{444}",
            "\u{3bf}\u{3bd}\u{3bf}.\u{3b5}\u{3bb}",
        ] {
            assert_eq!(oddities(name), [], "{name}");
        }
        // The first of them, encoded.
        let found = oddities("release@xn--n1aebk.example");
        assert!(
            matches!(
                found.as_slice(),
                [Oddity::Imitation { .. }, Oddity::Encoded { .. }]
            ),
            "{found:?}"
        );
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
    fn of_a_name_of_thousands_of_words_no_more_is_told_than_one_reads() {
        let hidden = "\u{200b}".repeat(1000);
        let labels: Vec<String> = (0..1000).map(|n| format!("xn--{n}-4ve")).collect();
        let found = oddities(&format!("{hidden}@{}", labels.join(".")));
        assert_eq!(found.len(), MAX_ODDITIES);
        let twice = "xn--bcher-kva.xn--bcher-kva";
        assert_eq!(oddities(twice).len(), 1);
        assert!(
            matches!(&found[0], Oddity::Hidden { characters } if characters.len() == MAX_HIDDEN)
        );
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
