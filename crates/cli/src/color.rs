//! Colours: on a terminal, for who wants them.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Color, Style};
use assay_core::verdict::Verdict;
use std::io::{stderr, stdout};

/// When there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise.
    #[default]
    Auto,
    /// Wherever the output goes.
    Always,
    /// Nowhere.
    Never,
}

impl When {
    /// Holds from now on for all that is printed.
    pub fn choose(self) {
        let choice = match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// How help is coloured.
pub fn help_styles() -> clap::builder::Styles {
    clap::builder::Styles::styled()
        .header(bold(AnsiColor::Green))
        .usage(bold(AnsiColor::Green))
        .literal(bold(AnsiColor::Cyan))
        .placeholder(plain(AnsiColor::Cyan))
}

/// The word for a verdict, for standard output, in the colour of its badge.
pub fn verdict(verdict: Verdict) -> String {
    let style = match verdict {
        Verdict::Verified => bold(AnsiColor::Green),
        Verdict::Authentic => bold(AnsiColor::Blue),
        Verdict::Signed | Verdict::Intact => Style::new().bold(),
        Verdict::Unknown | Verdict::Unchecked => Style::new(),
        Verdict::Unsupported | Verdict::Changed => bold(AnsiColor::Yellow),
        Verdict::Mismatch | Verdict::Forged | Verdict::Untrusted => bold(AnsiColor::Red),
    };
    painted(verdict.word(), style)
}

/// A word for standard output that says that something is well.
pub fn good(word: &str) -> String {
    painted(word, bold(AnsiColor::Green))
}

/// A word for standard output that says that something is not well.
pub fn bad(word: &str) -> String {
    painted(word, bold(AnsiColor::Red))
}

/// What an error begins with on standard error.
pub fn error_word() -> String {
    match AutoStream::choice(&stderr()) {
        ColorChoice::Never => "error:".to_owned(),
        _ => paint("error:", bold(AnsiColor::Red)),
    }
}

fn painted(word: &str, style: Style) -> String {
    match AutoStream::choice(&stdout()) {
        ColorChoice::Never => word.to_owned(),
        _ => paint(word, style),
    }
}

fn paint(word: &str, style: Style) -> String {
    format!("{style}{word}{style:#}")
}

const fn plain(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

const fn bold(color: AnsiColor) -> Style {
    plain(color).bold()
}
