//! Work that would hold up other requests: much reading, and verifying signatures.

use super::refusal::Refusal;
use tokio::sync::Semaphore;

/// How many such works go on at once; whoever comes then waits. More would only take turns on the
/// processors, each with what it holds in memory.
const AT_ONCE: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Does work away from the threads that speak with the clients.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let place = PLACES.acquire().await.map_err(Refusal::internal)?;
    let done = tokio::task::spawn_blocking(move || {
        // Given back when the work is done, not when somebody stops to wait for it.
        let _place = place;
        work()
    });
    done.await.unwrap_or_else(|error| {
        let message = format!("the request could not be worked on: {error}");
        Err(Refusal::internal(message))
    })
}
