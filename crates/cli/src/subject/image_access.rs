//! How images are asked for: whom to be for a registry, and whom to trust.

use crate::error::CliError;
use crate::input;
use crate::secret::child;
use assay_oci::{Credentials, Given, OciError, Options, Platform, Registry};
use std::path::PathBuf;
use std::sync::OnceLock;

/// The largest file with certificates that is read, in bytes.
const MAX_AUTHORITY_BYTES: usize = 1024 * 1024;

/// Under what the help lists these options.
const HEADING: &str = "Container images";

/// What the command line says about images.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ImageArgs {
    /// Of an index for several platforms, the image for this one, such as linux/arm64. Without it the
    /// index itself is meant.
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", help_heading = HEADING)]
    pub platform: Option<Platform>,
    /// Certificates (PEM) of authorities that registries' certificates may be by, beside those that this
    /// system trusts.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub registry_ca: Option<PathBuf>,
}

/// How images are asked for.
#[derive(Default)]
pub struct ImageAccess {
    args: ImageArgs,
    given: Option<Given>,
    /// The certificates of `--registry-ca`, with the file's name.
    authority: Option<(String, Vec<u8>)>,
    /// Made when it is needed first.
    registry: OnceLock<Registry>,
}

impl std::fmt::Debug for ImageAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.args.fmt(f)
    }
}

impl ImageAccess {
    /// By the command line and the environment. `registries` are those that the command is about, each
    /// once: a password is for one of them.
    ///
    /// # Errors
    /// When a password is given and it is not clear for which registry, or the file with certificates cannot
    /// be read.
    pub fn new(args: &ImageArgs, registries: &[String]) -> Result<Self, CliError> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let user = set("ASSAY_REGISTRY_USER");
        let given = match (user, set("ASSAY_REGISTRY_PASSWORD")) {
            (None, None) => None,
            (Some(user), Some(password)) => {
                let named = set("ASSAY_REGISTRY").map(|named| {
                    assay_oci::registry(&named).ok_or_else(|| {
                        CliError::Usage(format!(
                            "ASSAY_REGISTRY is {named:?}, and must be a host, with its port if it has \
                             one, as references of images begin with it"
                        ))
                    })
                });
                let registry = match (named.transpose()?, registries) {
                    (Some(named), _) => Some(named),
                    (None, [one]) => Some(one.clone()),
                    (None, []) => None,
                    (None, _) => {
                        return Err(CliError::Usage(
                            "ASSAY_REGISTRY_PASSWORD is for one registry, and these images are in \
                             several: name it in ASSAY_REGISTRY"
                                .to_owned(),
                        ));
                    }
                };
                registry.map(|registry| Given {
                    registry,
                    user,
                    password,
                })
            }
            _ => {
                return Err(CliError::Usage(
                    "ASSAY_REGISTRY_USER and ASSAY_REGISTRY_PASSWORD go together: one of them is not \
                     set"
                        .to_owned(),
                ));
            }
        };
        let authority = match &args.registry_ca {
            Some(path) => {
                let pem = input::bytes(path, MAX_AUTHORITY_BYTES)?;
                Some((path.display().to_string(), pem))
            }
            None => None,
        };
        Ok(Self {
            args: args.clone(),
            given,
            authority,
            registry: OnceLock::new(),
        })
    }

    /// For what platform an image is wanted.
    pub fn platform(&self) -> Option<&Platform> {
        self.args.platform.as_ref()
    }

    /// Who asks registries.
    ///
    /// # Errors
    /// When there are no certificates in that file.
    pub fn registry(&self) -> Result<&Registry, OciError> {
        if let Some(registry) = self.registry.get() {
            return Ok(registry);
        }
        let authority = self.authority.as_ref();
        let registry = Registry::new(Options {
            authority: authority.map(|(place, pem)| (place.as_str(), pem.as_slice())),
            credentials: Credentials::of_this_user(self.given.clone(), |program| child(program)),
        })?;
        Ok(self.registry.get_or_init(|| registry))
    }
}
