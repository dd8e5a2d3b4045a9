//! The badges: a shape for each verdict, told apart without colour at 16 pixels.
//!
//! The shapes follow a small grammar. A filled form is a signature that was proven: a disc for a
//! signer trusted here, a seal for the publisher. A bare stroke only compares digests. A ring says
//! that nothing is known. What needs attention has an outline that nothing else has: an octagon,
//! a triangle, an hourglass. The same glyph always means the same: a tick holds, a cross does not.

use assay_core::verdict::Verdict;
use sycamore::prelude::*;
use sycamore::web::tags;

/// What a badge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Badge {
    /// An outcome.
    Verdict(Verdict),
    /// The check waits for its turn.
    Waiting,
    /// The check is going on.
    Busy,
}

/// The parts of a shape, as SVG path data in a square of 16.
struct Shape {
    /// Filled with the verdict's colour.
    solid: &'static str,
    /// Drawn in the verdict's colour.
    line: &'static str,
    /// Drawn on top of what is filled, in the colour of the ground.
    glyph: &'static str,
}

const SEAL: &str = "M5.65 2.32A2.62 2.62 0 0 1 10.35 2.32A2.62 2.62 0 0 1 13.68 5.65A2.62 2.62 0 0 \
    1 13.68 10.35A2.62 2.62 0 0 1 10.35 13.68A2.62 2.62 0 0 1 5.65 13.68A2.62 2.62 0 0 1 2.32 \
    10.35A2.62 2.62 0 0 1 2.32 5.65A2.62 2.62 0 0 1 5.65 2.32Z";
const DISC: &str = "M8 .7a7.3 7.3 0 1 1 0 14.6A7.3 7.3 0 0 1 8 .7Z";
const RING: &str = "M8 1.4a6.6 6.6 0 1 1 0 13.2A6.6 6.6 0 0 1 8 1.4Z";
const OCTAGON: &str = "M5.05.7h5.9l4.35 4.35v5.9l-4.35 4.35h-5.9L.7 10.95v-5.9Z";
const TRIANGLE: &str = "M8 1.9 14.9 14H1.1Z";
const HOURGLASS: &str = "M3 1h10v1.6C13 5 10.9 6.6 9.9 8c1 1.4 3.1 3 3.1 5.4V15H3v-1.6C3 11 \
    5.1 9.4 6.1 8 5.1 6.6 3 5 3 2.6Z";
const MEDAL: &str = "M5 9.6 3.9 15.2 8 13l4.1 2.2L11 9.6Z";
const TICK: &str = "M4.7 8.3l2.3 2.3 4.4-5";
const CROSS: &str = "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2";

fn shape(badge: Badge) -> Shape {
    let (solid, line, glyph) = match badge {
        Badge::Verdict(Verdict::Verified) => (DISC, "", TICK),
        Badge::Verdict(Verdict::Authentic) => (SEAL, "", TICK),
        Badge::Verdict(Verdict::Forged) => (SEAL, "", CROSS),
        Badge::Verdict(Verdict::Untrusted) => (OCTAGON, "", CROSS),
        Badge::Verdict(Verdict::Changed) => (TRIANGLE, TRIANGLE, "M8 6.3v3.4M8 11.9v.1"),
        Badge::Verdict(Verdict::Unsupported) => (HOURGLASS, "", "M5.7 3.5h4.6M8 9.9v2.3"),
        Badge::Verdict(Verdict::Signed) => (
            MEDAL,
            "M8 1.3a4.7 4.7 0 1 1 0 9.4 4.7 4.7 0 0 1 0-9.4ZM8 5.95v.1",
            "",
        ),
        Badge::Verdict(Verdict::Intact) => ("", "M2.3 8.7l3.9 4 7.5-9", ""),
        Badge::Verdict(Verdict::Mismatch) => ("", "M3 3l10 10M13 3 3 13", ""),
        Badge::Verdict(Verdict::Unknown) => (
            "",
            "M8 1.4a6.6 6.6 0 1 1 0 13.2A6.6 6.6 0 0 1 8 1.4ZM6 6.3c0-1.2.9-2 \
             2-2s2 .8 2 1.9c0 1.4-2 1.6-2 3.1M8 11.6v.1",
            "",
        ),
        Badge::Verdict(Verdict::Unchecked) => ("", "M5 8h6", ""),
        Badge::Waiting => ("", "M3.5 8v.1M8 8v.1M12.5 8v.1", ""),
        Badge::Busy => ("", "M8 1.6a6.4 6.4 0 0 1 6.4 6.4", ""),
    };
    Shape { solid, line, glyph }
}

/// The badge's shape. It says nothing to a screen reader: its word stands beside it.
pub fn icon(badge: Badge) -> View {
    let Shape { solid, line, glyph } = shape(badge);
    let mut paths = Vec::new();
    match badge {
        Badge::Busy => paths.push(path("badge-track", RING)),
        Badge::Verdict(Verdict::Unchecked) => paths.push(path("badge-dashes", RING)),
        _ => {}
    }
    for (class, data) in [
        ("badge-solid", solid),
        ("badge-line", line),
        ("badge-glyph", glyph),
    ] {
        if !data.is_empty() {
            paths.push(path(class, data));
        }
    }
    let word = match badge {
        Badge::Verdict(verdict) => verdict.word(),
        Badge::Waiting => "waiting",
        Badge::Busy => "busy",
    };
    tags::svg()
        .attr("class", "badge-icon")
        .attr("data-badge", word)
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .children(paths)
        .into()
}

fn path(class: &'static str, data: &'static str) -> View {
    tags::path().attr("class", class).attr("d", data).into()
}
