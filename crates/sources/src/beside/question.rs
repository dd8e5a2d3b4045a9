//! Which file it is, and where: what follows from the download's address.

use super::LISTED_FOR;
use assay_core::address::{Address, encode};
use assay_core::digest::Sha256Digest;
use assay_core::project;
use assay_core::publisher::Publisher;

/// What is asked about: a file in a directory on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) address: Address,
    /// The directory's address, with a slash at the end.
    directory: String,
    /// The file's name.
    pub(super) name: String,
    /// When the file was downloaded, in seconds since 1970, where that is known.
    downloaded_at: Option<i64>,
}

impl Question {
    /// The question about a download, asked for at `first` and served by `last`. `None` where the
    /// address is not plain HTTPS, or has a source of its own.
    ///
    /// It is the directory that was asked for that counts: what serves the file may be anybody's.
    pub fn about(first: &str, last: &str, downloaded_at: Option<i64>) -> Option<Self> {
        if Publisher::of(&[first, last]).is_some() {
            return None;
        }
        let address = Address::parse(first)?;
        let mut segments: Vec<&str> = address.segments().collect();
        let name = segments.pop().filter(|name| !name.is_empty())?.to_owned();
        let mut directory = format!("https://{}/", address.host());
        for segment in segments {
            directory.push_str(&encode(segment));
            directory.push('/');
        }
        Some(Self {
            directory,
            name,
            address,
            downloaded_at,
        })
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.address.host()
    }

    /// Whether what lies beside the file now still speaks of what was downloaded. `now` is in seconds
    /// since 1970.
    pub fn is_recent(&self, now: i64) -> bool {
        self.downloaded_at.is_none_or(|at| now - at < LISTED_FOR)
    }

    /// The ending of the file's name, by which files of its kind are known.
    pub fn ending(&self) -> String {
        project::ending(&self.name)
    }

    /// The directory's mark, by which it is remembered what is not in it.
    pub(super) fn place(&self) -> String {
        let digest = Sha256Digest::of(self.directory.as_bytes()).to_hex();
        digest.chars().take(16).collect()
    }

    pub(super) fn url(&self, name: &str) -> String {
        format!("{}{}", self.directory, encode(&self.named(name)))
    }

    /// The name that one of the usual ones stands for.
    pub(super) fn named(&self, name: &str) -> String {
        match (name.strip_prefix('*'), name.strip_prefix('+')) {
            (Some(ending), _) => format!("{}{ending}", self.name),
            (_, Some(ending)) => format!("{}{ending}", self.release().unwrap_or_default()),
            _ => name.to_owned(),
        }
    }

    /// Project and version, where the file's name begins with them and goes on, in the way of GoReleaser
    /// and others: `tool_1.2.3` of `tool_1.2.3_linux_amd64.tar.gz`.
    pub(super) fn release(&self) -> Option<&str> {
        let mut start = 0;
        for (end, _) in self.name.match_indices('_') {
            let part = self.name.get(start..end)?;
            let number = part.strip_prefix('v').unwrap_or(part);
            if start > 0
                && number.starts_with(|one: char| one.is_ascii_digit())
                && part.contains('.')
            {
                return self.name.get(..end);
            }
            start = end + 1;
        }
        None
    }
}
