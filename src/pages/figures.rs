//! Numbers, sizes and times, as people of the user's language write them (the browser's `Intl`).

use crate::chrome::i18n;
use wasm_bindgen::prelude::*;

const SECOND: f64 = 1000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// A size in bytes, with a decimal unit (1 kB is 1000 bytes).
pub fn size(bytes: f64) -> String {
    let (value, unit) = match bytes {
        b if b < 999.5 => (b, "byte"),
        b if b < 999.5e3 => (b / 1e3, "kilobyte"),
        b if b < 999.5e6 => (b / 1e6, "megabyte"),
        b => (b / 1e9, "gigabyte"),
    };
    let display = if unit == "byte" { "long" } else { "short" };
    number(&[("style", "unit"), ("unit", unit), ("unitDisplay", display)]).format(rounded(value))
}

/// A size in bytes, to the byte.
pub fn bytes(bytes: f64) -> String {
    let style = [("style", "unit"), ("unit", "byte"), ("unitDisplay", "long")];
    number(&style).format(bytes)
}

/// A span of time in seconds, in one unit: `12 sec`, `3 min`.
pub fn span(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 60.0 => (s.max(1.0).round(), "second"),
        s if s < 3600.0 => ((s / 60.0).round(), "minute"),
        s => ((s / 360.0).round() / 10.0, "hour"),
    };
    number(&[("style", "unit"), ("unit", unit), ("unitDisplay", "short")]).format(value)
}

/// A count.
pub fn count(number_of: f64) -> String {
    number(&[]).format(number_of)
}

/// A moment as seen from another, both in milliseconds since 1970: `now`, `5 min. ago`, `in 1
/// min.`, and the date when it is more than a week away.
pub fn ago(then: f64, now: f64) -> String {
    let away = then - now;
    let (value, unit) = match away.abs() {
        far if far < 45.0 * SECOND => (0.0, "second"),
        far if far < 59.5 * MINUTE => (away / MINUTE, "minute"),
        far if far < 23.5 * HOUR => (away / HOUR, "hour"),
        far if far < 7.0 * DAY => (away / DAY, "day"),
        _ => return moment_with(then, &[("dateStyle", "medium")]),
    };
    let format = RelativeTimeFormat::new(
        &i18n::language(),
        &options(&[("numeric", "auto"), ("style", "short")]),
    );
    let whole = value.round();
    // Minus zero counts as past, and "in 0 seconds" is not "now" in every language.
    format.format(if whole == 0.0 { 0.0 } else { whole }, unit)
}

/// A moment, in milliseconds since 1970, as date and time of day.
pub fn moment(at: f64) -> String {
    moment_with(at, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// The day of a moment, in milliseconds since 1970.
pub fn day(at: f64) -> String {
    moment_with(at, &[("dateStyle", "medium")])
}

/// A moment, in milliseconds since 1970, for machines (ISO 8601). Empty when it is none.
pub fn iso(at: f64) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(at));
    if date.get_time().is_nan() {
        return String::new();
    }
    date.to_iso_string().into()
}

fn moment_with(at: f64, style: &[(&str, &str)]) -> String {
    DateTimeFormat::new(&i18n::language(), &options(style)).format(at)
}

/// Three significant digits are enough for a size.
fn rounded(value: f64) -> f64 {
    if value >= 100.0 {
        value.round()
    } else if value >= 10.0 {
        (value * 10.0).round() / 10.0
    } else {
        (value * 100.0).round() / 100.0
    }
}

fn number(settings: &[(&str, &str)]) -> NumberFormat {
    NumberFormat::new(&i18n::language(), &options(settings))
}

fn options(settings: &[(&str, &str)]) -> JsValue {
    let options = js_sys::Object::new();
    for (name, value) in settings {
        // Setting a property of a fresh object cannot fail.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options.into()
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Intl)]
    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(language: &str, options: &JsValue) -> NumberFormat;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, value: f64) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type RelativeTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(language: &str, options: &JsValue) -> RelativeTimeFormat;
    #[wasm_bindgen(method)]
    fn format(this: &RelativeTimeFormat, value: f64, unit: &str) -> String;

    #[wasm_bindgen(js_namespace = Intl)]
    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(language: &str, options: &JsValue) -> DateTimeFormat;
    #[wasm_bindgen(method)]
    fn format(this: &DateTimeFormat, at: f64) -> String;
}
