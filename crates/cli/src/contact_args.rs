//! The options of commands that ask a notary, or write to one.

use std::path::PathBuf;

/// Which notary, and what it must be.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// The notary's address: https, or http on this machine; or the name that it has since `assay
    /// login`. Without it, the notary of the last login.
    #[arg(long, value_name = "URL|NAME")]
    pub notary: Option<String>,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<String>,
}

/// A notary that is written to.
#[derive(Debug, clap::Args)]
pub struct Contact {
    #[command(flatten)]
    pub which: Which,
    /// File with the token that the notary asks of those who write; ASSAY_NOTARY_TOKEN holds one too.
    /// Without them, the one that `assay login` kept for this notary.
    #[arg(
        long,
        env = "ASSAY_NOTARY_TOKEN_FILE",
        value_name = "FILE",
        allow_hyphen_values = true
    )]
    pub token_file: Option<PathBuf>,
}

/// The private key. Where a secret is given in place of its file, even one that begins with a hyphen,
/// the error is this program's own, which does not repeat it.
#[derive(Debug, clap::Args)]
pub struct PrivateKey {
    /// Private key to sign with (ECDSA P-256, PEM; - reads standard input); ASSAY_PRIVATE_KEY holds
    /// one too. Without either one of your own, made on first use.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub key: Option<PathBuf>,
    /// File with the key's passphrase (- reads standard input); ASSAY_PASSPHRASE holds one too.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub passphrase_file: Option<PathBuf>,
    /// If a key has to be made, make one without a passphrase: whoever can read its file can sign.
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_passphrase: bool,
}
