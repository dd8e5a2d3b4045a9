//! Takes the words out of errors that nobody reads.
//!
//! The library for dates explains what may be wrong with a date in so many words that they would be
//! a twenty-fifth of the extension's code. Dates come here inside of larger things, which are refused
//! as what they are, and where in them the fault is is told without the words. No setting of the
//! library leaves them out, so they are taken out of the program: what would write them writes
//! nothing, and does so successfully.
//!
//! So is what writes numbers with fractions as text, in the program that has no such numbers to tell:
//! it would be for a refusal of JSON that has one where it may not.
//!
//! So is what looks up, there, which letters a programmer sees as they are in a text's `Debug` form
//! (all outside ASCII are then told by their number), and which may be part of a word, of which only a
//! Greek one would be written otherwise: the names of hash algorithms alone are made small there.
//!
//! So is what was expected where JSON has another form, in as many words as there are types.
//!
//! So is what writes the values of most other libraries for programmers (`Debug`): it is there for
//! panics that do not happen, and nobody reads it.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, InstrSeqBuilder, Module, ValType};

use crate::panics;
use crate::unreached;

/// The crates whose errors lose their words.
const WORDLESS: [&str; 2] = ["jiff::", "jiff_core::"];

/// The crates whose values are told to people as programmers see them, here and there.
const TELLING: [&str; 9] = [
    "core::",
    "alloc::",
    "std::",
    "assay",
    "sigstore",
    "wasm_bindgen",
    "js_sys::",
    "web_sys::",
    "serde_wasm_bindgen::",
];

/// What says of a form of JSON what else was expected there: that something else was found, and where,
/// is told without it.
const EXPECTED: &str = " as serde_core::de::Expected>::fmt";

/// What writes numbers with fractions.
const FRACTIONS: &str = "core::fmt::float::";

/// What looks up the kinds of letters outside ASCII, for texts that programmers see and for the last
/// letter of Greek words.
const KINDS_OF_LETTERS: [&str; 4] = [
    "core::unicode::printable::is_printable",
    "core::unicode::unicode_data::grapheme_extend::lookup_slow",
    "core::unicode::unicode_data::cased::lookup_slow",
    "core::unicode::unicode_data::case_ignorable::lookup_slow",
];

/// What makes letters small to compare them with names that are ASCII: the table of all other letters
/// does nothing for it. Emptied, it leaves those as they are, and they are still no such name.
const KNOWS_ASCII: &str =
    "<sigstore_types::hash::HashAlgorithm as core::str::traits::FromStr>::from_str";

/// The place of a panic that names none: an empty text (whose address must not be nothing), and no
/// line and column.
const NOWHERE: [u8; 16] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Takes the words out, and what nothing reaches without them; says of how many functions. Of the
/// program that has no numbers with fractions to tell, and may be no larger, also those for such
/// numbers, those that tell kinds of letters, and where panics are.
pub fn take_out(module: &mut Module, wasm: &[u8], has_fractions: bool) -> Result<usize> {
    let is_wordless = |name: &str| {
        let is_needless = || {
            let name = format!("{:#}", rustc_demangle::demangle(name));
            name.starts_with(FRACTIONS) || KINDS_OF_LETTERS.contains(&name.as_str())
        };
        writes_words(name) || !has_fractions && is_needless()
    };
    // They come in the order of their indices.
    let ids: Vec<FunctionId> = module.funcs.iter().map(|function| function.id()).collect();
    let silent: BTreeSet<u32> = (0..)
        .zip(module.funcs.iter())
        .filter(|(_, function)| function.name.as_deref().is_some_and(is_wordless))
        .map(|(index, _)| index)
        .collect();
    for &index in &silent {
        let id = ids[index as usize];
        if module.types.get(module.funcs.get(id).ty()).results() != [ValType::I32] {
            bail!("a function that writes words gives back something else than success");
        }
        // `Ok(())`, or no.
        replace(module, id, |body| {
            body.i32_const(0);
        })?;
    }
    let knows_ascii = |name: &str| {
        !has_fractions && format!("{:#}", rustc_demangle::demangle(name)) == KNOWS_ASCII
    };
    let ascii: BTreeSet<u32> = (0..)
        .zip(module.funcs.iter())
        .filter(|(_, function)| function.name.as_deref().is_some_and(knows_ascii))
        .map(|(index, _)| index)
        .collect();
    let unreached = unreached::find(wasm, &silent, &ascii, has_fractions)?;
    for &index in &unreached.functions {
        replace(module, ids[index as usize], |body| {
            body.unreachable();
        })?;
    }
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for (segment, id) in segments.into_iter().enumerate() {
        let data = module.data.get_mut(id);
        for range in unreached.data.get(segment).into_iter().flatten() {
            data.value[range.clone()].fill(0);
        }
        for &place in unreached.places.get(segment).into_iter().flatten() {
            data.value[place..place + NOWHERE.len()].copy_from_slice(&NOWHERE);
        }
    }
    let places = panics::addresses(module, &unreached.places);
    panics::cut_short(module, &places);
    for section in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(section);
    }
    Ok(silent.len())
}

/// Gives a function another body.
fn replace(
    module: &mut Module,
    id: FunctionId,
    write: impl FnOnce(&mut InstrSeqBuilder<'_>),
) -> Result<()> {
    let known = module.types.get(module.funcs.get(id).ty());
    let params: Vec<ValType> = known.params().to_vec();
    let results: Vec<ValType> = known.results().to_vec();
    let mut other = FunctionBuilder::new(&mut module.types, &params, &results);
    write(&mut other.func_body());
    let args = params.into_iter().map(|param| module.locals.add(param));
    let other = other.local_func(args.collect());
    module.funcs.get_mut(id).kind = FunctionKind::Local(other);
    Ok(())
}

/// Whether a function with this mangled name is `fmt` of such an error.
fn writes_words(name: &str) -> bool {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    if name.ends_with(EXPECTED) {
        return true;
    }
    let implementation = [" as core::fmt::Debug>::fmt", " as core::fmt::Display>::fmt"]
        .iter()
        .find_map(|method| name.strip_suffix(method));
    let Some(of) = implementation.and_then(|of| of.strip_prefix('<')) else {
        return false;
    };
    let of = of.trim_start_matches('&');
    if name.ends_with("Debug>::fmt") && !TELLING.iter().any(|telling| of.starts_with(telling)) {
        // What has no path is a slice or a number.
        return of
            .split(['<', ' '])
            .next()
            .is_some_and(|path| path.contains("::"));
    }
    // Of what it has beside errors, moments alone are told: never a time zone, or a text in parts.
    WORDLESS.iter().any(|of_crate| of.starts_with(of_crate)) && !of.contains("timestamp::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_lose_their_words_and_nothing_else_does() {
        // As `rustc -C symbol-mangling-version=v0` names them.
        for (name, is_wordless) in [
            ("<jiff::error::ErrorKind as core::fmt::Display>::fmt", true),
            (
                "<&jiff::error::fmt::temporal::Error as core::fmt::Debug>::fmt",
                true,
            ),
            (
                "<&jiff_core::tz::posix::ParseErrorKind as core::fmt::Debug>::fmt",
                true,
            ),
            (
                "<jiff::timestamp::Timestamp as core::fmt::Display>::fmt",
                false,
            ),
            (
                "<jiff::tz::posix::TimeZoneFormatter as core::fmt::Display>::fmt",
                true,
            ),
            ("<webpki::error::Error as core::fmt::Debug>::fmt", true),
            ("<&webpki::error::Error as core::fmt::Debug>::fmt", true),
            ("<webpki::error::Error as core::fmt::Display>::fmt", false),
            ("<str as core::fmt::Debug>::fmt", false),
            ("<&str as core::fmt::Debug>::fmt", false),
            ("<[u8] as core::fmt::Debug>::fmt", false),
            ("<&[u8; 32] as core::fmt::Debug>::fmt", false),
            ("<alloc::string::String as core::fmt::Debug>::fmt", false),
            (
                "<sigstore_types::hash::HashAlgorithm as core::fmt::Debug>::fmt",
                false,
            ),
            ("<js_sys::Error as core::fmt::Debug>::fmt", false),
            ("<jiff::error::Error as core::error::Error>::source", false),
            ("jiff::error::Error::new", false),
            (
                "<<assay_core::signer::Identity as serde_core::de::Deserialize>::deserialize::__Visitor as serde_core::de::Expected>::fmt",
                true,
            ),
        ] {
            assert_eq!(writes_words(name), is_wordless, "{name}");
        }
    }
}
