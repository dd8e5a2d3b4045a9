//! `assay sign`: with a key and a notary, without a key, or without a log.

pub mod content;
mod keyed;
mod offline;
mod says;

use crate::error::CliError;
use crate::exit::Exit;
use crate::keyless::Keyless;
use crate::logged::LoggedSubject;
use crate::report::{LogReport, SignerReport};
use crate::side_by_side::side_by_side;
use crate::sign_args::SignArgs;
use crate::subject::{Artifact, Links, Subject};
use crate::{bundle_place, image_signature, input, output};
use assay_core::proof::MAX_BUNDLE_BYTES;
use assay_notary::files::{self, Mode};
use content::Content;
use says::Saying;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// Whoever signs.
pub trait Signs: Sync {
    /// Whether a bundle that is there already is by the same signer, and may be replaced.
    fn is_own(&self, bundle: &[u8]) -> bool;

    /// Signs the content, which is about the artifact. What comes back is proven.
    ///
    /// # Errors
    /// When it cannot be signed, or what others have to add to it cannot be had or is not proven.
    fn sign(&self, artifact: &Artifact, content: Content) -> Result<Made, CliError>;
}

/// A signature.
pub struct Made {
    /// Who signed.
    pub signer: SignerReport,
    /// Where it is logged, if it is.
    pub log: Option<LogReport>,
    /// The bundle, JSON.
    pub bundle: String,
    /// Whether the log had it before.
    pub known: bool,
}

/// What came of one subject.
struct Done {
    artifact: Artifact,
    made: Made,
    /// Where the bundle was written.
    written: Option<PathBuf>,
    /// Where it lies beside an image.
    attached: Option<String>,
}

/// Signs the subjects.
///
/// # Errors
/// When the key or the services cannot be used at all; what is wrong with one subject is said
/// with it, and the others go on.
pub fn run(args: &SignArgs) -> Result<Exit, CliError> {
    let work = Work {
        subjects: args.subjects.all(Links::LeftOut)?,
        saying: Saying::of(&args.says)?,
        args,
    };
    work.check()?;
    if args.offline {
        return work.run(
            &offline::Offline::of(&args.key)?,
            json!({ "mode": "offline" }),
        );
    }
    if args.keyless.keyless {
        let keyless = Keyless::begin(&args.keyless)?;
        return work.run(&keyless, keyless.head());
    }
    keyed::with_notary(args, |signer, head| work.run(signer, head))
}

/// What is to be done.
struct Work<'a> {
    subjects: Vec<Subject>,
    saying: Saying,
    args: &'a SignArgs,
}

impl Work<'_> {
    /// What is wrong with the command line is told before anybody is asked.
    fn check(&self) -> Result<(), CliError> {
        if self.args.offline && self.args.keyless.keyless {
            return Err(CliError::Usage(
                "--keyless has a log keep the signature, and --offline has none: choose one".into(),
            ));
        }
        bundle_place::require_one(self.args.bundle.as_deref(), &self.subjects)
    }

    /// Signs one after the other, several at once. `head` is what is told beside the results.
    fn run(&self, signer: &dyn Signs, head: Value) -> Result<Exit, CliError> {
        let json = self.args.json;
        let mut exit = Exit::DONE;
        let mut results = Vec::new();
        let work = |subject: &Subject| self.sign(signer, subject);
        side_by_side(&self.subjects, work, |subject, signed| {
            let result = match signed {
                Ok(done) => {
                    let made = done.made;
                    let outcome = match made.known {
                        true => "already_signed",
                        false => "signed",
                    };
                    LoggedSubject {
                        bundle: done.written.map(|path| path.to_string_lossy().into_owned()),
                        attached: done.attached,
                        ..LoggedSubject::done(
                            subject,
                            outcome,
                            &done.artifact,
                            made.signer,
                            made.log,
                        )
                    }
                }
                Err(error) => {
                    exit = exit.max(error.exit());
                    LoggedSubject::failed(subject, &error)
                }
            };
            if !json {
                result.print(match result.outcome {
                    "already_signed" => "was signed before",
                    _ => "signed",
                })?;
            }
            results.push(result);
            Ok(())
        })?;
        if json {
            let mut document = json!({ "schema": "assay.sign.v1" });
            if let (Some(document), Value::Object(head)) = (document.as_object_mut(), head) {
                document.extend(head);
            }
            document["results"] = json!(results);
            output::json(&document)?;
        }
        Ok(exit)
    }

    fn sign(&self, signer: &dyn Signs, subject: &Subject) -> Result<Done, CliError> {
        let written = bundle_place::of(subject, self.args.bundle.as_deref())?;
        // Before anything is logged: what is logged cannot be taken back.
        if let (Some(bundle), false) = (&written, self.args.force) {
            check_replaceable(bundle, signer)?;
        }
        if self.args.attach {
            image_signature::check_attachable(subject)?;
        }
        let artifact = subject.resolve()?;
        let made = signer.sign(&artifact, self.saying.content(&artifact))?;
        if let Some(bundle) = &written {
            let text = format!("{}\n", made.bundle);
            files::replace(bundle, text.as_bytes(), Mode::Shared)
                .map_err(|source| CliError::file(bundle, source))?;
        }
        let attached = match self.args.attach {
            true => {
                let predicate_type = self.saying.type_of_image();
                Some(image_signature::attach(&artifact, &made, predicate_type)?)
            }
            false => None,
        };
        Ok(Done {
            artifact,
            made,
            written,
            attached,
        })
    }
}

/// Refuses to replace what is not a bundle of the same signer.
fn check_replaceable(bundle: &Path, signer: &dyn Signs) -> Result<(), CliError> {
    let is_own = match input::bytes(bundle, MAX_BUNDLE_BYTES) {
        Ok(text) => signer.is_own(&text),
        Err(CliError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => true,
        // It is too long for any bundle.
        Err(CliError::WrongFile { .. }) => false,
        Err(error) => return Err(error),
    };
    match is_own {
        true => Ok(()),
        false => Err(CliError::WrongFile {
            path: bundle.to_owned(),
            detail: "exists, and is not a signature by this signer; use --force to replace it"
                .into(),
        }),
    }
}
