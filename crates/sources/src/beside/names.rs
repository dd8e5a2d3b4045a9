//! The names under which something is looked for beside a file.

/// All names, in the order in which they have their turn; `*` stands for the file's own, `+` for the
/// project and the version that it begins with (as in `tool_1.2.3_linux_amd64.tar.gz`).
pub(super) const ALL: [&str; 15] = [
    "*.sigstore.json",
    "*.sigstore",
    "*.sha256",
    "SHA256SUMS",
    "+_checksums.txt",
    "checksums.txt",
    "+_SHA256SUMS",
    "SHA512SUMS",
    "*.sha512",
    "SHASUMS256.txt",
    "SHA256SUMS.txt",
    "SHA512SUMS.txt",
    "sha256sum.txt",
    "*.sigstore.jsonl",
    MINISIG_OF_FILE,
];

/// So many of them are tried for the first file from a host.
const AT_FIRST: usize = 5;

/// So many more are, where nothing is found under those: rarer ones, and those of SHA-512, for which a
/// file must be read once more. With the site's declaration these are ten requests.
const LATER: usize = 4;

/// The names that are likeliest on a host of which nothing is known yet.
pub(super) const LIKELY: [&str; 3] = ["SHA256SUMS", "*.sha256", "*.sigstore.json"];

/// Where minisign puts the signature of the file. Asked for only where a key is known: by an unknown
/// one it would say nothing.
pub(super) const MINISIG_OF_FILE: &str = "*.minisig";

/// Stands among what was found for the signature of a list.
pub(super) const SIGNED_LIST: &str = "list.minisig";

/// Stands among what was found for bundles that name files by SHA-512.
pub(super) const BY_SHA512: &str = "bundle.sha512";

/// What makes names likely, beside habit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Likely {
    /// Minisign keys are known.
    pub keyed: bool,
    /// Signers of bundles are declared.
    pub named: bool,
    /// The file's name begins with project and version.
    pub versioned: bool,
}

/// The names to try for the first file from a host, and those that are tried where nothing is found
/// under them.
pub(super) fn at_first(likely: Likely) -> Vec<&'static str> {
    let mut names: Vec<_> = applying(likely).take(AT_FIRST).collect();
    if likely.keyed {
        names.insert(0, MINISIG_OF_FILE);
    }
    names
}

/// The names that are tried where nothing is found under [`at_first`].
pub(super) fn later(likely: Likely) -> Vec<&'static str> {
    applying(likely).skip(AT_FIRST).take(LATER).collect()
}

/// All names under which a signature can be, or a list that has one.
pub(super) fn signed(likely: Likely) -> Vec<&'static str> {
    let may_be = |name: &&str| match is_bundle(name) {
        true => likely.named,
        false => likely.keyed,
    };
    applying(likely).filter(may_be).collect()
}

/// The names that there can be for the file.
fn applying(likely: Likely) -> impl Iterator<Item = &'static str> {
    let names = ALL.into_iter();
    names.filter(move |name| applies(name, likely))
}

/// Whether there can be this name for the file, and something of use under it.
pub(super) fn applies(name: &str, likely: Likely) -> bool {
    (likely.versioned || !name.starts_with('+')) && (likely.keyed || name != MINISIG_OF_FILE)
}

/// Whether bundles are under this name.
pub(super) fn is_bundle(name: &str) -> bool {
    name.contains(".sigstore")
}

/// Whether a list of this name can be of any algorithm: digests of others look the same.
pub(super) fn is_of_any_kind(name: &str) -> bool {
    name.ends_with("checksums.txt")
}

/// Whether this name is one file's alone.
pub(super) fn is_own(name: &str) -> bool {
    name.starts_with('*')
}

/// Whether all files of a directory have this name in common.
pub(super) fn is_shared(name: &str) -> bool {
    !name.starts_with(['*', '+'])
}
