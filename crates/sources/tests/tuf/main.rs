//! Trust roots through TUF: what is followed, what is refused, and what is still known after a
//! restart.

mod attacks;
mod faults;
mod following;
mod restarts;

use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::RootRecord;
use assay_sources::tuf::{Origin, in_use, refresh};
use assay_tuf_repository::{Memory, NOW, Repository, Wire, ready};

/// Two trust roots that can be used, and tell apart.
const OLD: &str = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
const NEW: &str = sigstore_trust_root::SIGSTORE_STAGING_TRUSTED_ROOT;

/// A user of a repository: knows its first TUF root, and [`OLD`] as the embedded trust root.
struct User {
    origin: Origin,
    memory: Memory,
}

impl User {
    fn of(repository: &Repository) -> Self {
        Self {
            origin: repository.origin(Wire::ADDRESS, 1, OLD),
            memory: Memory::default(),
        }
    }

    /// A user who has refreshed once.
    fn up_to_date(repository: &Repository) -> Self {
        let user = Self::of(repository);
        user.refresh(repository).expect("refreshed");
        user
    }

    fn refresh(&self, repository: &Repository) -> Result<RootRecord, RefreshError> {
        self.refresh_at(repository, NOW)
    }

    fn refresh_at(&self, repository: &Repository, now: i64) -> Result<RootRecord, RefreshError> {
        self.refresh_over(&Wire::to(repository), now)
    }

    fn refresh_over(&self, wire: &Wire<'_>, now: i64) -> Result<RootRecord, RefreshError> {
        ready(refresh(wire, &self.memory, &self.origin, now))
    }

    /// The trust root in use after a restart.
    fn in_use(&self) -> String {
        let record = self.memory.record();
        let in_use = in_use(&self.origin, record.as_ref()).expect("a root");
        in_use.trusted_root.to_owned()
    }

    /// The version of the TUF root in use after a restart.
    fn tuf_root(&self) -> u64 {
        let record = self.memory.record();
        in_use(&self.origin, record.as_ref())
            .expect("a root")
            .tuf_root
    }

    /// A refresh is refused with this very reason, which names what was expected and found; the
    /// trust root in use stays; and the failure is noted.
    #[track_caller]
    fn refuses(&self, repository: &Repository, check: RefreshCheck, file: &str) -> RefreshError {
        self.refuses_at(repository, NOW, check, file)
    }

    #[track_caller]
    fn refuses_at(
        &self,
        repository: &Repository,
        now: i64,
        check: RefreshCheck,
        file: &str,
    ) -> RefreshError {
        let before = self.in_use();
        let error = self.refresh_at(repository, now).expect_err("refused");
        assert_eq!((error.check, error.file.as_str()), (check, file), "{error}");
        assert!(!error.expected.is_empty() && !error.found.is_empty());
        assert_ne!(error.expected, error.found);
        assert_eq!(self.in_use(), before, "the root in use stays");
        let failed = self.memory.record().and_then(|record| record.failed);
        let failed = failed.expect("the failure is noted");
        assert_eq!((failed.at, &failed.error), (now, &error));
        error
    }
}
