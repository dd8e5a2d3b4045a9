use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How long anything may take before a test gives up: far more than it ever needs on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Asks `condition` until it answers `Ok`; `Err` says what was seen instead.
///
/// # Errors
/// [`Error::Never`] with what was last seen, when [`PATIENCE`] is used up.
pub fn wait_until<T>(
    what: &str,
    condition: impl FnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    wait_until_within(PATIENCE, what, condition)
}

/// Like [`wait_until`] with another limit.
///
/// # Errors
/// [`Error::Never`] with what was last seen, when `limit` is used up.
pub fn wait_until_within<T>(
    limit: Duration,
    what: &str,
    mut condition: impl FnMut() -> std::result::Result<T, String>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        match condition() {
            Ok(value) => return Ok(value),
            Err(seen) if start.elapsed() > limit => {
                return Err(Error::Never {
                    what: what.to_owned(),
                    seconds: limit.as_secs(),
                    seen,
                });
            }
            Err(_) => std::thread::park_timeout(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_seen_is_in_the_failure() {
        let mut turn = 0;
        let error = wait_until_within::<()>(Duration::from_millis(50), "the moon", || {
            turn += 1;
            Err(format!("turn {turn}"))
        })
        .expect_err("it never comes");
        assert!(error.to_string().contains("the moon"), "{error}");
        assert!(
            error.to_string().contains(&format!("turn {turn}")),
            "{error}"
        );
    }
}
