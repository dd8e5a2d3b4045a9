//! The command lines of `assay login` and `assay logout`.

use std::path::PathBuf;

const LOGIN_EXAMPLES: &str = "\
The notary's trust root is pinned: compare its fingerprint with what the notary's administrator
publishes. On a terminal you are asked; elsewhere --fingerprint or --yes says that it is to be pinned.
The token is checked with the notary, which logs nothing for that, and is then kept in a file that only
you can read. It is sent to this notary alone. An option and the environment go before a login.

Examples:
  assay login https://notary.example --token-file token.txt
  assay login https://notary.example --fingerprint 6b1f… --token-file - < token.txt
  assay login http://127.0.0.1:7340 --name local --yes
  assay login                                             # to which notaries you are logged in";

/// `assay login`.
#[derive(Debug, clap::Args)]
#[command(after_help = LOGIN_EXAMPLES)]
pub struct LoginArgs {
    /// The notary's address: https, or http on this machine. Without it, the logins are shown.
    #[arg(value_name = "URL")]
    pub notary: Option<String>,
    /// Accept the notary only with this trust root fingerprint (64 hexadecimal digits).
    #[arg(long, value_name = "HEX", requires = "notary")]
    pub fingerprint: Option<String>,
    /// Pin what the notary shows at first contact, without a question.
    #[arg(long, requires = "notary")]
    pub yes: bool,
    /// File with the token that the notary asks of those who write; - reads standard input, and
    /// ASSAY_NOTARY_TOKEN holds one, too.
    #[arg(
        long,
        value_name = "FILE",
        env = "ASSAY_NOTARY_TOKEN_FILE",
        requires = "notary"
    )]
    pub token_file: Option<PathBuf>,
    /// A short name for it, which --notary takes, too.
    #[arg(long, value_name = "NAME", requires = "notary")]
    pub name: Option<String>,
    /// Print JSON (schema assay.login.v1; without a URL assay.logins.v1).
    #[arg(long)]
    pub json: bool,
}

const LOGOUT_EXAMPLES: &str = "\
The notary's trust root stays pinned, so that the next login is no first contact. With --forget it is
forgotten, too.

Examples:
  assay logout
  assay logout https://notary.example --forget";

/// `assay logout`.
#[derive(Debug, clap::Args)]
#[command(after_help = LOGOUT_EXAMPLES)]
pub struct LogoutArgs {
    /// The notary's address or name; without it, the one of the last login.
    #[arg(value_name = "URL|NAME")]
    pub notary: Option<String>,
    /// Forget the notary's pinned trust root, too.
    #[arg(long)]
    pub forget: bool,
    /// Print JSON (schema assay.logout.v1).
    #[arg(long)]
    pub json: bool,
}
