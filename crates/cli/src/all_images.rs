//! `assay verify --all-images`: every image that this machine's Docker or Podman has, in a table.

use crate::error::CliError;
use crate::subject::{ImageSubject, Subject};
use crate::verify_args::VerifyArgs;
use crate::{color, output};
use assay_core::digest::Sha256Digest;
use assay_core::verdict::Verdict;
use assay_oci::{Engine, OciError};

/// So many digits of a digest are shown, as Docker does.
const SHORT: usize = 12;

/// A line of the table.
pub struct Line<'a> {
    /// The image, as it was named.
    pub name: &'a str,
    /// The digest that decided, or else its first.
    pub digest: Option<Sha256Digest>,
    /// The verdict.
    pub verdict: Verdict,
    /// Who decided it.
    pub signer: Option<&'a str>,
    /// The first reason, in words.
    pub reason: Option<&'a str>,
}

/// All images, each by each of its names: whoever starts one does so by a name.
///
/// # Errors
/// When neither Docker nor Podman gives a usable answer.
pub fn subjects(args: &VerifyArgs) -> Result<Vec<Subject>, CliError> {
    let engine = Engine::find()?;
    let access = args.subjects.access(&[])?;
    let mut all = Vec::new();
    for image in engine.images()? {
        for name in image.names() {
            all.push(Subject::Image(ImageSubject::listed(
                name, image.id, &access,
            )));
        }
    }
    match all.is_empty() {
        // That all of none are verified is what nobody wants to hear.
        true => Err(CliError::Image(OciError::Engine {
            socket: engine.name(),
            detail: "it has no images".to_owned(),
        })),
        false => Ok(all),
    }
}

/// Prints the table; where a terminal is too narrow for it, two lines an image. Why images could not be
/// checked is told beside it, once for all to which it happened.
///
/// # Errors
/// When standard output cannot be written to.
pub fn print(lines: Vec<Line<'_>>) -> Result<(), CliError> {
    let rows: Vec<Row> = lines.iter().map(Row::of).collect();
    for line in laid_out(&rows, terminal_width()) {
        output::say(&line)?;
    }
    for note in notes(&lines) {
        output::note(&note);
    }
    Ok(())
}

/// What is shown of an image.
struct Row {
    name: String,
    digest: String,
    verdict: &'static str,
    /// The verdict with its colour, which takes no room.
    painted: String,
    signer: String,
}

impl Row {
    fn of(line: &Line<'_>) -> Self {
        let name = line.name.strip_prefix("docker:").unwrap_or(line.name);
        let digest = line.digest.map(|digest| digest.to_hex());
        let digest = digest.as_deref().and_then(|digest| digest.get(..SHORT));
        Self {
            name: output::plain(name),
            digest: digest.unwrap_or("-").to_owned(),
            verdict: line.verdict.word(),
            painted: color::verdict(line.verdict),
            signer: output::plain(line.signer.unwrap_or("-")),
        }
    }

    fn heading() -> Self {
        Self {
            name: "IMAGE".to_owned(),
            digest: "DIGEST".to_owned(),
            verdict: "VERDICT",
            painted: "VERDICT".to_owned(),
            signer: "SIGNER".to_owned(),
        }
    }
}

/// The lines of the table, as wide as they need to be or `width` characters at most.
fn laid_out(rows: &[Row], width: Option<usize>) -> Vec<String> {
    let heading = Row::heading();
    let all = || std::iter::once(&heading).chain(rows);
    let widest = |of: fn(&Row) -> &str| {
        let cells = all().map(|row| of(row).chars().count());
        cells.max().unwrap_or(0)
    };
    let [name, digest, verdict, signer] = [
        widest(|row| &row.name),
        widest(|row| &row.digest),
        widest(|row| row.verdict),
        widest(|row| &row.signer),
    ];
    let rest = |row: &Row| {
        let padding = " ".repeat(verdict.saturating_sub(row.verdict.len()));
        format!(
            "{:digest$}  {}{padding}  {}",
            row.digest, row.painted, row.signer
        )
    };
    let needed = [name, digest, verdict, signer].iter().sum::<usize>() + 3 * 2;
    match width.is_some_and(|width| width < needed) {
        true => rows
            .iter()
            .flat_map(|row| [row.name.clone(), format!("  {}", rest(row))])
            .collect(),
        false => all()
            .map(|row| format!("{:name$}  {}", row.name, rest(row)))
            .collect(),
    }
}

/// Why images could not be checked.
fn notes(lines: &[Line<'_>]) -> Vec<String> {
    let mut unchecked: Vec<(&str, &str, usize)> = Vec::new();
    for line in lines {
        let (Verdict::Unchecked, Some(reason)) = (line.verdict, line.reason) else {
            continue;
        };
        match unchecked.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, count)) => *count += 1,
            None => unchecked.push((line.name, reason, 1)),
        }
    }
    let told = unchecked.into_iter().map(|(name, reason, count)| {
        let others = match count - 1 {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            others => format!(" and {others} others"),
        };
        format!("{name}{others}: {reason}")
    });
    told.collect()
}

/// How many characters a line of the terminal has on which the result is shown. `None` where it goes
/// elsewhere, or the terminal does not say.
fn terminal_width() -> Option<usize> {
    let width: Option<u16>;
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stdout());
        width = size.ok().map(|size| size.ws_col);
    }
    #[cfg(not(unix))]
    {
        let size = console::Term::stdout().size_checked();
        width = size.map(|(_, columns)| columns);
    }
    width.filter(|width| *width > 0).map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(name: &'a str, verdict: Verdict, reason: Option<&'a str>) -> Line<'a> {
        Line {
            name,
            digest: Some(Sha256Digest::of(b"")),
            verdict,
            signer: (verdict == Verdict::Verified).then_some("release@example.org"),
            reason,
        }
    }

    #[test]
    fn a_table_is_as_wide_as_it_needs_to_be_and_no_wider_than_the_terminal() {
        let rows = [
            line("docker:registry.example/a:1", Verdict::Verified, None),
            line("docker:b", Verdict::Unknown, None),
        ];
        let rows: Vec<Row> = rows.iter().map(Row::of).collect();
        let table = [
            "IMAGE                 DIGEST        VERDICT   SIGNER",
            "registry.example/a:1  e3b0c44298fc  verified  release@example.org",
            "b                     e3b0c44298fc  unknown   -",
        ];
        let width = table[1].len();
        assert_eq!(laid_out(&rows, None), table);
        assert_eq!(laid_out(&rows, Some(width)), table);
        let narrow = [
            "registry.example/a:1",
            "  e3b0c44298fc  verified  release@example.org",
            "b",
            "  e3b0c44298fc  unknown   -",
        ];
        assert_eq!(laid_out(&rows, Some(width - 1)), narrow);
    }

    #[test]
    fn one_reason_is_told_once() {
        let down = Some("notary.example could not be reached.");
        let lines = [
            line("docker:a", Verdict::Unchecked, down),
            line("docker:b", Verdict::Unknown, Some("Nobody knows it.")),
            line("docker:c", Verdict::Unchecked, down),
            line("docker:d", Verdict::Unchecked, Some("It is gone.")),
            line("docker:e", Verdict::Unchecked, down),
        ];
        assert_eq!(
            notes(&lines),
            [
                "docker:a and 2 others: notary.example could not be reached.",
                "docker:d: It is gone."
            ]
        );
    }
}
