//! Why a notary cannot start, or cannot do what it was asked.

use crate::keys::KeyError;
use crate::lock::LockError;
use crate::recovery::Disagreement;
use crate::sequencer::SequencerError;
use crate::store::StoreError;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why a notary cannot start, or an administrator's command fails.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    /// A file or directory could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the data directory holds something else than it should.
    #[error("{} cannot be used: {detail}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A part of a notary that was set up is gone.
    #[error(
        "{} is gone, and a new one would contradict what this notary signed before. Restore the \
         data directory from a backup; to begin anew, start the notary on an empty directory, and \
         tell its users the new fingerprint", path.display()
    )]
    Lost {
        /// What is gone.
        path: PathBuf,
    },
    /// Nothing to work with yet.
    #[error(
        "{} is not a notary's data directory; start the notary on it once, then try again",
        data.display()
    )]
    NotSetUp {
        /// The directory.
        data: PathBuf,
    },
    /// The public address is none.
    #[error("{address:?} is not an address like https://notary.example (no path, no user)")]
    Address {
        /// What was given.
        address: String,
    },
    /// Clients have pinned another address.
    #[error(
        "this notary is known as {old}, which is part of its trust root; it cannot become {new}. \
         Start it without --address, or start a new notary on an empty data directory"
    )]
    AddressChanged {
        /// The address on which the notary was set up.
        old: String,
        /// The address that was given.
        new: String,
    },
    /// The socket is not to be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Others could read what is sent to the notary.
    #[error(
        "{address} is reachable by others, and plain HTTP would show them the tokens. Set \
         tls.certificate and tls.key; or, if a proxy in front speaks TLS, --behind-proxy"
    )]
    PlainHttp {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Nobody can say where the notary is to be found.
    #[error(
        "the notary listens on all addresses, so say with --address under which clients will know \
         it, such as https://notary.example; it is fixed on this first start"
    )]
    NoAddress,
    /// Everybody on the machine can read or write a secret.
    #[error(
        "everybody on this machine can read or write {}, which is a secret. If that may have \
         happened, replace it; then `chmod 600 {}`", path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// Everybody on the machine can replace what is in a directory.
    #[error(
        "everybody on this machine can write in {}, and so replace keys, tokens or the lock. See who \
         did; then `chmod o-w {}`, or use a directory below it", path.display(), path.display()
    )]
    Writable {
        /// The directory.
        path: PathBuf,
    },
    /// What was asked about a token cannot be done.
    #[error("{0}")]
    Token(String),
    /// A signer cannot be enrolled.
    #[error("{0}")]
    Enrol(String),
    /// A signer's key cannot be revoked.
    #[error("{0}")]
    Revoke(String),
    /// What is kept of the keys' succession cannot be used or continued.
    #[error("{0}")]
    Trust(String),
    /// A statement of the notary's own could not be logged.
    #[error("the statement in {} cannot be logged: {detail}", path.display())]
    Statement {
        /// Where it is kept.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A certificate could not be made.
    #[error("the certificate could not be made: {0}")]
    Certificate(String),
    /// The system gave no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(String),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The log's store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log's lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The log's data and its lock do not agree.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// The lock store would be copied and put back together with the data.
    #[error(
        "the lock store {} must not lie in the data directory, with which it would be copied and \
         put back; choose another directory, best on another disk", place.display()
    )]
    LockInData {
        /// The lock store.
        place: PathBuf,
    },
    /// A backup cannot be made, or is none.
    #[error("the backup cannot be used: {0}")]
    Backup(String),
    /// A restore would end a tree that is signed on.
    #[error("{0}")]
    Replaced(String),
    /// The lock store of a notary that is administered is not where it was looked for.
    #[error(
        "there is no lock of this notary's log in {}, so nothing was changed. Name the lock store \
         that the notary is started with: --lock DIR", place.display()
    )]
    NoLockStore {
        /// Where it was looked for.
        place: PathBuf,
    },
    /// The keys in a backup are out of office.
    #[error(
        "the keys of the notary in this backup were replaced after it ('assay notary rotate'), \
         perhaps because others know them, and the new ones are not in it. Restore a backup from \
         after that. Only if there is none, restore this one with --earlier-keys: the notary then \
         signs with the replaced keys again, so whoever knows them can sign in its name; replace \
         them once more before you start it. Clients that have seen the new keys follow neither: \
         each of their users forgets the notary ('assay logout {address} --forget') and meets it \
         anew by the fingerprint that you tell them"
    )]
    EarlierKeys {
        /// The notary's address.
        address: String,
    },
    /// A restore goes into a new directory only.
    #[error(
        "{} is not empty. A backup is restored into a new directory, so that nothing is \
         overwritten", data.display()
    )]
    NotEmpty {
        /// The directory.
        data: PathBuf,
    },
    /// Nothing is to be brought up to date.
    #[error("{} is up to date and has its lock; start the notary on it", data.display())]
    UpToDate {
        /// The directory.
        data: PathBuf,
    },
    /// The log's writer failed.
    #[error(transparent)]
    Sequencer(#[from] SequencerError),
}

impl NotaryError {
    /// An error of the file system, with the file's name.
    pub fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}
