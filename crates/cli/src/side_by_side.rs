//! Several things done at once, with results in order.

use crate::error::CliError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

/// So much is done at once at most, however many processors there are: most of the time is spent waiting
/// for a server, which must not be asked for more at once, either.
const MOST_AT_ONCE: usize = 8;

/// Does `work` for each item, several at once, and hands each result to `take` in the order of the
/// items, as soon as all before it are there.
///
/// # Errors
/// The first of `take`. What is being done then comes to its end, and nothing else is begun.
pub fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let threads = items.len().min(MOST_AT_ONCE);
    let next = AtomicUsize::new(0);
    let (done, results) = channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (done, work, next) = (done.clone(), &work, &next);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { break };
                    // Nobody listens any more where `take` has failed.
                    if done.send((place, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut waiting: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let mut told = 0;
        for (place, result) in results {
            if let Some(slot) = waiting.get_mut(place) {
                *slot = Some(result);
            }
            while let (Some(item), Some(slot)) = (items.get(told), waiting.get_mut(told)) {
                let Some(result) = slot.take() else { break };
                take(item, result)?;
                told += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Condvar, Mutex};

    #[test]
    fn results_come_in_order_whatever_is_done_first() {
        // The first one waits for the second.
        let (second_done, changed) = (Mutex::new(false), Condvar::new());
        let items: Vec<usize> = (0..40).collect();
        let mut told = Vec::new();
        let work = |item: &usize| {
            match item {
                0 => {
                    let done = second_done.lock().unwrap();
                    drop(changed.wait_while(done, |done| !*done).unwrap());
                }
                1 => {
                    *second_done.lock().unwrap() = true;
                    changed.notify_all();
                }
                _ => {}
            }
            item * 2
        };
        side_by_side(&items, work, |item, result| {
            told.push((*item, result));
            Ok(())
        })
        .unwrap();
        let expected: Vec<_> = (0..40).map(|item| (item, item * 2)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_failing_end_ends_it() {
        let items: Vec<usize> = (0..1000).collect();
        let error = side_by_side(&items, |_| (), |_, ()| Err(CliError::Usage("full".into())));
        assert!(error.unwrap_err().to_string().contains("full"));
        side_by_side::<usize, ()>(&[], |_| (), |_, ()| Ok(())).unwrap();
    }
}
