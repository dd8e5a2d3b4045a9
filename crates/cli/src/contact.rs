//! A notary as this user knows it: its trust root is pinned on first contact.

use crate::client::Client;
use crate::client_token::ClientToken;
use crate::config;
use crate::contact_args::Contact;
use crate::error::CliError;
use crate::login::{self, Logins};
use crate::output;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, notary_address};
use assay_core::site::host_of;
use assay_core::succession;
use assay_core::trust_root::fingerprint as fingerprint_of;
use assay_notary::files::{self, Mode};
use assay_sources::notary::{self, own_root, succession_request, trust_root_request};
use std::io;
use std::path::{Path, PathBuf};

/// A notary, with what proves its answers.
pub struct KnownNotary {
    /// The notary, as it was pinned.
    pub notary: Notary,
    /// Its trust root, ready to prove with.
    pub root: Roots,
}

/// The address of the notary that a command uses: the one that was named (by the option, or else by the
/// environment), whether by its address or by the name that a login gave it; without it that of the last
/// login. `None` where there is none.
///
/// # Errors
/// When what is kept of logins cannot be read.
pub fn chosen(named: Option<&str>) -> Result<Option<String>, CliError> {
    let Some(named) = named else {
        return Ok(Logins::read()?.default);
    };
    match login::is_name(named) {
        true => Ok(Some(Logins::read()?.named(named))),
        false => Ok(Some(named.to_owned())),
    }
}

/// What the environment names, for commands that have the notary as an argument.
pub fn in_environment() -> Option<String> {
    let named = std::env::var("ASSAY_NOTARY").ok();
    named.filter(|named| !named.is_empty())
}

/// The same, where a command needs one.
///
/// # Errors
/// As [`chosen`], and when there is none.
pub fn required(named: Option<&str>) -> Result<String, CliError> {
    chosen(named)?.ok_or_else(|| {
        CliError::Usage(
            "which notary? Name it with --notary URL or ASSAY_NOTARY, or once for all commands: \
             `assay login URL`"
                .to_owned(),
        )
    })
}

/// Contacts the notary that a command writes to, and finds the token for it.
///
/// # Errors
/// As [`required`], [`ClientToken::find`] and [`contact`].
pub fn to_write(
    client: &Client,
    args: &Contact,
) -> Result<(KnownNotary, Option<ClientToken>), CliError> {
    let address = required(args.which.notary.as_deref())?;
    let token = ClientToken::find(args.token_file.as_deref(), &address)?;
    let notary = contact(client, &address, args.which.fingerprint.as_deref())?;
    Ok((notary, token))
}

/// Contacts the notary: fetches its trust root, compares it with the pinned one, and pins it if
/// there is none.
///
/// # Errors
/// When it cannot be reached for the first time, or shows another trust root.
pub fn contact(
    client: &Client,
    address: &str,
    fingerprint: Option<&str>,
) -> Result<KnownNotary, CliError> {
    contact_if(client, address, fingerprint, |_| Ok(()))
}

/// A notary's address, in the form in which it is kept.
///
/// # Errors
/// When it is none.
pub fn address(typed: &str) -> Result<String, CliError> {
    notary_address(typed).ok_or_else(|| {
        CliError::Usage(format!(
            "{:?} is not a notary's address: use https://, or http:// on this machine, without a name \
             or password in it",
            without_userinfo(typed)
        ))
    })
}

/// An address without the name and password that somebody wrote into it (RFC 3986, section 3.2.1).
fn without_userinfo(typed: &str) -> String {
    match (typed.find("//"), typed.rfind('@')) {
        (Some(slashes), Some(at)) if at > slashes => {
            let (start, _) = typed.split_at(slashes + 2);
            format!("{start}…{}", typed.get(at..).unwrap_or_default())
        }
        _ => typed.to_owned(),
    }
}

/// As [`contact`]; on first contact `first` sees what the notary shows, before it is pinned.
///
/// # Errors
/// As [`contact`], and what `first` says.
pub fn contact_if(
    client: &Client,
    typed: &str,
    fingerprint: Option<&str>,
    first: impl FnOnce(&Notary) -> Result<(), CliError>,
) -> Result<KnownNotary, CliError> {
    let address = address(typed)?;
    let pin = Pin {
        file: &pin_file(&address)?,
        kept: true,
    };
    let pinned = load(pin.file)?;
    let notary = match (fetch(client, &address), pinned) {
        (Ok(shown), Some(pinned)) => follow(client, pin, pinned, &shown)?,
        // An outage is told where the notary is asked for what it is there for.
        (Err(CliError::NoAnswer { .. }), Some(pinned)) => pinned,
        (Ok(shown), None) => {
            let begin = expected_before(client, fingerprint, &shown)?;
            let begin = begin.as_ref().unwrap_or(&shown);
            expect(fingerprint, begin)?;
            first(begin)?;
            let pinned = self::pin(pin.file, begin)?;
            follow(client, pin, pinned, &shown)?
        }
        (Err(error), _) => return Err(error),
    };
    known(notary, fingerprint)
}

/// Contacts a notary whose trust root a policy names: it is pinned already. How far it was followed is
/// kept as of any other, where that can be written.
///
/// # Errors
/// When it shows another trust root, or was met before with another one.
pub fn contact_given(
    client: &Client,
    given: &Notary,
    fingerprint: Option<&str>,
) -> Result<KnownNotary, CliError> {
    let file = pin_file(&given.address)?;
    let before = load(&file)?;
    let pinned = further(given, before.as_ref(), &file)?;
    let kept = before.as_ref() == Some(&pinned)
        || match keep(&file, &pinned) {
            Ok(()) => true,
            // The policy has it the next time, too.
            Err(error) => {
                output::note(&format!("warning: {error}"));
                false
            }
        };
    let pin = Pin { file: &file, kept };
    let notary = match fetch(client, &given.address) {
        Ok(shown) => follow(client, pin, pinned, &shown).map_err(|error| match error {
            // Removing what was kept would change nothing.
            CliError::OtherTrustRoot { found, .. } if before.is_none() => CliError::PolicyRoot {
                address: given.address.clone(),
                detail: format!("shows another trust root ({found}) than the policy has"),
            },
            other => other,
        })?,
        Err(CliError::NoAnswer { .. }) => pinned,
        Err(error) => return Err(error),
    };
    known(notary, fingerprint)
}

/// A notary as it was met before, or as a policy has it; it is not contacted.
///
/// # Errors
/// When it is not known.
pub fn met(
    address: &str,
    given: Option<&Notary>,
    fingerprint: Option<&str>,
) -> Result<KnownNotary, CliError> {
    let address = self::address(address)?;
    let file = pin_file(&address)?;
    let before = load(&file)?;
    let notary = match (given, before) {
        (Some(given), before) => further(given, before.as_ref(), &file)?,
        (None, Some(before)) => before,
        (None, None) => return Err(CliError::NeverMet { address }),
    };
    known(notary, fingerprint)
}

/// A notary that is the expected one, ready to prove with.
fn known(notary: Notary, fingerprint: Option<&str>) -> Result<KnownNotary, CliError> {
    expect(fingerprint, &notary)?;
    let root = own_root(&notary).map_err(|error| CliError::TrustRoot(error.to_string()))?;
    Ok(KnownNotary { notary, root })
}

/// Of the notary that a policy has and the one that was met, the one that was followed further.
fn further(given: &Notary, met: Option<&Notary>, file: &Path) -> Result<Notary, CliError> {
    let Some(met) = met else {
        return Ok(given.clone());
    };
    if met.fingerprint != given.fingerprint {
        return Err(CliError::PolicyRoot {
            address: given.address.clone(),
            detail: format!(
                "was met with another trust root ({}) than the policy has ({}); if the policy is \
                 right, remove {} and try again",
                met.fingerprint,
                given.fingerprint,
                file.display()
            ),
        });
    }
    let how_far = |notary: &Notary| notary.followed.as_ref().map(|followed| followed.number);
    let further = match how_far(given) > how_far(met) {
        true => given,
        false => met,
    };
    Ok(further.clone())
}

/// Where a pin is, and whether it is kept there.
#[derive(Clone, Copy)]
struct Pin<'a> {
    file: &'a Path,
    kept: bool,
}

/// The notaries that were pinned, for their names: what cannot be read is left out.
pub fn pinned() -> Vec<Notary> {
    let folder = config::directory().map(|directory| directory.join("notaries"));
    let entries = folder
        .ok()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let files = entries.into_iter().flatten().flatten();
    files
        .filter_map(|entry| load(&entry.path()).ok().flatten())
        .collect()
}

/// Forgets the trust root of the notary at this address, so that the next contact is the first. Says
/// whether there was one.
///
/// # Errors
/// When it cannot be removed.
pub fn forget(address: &str) -> Result<bool, CliError> {
    let file = pin_file(address)?;
    match std::fs::remove_file(&file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(CliError::file(&file, error)),
    }
}

/// Whether a notary's trust root is pinned.
///
/// # Errors
/// When it cannot be read.
pub fn is_pinned(address: &str) -> Result<bool, CliError> {
    Ok(load(&pin_file(address)?)?.is_some())
}

/// Follows the pinned trust root to the one that the notary has now, where that was signed with the
/// keys of the pinned one, and learns which keys it revoked.
fn follow(
    client: &Client,
    pin: Pin<'_>,
    mut pinned: Notary,
    shown: &Notary,
) -> Result<Notary, CliError> {
    let before = root_fingerprint(&pinned);
    let answer = client.ask(&succession_request(&pinned.address));
    let followed = answer.and_then(|response| notary::follow(&pinned, &response));
    let (latest, problem) = match followed {
        Ok(latest) => (latest, None),
        Err(failure) => (None, Some(failure)),
    };
    if let Some(latest) = &latest
        && pinned.take_over(latest)
        && pin.kept
    {
        replace_pin(pin.file, &pinned)?;
    }
    let now = root_fingerprint(&pinned);
    if now != before {
        output::note(&format!(
            "{} has new keys, and signed them with those that were pinned: its trust root is now {now}",
            pinned.address
        ));
    }
    // What it shows may be older than what it led to, if it comes out of some cache.
    if shown.fingerprint != now && shown.fingerprint != before {
        return Err(CliError::OtherTrustRoot {
            address: pinned.address,
            pinned: now,
            found: shown.fingerprint.clone(),
            file: pin.file.to_owned(),
        });
    }
    // A notary that never showed a succession is one of before there was any.
    let is_withheld = latest.is_none() && pinned.followed.is_some();
    match problem {
        Some(problem) => {
            let address = &pinned.address;
            let way_out = match problem {
                Failure::TrustRoot { .. } => format!(
                    ". If its administrator says that a backup was restored, 'assay logout {address} \
                     --forget', and meet it anew by the fingerprint that they tell you"
                ),
                _ => String::new(),
            };
            output::note(&format!(
                "{address}: whether it revoked keys since the last time is not known: {problem}{way_out}"
            ));
        }
        None if is_withheld => output::note(&format!(
            "{}: it does not show any more which keys it revoked",
            pinned.address
        )),
        None => {}
    }
    Ok(pinned)
}

/// The fingerprint of the trust root that is in use.
fn root_fingerprint(notary: &Notary) -> String {
    fingerprint_of(&notary.trusted_root).unwrap_or_else(|_| notary.fingerprint.clone())
}

fn replace_pin(file: &Path, notary: &Notary) -> Result<(), CliError> {
    let text =
        serde_json::to_vec_pretty(notary).map_err(|error| CliError::Internal(error.to_string()))?;
    files::replace(file, &text, Mode::Private).map_err(|source| CliError::file(file, source))
}

/// Writes a pin where there may be no folder for it yet.
fn keep(file: &Path, notary: &Notary) -> Result<(), CliError> {
    if let Some(directory) = file.parent() {
        files::private_directory(directory).map_err(|source| CliError::file(directory, source))?;
    }
    replace_pin(file, notary)
}

/// The notary with the expected trust root, where it shows another one that follows from that.
fn expected_before(
    client: &Client,
    fingerprint: Option<&str>,
    shown: &Notary,
) -> Result<Option<Notary>, CliError> {
    let Some(expected) = fingerprint.filter(|_| expect(fingerprint, shown).is_err()) else {
        return Ok(None);
    };
    let unexpected = || CliError::UnexpectedTrustRoot {
        address: shown.address.clone(),
        expected: expected.to_owned(),
        found: shown.fingerprint.clone(),
    };
    let answer = client.ask(&succession_request(&shown.address));
    let response = answer.map_err(|_| unexpected())?;
    let document = std::str::from_utf8(&response.body).unwrap_or_default();
    let found = succession::find(expected.trim(), document).ok().flatten();
    let trusted_root = found.ok_or_else(unexpected)?;
    let begin = Notary {
        fingerprint: fingerprint_of(&trusted_root).map_err(|_| unexpected())?,
        trusted_root,
        ..shown.clone()
    };
    own_root(&begin).map_err(|_| unexpected())?;
    // Before anything is pinned: what it shows must have been signed with the keys of that root.
    let latest = notary::follow(&begin, &response).ok().flatten();
    let led_to = latest.and_then(|latest| fingerprint_of(&latest.trusted_root).ok());
    match led_to.as_ref() == Some(&shown.fingerprint) {
        true => Ok(Some(begin)),
        false => Err(unexpected()),
    }
}

/// Either of the first trust root or of the present one.
fn expect(fingerprint: Option<&str>, notary: &Notary) -> Result<(), CliError> {
    let is_it = |expected: &str| {
        let expected = expected.trim();
        expected.eq_ignore_ascii_case(&notary.fingerprint)
            || expected.eq_ignore_ascii_case(&root_fingerprint(notary))
    };
    match fingerprint {
        Some(expected) if !is_it(expected) => Err(CliError::UnexpectedTrustRoot {
            address: notary.address.clone(),
            expected: expected.to_owned(),
            found: root_fingerprint(notary),
        }),
        _ => Ok(()),
    }
}

fn fetch(client: &Client, address: &str) -> Result<Notary, CliError> {
    let no_answer = |failure| CliError::NoAnswer {
        address: address.to_owned(),
        failure,
    };
    let response = client
        .ask(&trust_root_request(address))
        .map_err(no_answer)?;
    if response.status != 200 {
        return Err(no_answer(Failure::Status {
            status: response.status,
        }));
    }
    let malformed = |detail: String| no_answer(Failure::Malformed { detail });
    let trusted_root =
        String::from_utf8(response.body).map_err(|error| malformed(error.to_string()))?;
    let notary = Notary {
        name: host_of(address).unwrap_or_else(|| address.to_owned()),
        address: address.to_owned(),
        fingerprint: fingerprint_of(&trusted_root).map_err(|error| malformed(error.to_string()))?,
        trusted_root,
        enabled: true,
        followed: None,
    };
    // What is no trust root is not pinned.
    own_root(&notary).map_err(|error| malformed(error.to_string()))?;
    Ok(notary)
}

/// Pins what the notary showed. If another process was faster, what it pinned counts.
fn pin(file: &Path, shown: &Notary) -> Result<Notary, CliError> {
    let text =
        serde_json::to_vec_pretty(shown).map_err(|error| CliError::Internal(error.to_string()))?;
    if let Some(directory) = file.parent() {
        files::private_directory(directory).map_err(|source| CliError::file(directory, source))?;
    }
    match files::create(file, &text, Mode::Private) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let pinned = load(file)?.ok_or_else(|| CliError::file(file, error))?;
            if pinned.fingerprint != shown.fingerprint {
                return Err(CliError::OtherTrustRoot {
                    address: shown.address.clone(),
                    pinned: pinned.fingerprint,
                    found: shown.fingerprint.clone(),
                    file: file.to_owned(),
                });
            }
            return Ok(pinned);
        }
        other => other.map_err(|source| CliError::file(file, source))?,
    }
    output::note(&format!(
        "first contact with {}: its trust root is pinned, fingerprint {}",
        shown.address, shown.fingerprint
    ));
    Ok(shown.clone())
}

fn load(file: &Path) -> Result<Option<Notary>, CliError> {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::file(file, error)),
    };
    let notary = serde_json::from_slice(&text).map_err(|error| CliError::WrongFile {
        path: file.to_owned(),
        detail: format!("the pinned notary cannot be read ({error}); remove the file"),
    })?;
    Ok(Some(notary))
}

/// One file a notary, so that two processes that pin two notaries do not meet.
fn pin_file(address: &str) -> Result<PathBuf, CliError> {
    let digest = Sha256Digest::of(address.as_bytes()).to_hex();
    let short = digest.get(..16).unwrap_or(&digest);
    Ok(config::directory()?
        .join("notaries")
        .join(format!("{short}.json")))
}
