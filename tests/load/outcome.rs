use std::time::Duration;

use serde_json::json;

/// What came of a load.
pub struct Outcome {
    /// How long each request took.
    pub times: Vec<Duration>,
    /// How long all took together.
    pub took: Duration,
    /// The processor time that this process took for it.
    pub cpu: Duration,
}

/// One line: how many in how many seconds, how long half of them and 99 of 100 took at most, and
/// what sending them cost.
pub fn json(outcome: &Outcome) -> String {
    let mut times = outcome.times.clone();
    times.sort_unstable();
    let below = |part: f64| {
        let at = (times.len().saturating_sub(1) as f64 * part).round() as usize;
        times
            .get(at)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    };
    json!({
        "done": times.len(),
        "seconds": outcome.took.as_secs_f64(),
        "p50_ms": below(0.5),
        "p99_ms": below(0.99),
        "max_ms": below(1.0),
        "cpu_seconds": outcome.cpu.as_secs_f64(),
    })
    .to_string()
}

/// The processor time that this process has taken, by what the system counts in ticks of 10 ms;
/// nothing where the system does not tell.
pub fn own_cpu() -> Duration {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else {
        return Duration::ZERO;
    };
    // The name is in brackets and may hold anything. User and system time are 14th and 15th.
    let ticks: u64 = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().skip(11).take(2))
        .into_iter()
        .flatten()
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
