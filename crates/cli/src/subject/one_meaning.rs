//! Arguments that begin as those for repositories and images do, and are the names of files, too: a
//! shell makes them of `*`.

use super::Subject;
use crate::error::CliError;
use std::ffi::OsStr;
use std::path::Path;

/// Refuses an argument that means a repository or an image while there is a file or folder with just
/// that name: taken for one of them it would leave the other one out, and say nothing of it.
///
/// # Errors
/// In that case, with how each of them is named.
pub fn require(argument: &OsStr) -> Result<(), CliError> {
    let subject = Subject::named(argument);
    if !matches!(subject, Subject::Git { .. } | Subject::Image(_))
        || Path::new(argument).symlink_metadata().is_err()
    {
        return Ok(());
    }
    let text = argument.to_string_lossy();
    let (kind, rest) = text.split_once(':').unwrap_or_default();
    let (what, other) = match kind {
        "git" => ("a repository", format!("git:./{rest}")),
        "oci" => ("an image", format!("oci:./{rest}")),
        _ => ("an image", format!("{kind}:REGISTRY/NAME:TAG, in full,")),
    };
    // Nothing can stand before a path from the root.
    let other = match rest.starts_with('/') {
        true => "do this in another folder".to_owned(),
        false => format!("{other} for {what}"),
    };
    Err(CliError::Usage(format!(
        "{text:?} could be {what}, or what lies here with just that name: write ./{text} for what lies \
         here, or {other}"
    )))
}
