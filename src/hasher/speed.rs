//! How fast a file is read, and when to say so.

/// At least this long between two messages about one file, in milliseconds.
const INTERVAL: f64 = 100.0;

/// Over this time, in milliseconds, the rate is smoothed.
const SMOOTHING: f64 = 1000.0;

/// Follows the progress of one file.
#[derive(Debug)]
pub struct Speed {
    told_at: f64,
    told_bytes: u64,
    rate: Option<f64>,
}

impl Speed {
    /// Begins at `now`, in milliseconds.
    pub fn new(now: f64) -> Self {
        Self {
            told_at: now,
            told_bytes: 0,
            rate: None,
        }
    }

    /// With `bytes` read at `now`: the rate in bytes a second if it is time to tell it.
    pub fn due(&mut self, now: f64, bytes: u64) -> Option<f64> {
        let elapsed = now - self.told_at;
        if elapsed < INTERVAL {
            return None;
        }
        let fresh = bytes.saturating_sub(self.told_bytes) as f64 * 1000.0 / elapsed;
        let weight = (elapsed / SMOOTHING).min(1.0);
        let rate = match self.rate {
            Some(rate) => rate + (fresh - rate) * weight,
            None => fresh,
        };
        self.told_at = now;
        self.told_bytes = bytes;
        self.rate = Some(rate);
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_ten_times_a_second_at_most() {
        let mut speed = Speed::new(0.0);
        let told = (1..=1000)
            .filter(|ms| speed.due(f64::from(*ms), 1000 * *ms as u64).is_some())
            .count();
        assert_eq!(told, 10);
    }

    #[test]
    fn the_rate_follows_the_bytes() {
        let mut speed = Speed::new(0.0);
        assert_eq!(speed.due(50.0, 1), None);
        assert_eq!(speed.due(100.0, 1000), Some(10_000.0));
        let after = (2..100).fold(0, |_, step| {
            let _ = speed.due(f64::from(step) * 100.0, 1000 + 2000 * (step as u64 - 1));
            step
        });
        assert_eq!(after, 99);
        let rate = speed.due(10_000.0, 1000 + 2000 * 99).unwrap_or_default();
        assert!((rate - 20_000.0).abs() < 1.0, "{rate}");
    }
}
