//! The memory for bodies of requests and long answers, and who may take how much of it.
//!
//! A part is kept for those who may write: nobody without a token can take it from them.

use super::refused::Refused;
use crate::shares::{Share, Shares};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Memory is counted in units of so many bytes.
const UNIT: u64 = 1024;

/// Who asks for memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asker {
    /// Who has only a share of it; none where nothing limits the client.
    pub client: Option<IpAddr>,
    /// Whether the client has shown a token that holds.
    pub may_write: bool,
}

/// All memory for bodies and answers.
pub struct Buffers {
    /// Everybody's.
    common: Pool,
    /// What only those take who may write, when there is no more for everybody.
    kept: Option<Pool>,
}

struct Pool {
    units: u64,
    free: Arc<Semaphore>,
    shares: Arc<Shares>,
    /// The share of one.
    most: u64,
}

/// Memory that is taken until this is dropped.
#[derive(Default)]
pub struct Buffer {
    pieces: Vec<(OwnedSemaphorePermit, Option<Share>)>,
    units: u64,
}

impl Buffers {
    /// `bytes` of memory, of which a quarter is kept for those who may write if `keeps`.
    pub fn new(bytes: u64, keeps: bool) -> Self {
        let units = bytes / UNIT;
        let kept = if keeps { units / 4 } else { 0 };
        Self {
            common: Pool::new(units - kept, units / 4),
            kept: keeps.then(|| Pool::new(kept, kept / 2)),
        }
    }

    /// Takes `bytes` more into `buffer`; waits for them up to `wait`. What goes beyond the share that
    /// one may hold in all is not counted: one body alone is never refused for its length.
    ///
    /// # Errors
    /// When there is none left, or the client holds its share.
    pub async fn take(
        &self,
        asker: Asker,
        buffer: &mut Buffer,
        bytes: u64,
        wait: Duration,
    ) -> Result<(), Refused> {
        let kept = self.kept.as_ref().filter(|_| asker.may_write);
        let most = kept.unwrap_or(&self.common).most;
        let units = bytes.div_ceil(UNIT).min(most.saturating_sub(buffer.units));
        if units == 0 {
            return Ok(());
        }
        let piece = match kept {
            Some(kept) => match self.common.take(asker.client, units, Duration::ZERO).await {
                Ok(piece) => piece,
                Err(_) => kept.take(asker.client, units, wait).await?,
            },
            None => self.common.take(asker.client, units, wait).await?,
        };
        buffer.units += units;
        buffer.pieces.push(piece);
        Ok(())
    }
}

impl Pool {
    fn new(units: u64, most: u64) -> Self {
        Self {
            units,
            free: Arc::new(Semaphore::new(usize::try_from(units).unwrap_or(1))),
            shares: Shares::new(most),
            most: most.min(units),
        }
    }

    async fn take(
        &self,
        client: Option<IpAddr>,
        units: u64,
        wait: Duration,
    ) -> Result<(OwnedSemaphorePermit, Option<Share>), Refused> {
        let share = match client {
            Some(client) => {
                let share = self.shares.take(client, units);
                Some(share.ok_or(Refused::TooMuchAtOnce)?)
            }
            None => None,
        };
        let units = u32::try_from(units.min(self.units)).unwrap_or(u32::MAX);
        let taken = self.free.clone().acquire_many_owned(units);
        match timeout(wait, taken).await {
            Ok(Ok(units)) => Ok((units, share)),
            _ => Err(Refused::Busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;
    const A: Asker = stranger(1);
    const B: Asker = stranger(2);
    const FREE: Asker = Asker {
        client: None,
        may_write: false,
    };

    const fn stranger(last: u8) -> Asker {
        Asker {
            client: Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, last))),
            may_write: false,
        }
    }

    async fn take(buffers: &Buffers, asker: Asker, bytes: u64) -> Result<Buffer, Refused> {
        let mut buffer = Buffer::default();
        let taken = buffers
            .take(asker, &mut buffer, bytes, Duration::ZERO)
            .await;
        taken.map(|()| buffer)
    }

    #[tokio::test]
    async fn one_client_gets_a_quarter_of_the_memory() {
        let buffers = Buffers::new(16 * MIB, false);
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(take(&buffers, A, MIB).await.ok().unwrap());
        }
        let more = take(&buffers, A, 1).await.err();
        assert_eq!(more, Some(Refused::TooMuchAtOnce));
        assert!(take(&buffers, B, MIB).await.is_ok());
        for _ in 0..12 {
            held.push(take(&buffers, FREE, MIB).await.ok().unwrap());
        }
        assert_eq!(take(&buffers, B, 1).await.err(), Some(Refused::Busy));
    }

    #[tokio::test]
    async fn nobody_without_a_token_takes_what_is_kept_for_those_with_one() {
        let buffers = Buffers::new(16 * MIB, true);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(take(&buffers, FREE, 4 * MIB).await.ok().unwrap());
        }
        assert_eq!(take(&buffers, B, 1).await.err(), Some(Refused::Busy));
        let writer = |asker: Asker| Asker {
            may_write: true,
            ..asker
        };
        // Half of it each.
        let own = take(&buffers, writer(A), 2 * MIB).await.ok().unwrap();
        let more = take(&buffers, writer(A), 1).await.err();
        assert_eq!(more, Some(Refused::TooMuchAtOnce));
        let other = take(&buffers, writer(B), 2 * MIB).await;
        assert!(other.is_ok());
        let third = take(&buffers, writer(stranger(3)), 1).await.err();
        assert_eq!(third, Some(Refused::Busy));
        drop((own, held));
        assert!(take(&buffers, B, MIB).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_grows_is_counted_piece_by_piece_and_never_too_long_for_the_share() {
        let buffers = Buffers::new(16 * MIB, false);
        let mut buffer = Buffer::default();
        for _ in 0..5 {
            let taken = buffers.take(A, &mut buffer, MIB, Duration::ZERO).await;
            assert_eq!(taken, Ok(()));
        }
        assert_eq!(buffer.units * UNIT, 4 * MIB);
        assert!(take(&buffers, A, 1).await.is_err());
        drop(buffer);
        assert!(take(&buffers, A, 1).await.is_ok());
    }
}
