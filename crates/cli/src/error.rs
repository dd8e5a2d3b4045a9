//! Why a command could not do what it was asked.

use crate::exit::Exit;
use crate::subject::Checkout;
use assay_core::artifact::ArtifactDigestError;
use assay_core::evidence::Failure;
use assay_notary::NotaryError;
use assay_notary::config::ConfigError;
use assay_notary::keys::KeyError;
use assay_oci::OciError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it has to be.
    #[error("{}: {detail}", path.display())]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        detail: String,
    },
    /// A link below a folder leads to what is not looked at there.
    #[error(
        "{}: this link leads to {}, which is not among what is looked at below the folder, and is not \
         followed. Take it out of the folder, or name it by itself if what it leads to is meant",
        path.display(), target.display()
    )]
    NotFollowed {
        /// The link.
        path: PathBuf,
        /// What it holds.
        target: PathBuf,
    },
    /// What is on the disk is not the commit that is checked out.
    #[error(
        "{}: what is on the disk is not the commit {} ({}). Commit it or put it away; or take the \
         commit, whatever is on the disk, with --allow-dirty",
        path.display(), checkout.commit, checkout.differences.join("; ")
    )]
    NotClean {
        /// The repository.
        path: PathBuf,
        /// What is checked out.
        checkout: Box<Checkout>,
    },
    /// What was given for a file's digest is none.
    #[error(transparent)]
    Digest(#[from] ArtifactDigestError),
    /// The notary could not be reached, or its answer is no answer.
    #[error("the notary {address} gave no usable answer: {failure}")]
    NoAnswer {
        /// The notary.
        address: String,
        /// Why.
        failure: Failure,
    },
    /// The notary refused.
    #[error("the notary {address} refused: {message}")]
    Refused {
        /// The notary.
        address: String,
        /// What it said.
        message: String,
    },
    /// The notary lets only those write who have a token.
    #[error(
        "the notary {address} {}. Ask its administrator for a token, keep it in a file that only \
         you can read, and name that file with --token-file, best once: `assay login {address} \
         --token-file FILE`; or set ASSAY_NOTARY_TOKEN",
        if *had_one {
            "does not know the token that it was given; it may have been removed"
        } else {
            "lets only those write who have a token"
        }
    )]
    Token {
        /// The notary.
        address: String,
        /// Whether it was given one.
        had_one: bool,
    },
    /// What the notary answered does not prove that it logged the signature.
    #[error("the notary {address} did not prove that it logged the signature: {detail}")]
    NotProven {
        /// The notary.
        address: String,
        /// What is wrong.
        detail: String,
    },
    /// The notary has another trust root than the one that was pinned.
    #[error(
        "the notary {address} shows another trust root ({found}) than the one that was pinned \
         ({pinned}): either somebody is in between, or the notary was set up anew. Ask its \
         administrator; if the new fingerprint is right, forget the notary ('assay logout \
         {address} --forget', or remove {}) and try again",
        file.display()
    )]
    OtherTrustRoot {
        /// The notary.
        address: String,
        /// The pinned fingerprint.
        pinned: String,
        /// The fingerprint of what it shows.
        found: String,
        /// Where the pin is kept.
        file: PathBuf,
    },
    /// The notary has another trust root than the one that was asked for.
    #[error(
        "the notary {address} shows the trust root {found}, not {expected} as --fingerprint asks"
    )]
    UnexpectedTrustRoot {
        /// The notary.
        address: String,
        /// The fingerprint that was asked for.
        expected: String,
        /// The fingerprint of what it shows.
        found: String,
    },
    /// A notary is not the one that a policy has.
    #[error("the notary {address} {detail}")]
    PolicyRoot {
        /// The notary.
        address: String,
        /// What is the matter.
        detail: String,
    },
    /// A notary that nothing is known of, where nobody is asked.
    #[error(
        "the notary {address} was never met, and --offline asks nobody: verify once without it, or \
         name a policy (--policy) that has its trust root"
    )]
    NeverMet {
        /// The notary.
        address: String,
    },
    /// A trust root or pin that cannot be used.
    #[error("{0}")]
    TrustRoot(String),
    /// A remembered log that there is not, or that nothing can be said of.
    #[error("{0}")]
    Log(String),
    /// What is remembered of a project or a site is not there, or cannot be changed like this.
    #[error("{0}")]
    Memory(String),
    /// What was asked for cannot be done like this.
    #[error("{0}")]
    Usage(String),
    /// No place for the configuration.
    #[error("there is no configuration directory: {0}; set ASSAY_CONFIG_DIR")]
    NoConfig(String),
    /// The notary command failed.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The notary's configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something about a container image.
    #[error(transparent)]
    Image(#[from] OciError),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A private key, passphrase or token that cannot be read or used. Never holds any of it.
    #[error("{0}")]
    Secret(String),
    /// A service that signs without a key of one's own needs could not be reached, or its answer is
    /// no answer.
    #[error("{service} {address} gave no usable answer: {failure}")]
    Service {
        /// What it is for.
        service: &'static str,
        /// Where it is.
        address: String,
        /// Why.
        failure: Failure,
    },
    /// Such a service refused.
    #[error("{service} {address} refused (HTTP status {status}): {message}")]
    ServiceRefused {
        /// What it is for.
        service: &'static str,
        /// Where it is.
        address: String,
        /// The status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// What such services answered proves no signature of this signer.
    #[error("what the services answered does not prove the signature, so nothing was written: {0}")]
    Unproven(String),
    /// A fault of this program.
    #[error("this should not happen: {0}")]
    Internal(String),
}

impl CliError {
    /// An error of the file system, with the file's name.
    pub fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    /// How the program ends because of it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::OtherTrustRoot { .. }
            | Self::UnexpectedTrustRoot { .. }
            | Self::PolicyRoot { .. } => Exit::OTHER_TRUST_ROOT,
            Self::NoAnswer { .. }
            | Self::NotProven { .. }
            | Self::NeverMet { .. }
            | Self::Image(OciError::NoAnswer { .. }) => Exit::NO_ANSWER,
            Self::Image(OciError::Reference { .. })
            | Self::Digest(_)
            | Self::Usage(_)
            | Self::Config(_) => Exit::USAGE,
            Self::Service { .. } | Self::Unproven(_) => Exit::NO_ANSWER,
            Self::Internal(_) => Exit::INTERNAL,
            _ => Exit::FAILED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_program_is_told_apart_from_what_it_met() {
        let internal = CliError::Internal("x".into());
        assert_eq!(internal.exit(), Exit::INTERNAL);
        let missing = CliError::file(Path::new("x"), io::ErrorKind::NotFound.into());
        assert_eq!(missing.exit(), Exit::FAILED);
        assert_eq!(CliError::Usage("x".into()).exit(), Exit::USAGE);
    }
}
