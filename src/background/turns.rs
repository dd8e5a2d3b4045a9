//! Who may compare with the logs of a trust root: one after the other, so that nothing that one of
//! them remembers is lost to another.

use assay_core::evidence::Failure;
use assay_core::signer::RootId;
use futures_channel::oneshot::{Sender, channel};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// The turns that are taken and waited for.
#[derive(Clone, Default)]
pub(super) struct Turns(Rc<RefCell<Vec<Line>>>);

/// Those who wait for the logs of one trust root. It is there as long as somebody has the turn.
struct Line {
    root: RootId,
    waiting: VecDeque<Sender<Mine>>,
}

/// A turn, passed on when it is dropped.
pub(super) struct Mine {
    turns: Turns,
    root: RootId,
    outage: Option<Failure>,
}

impl Turns {
    /// Waits for the turn.
    pub(super) async fn take(&self, root: &RootId) -> Mine {
        let first = || Mine {
            turns: self.clone(),
            root: root.clone(),
            outage: None,
        };
        let receiver = {
            let mut lines = self.0.borrow_mut();
            match lines.iter_mut().find(|line| line.root == *root) {
                Some(line) => {
                    let (sender, receiver) = channel();
                    line.waiting.push_back(sender);
                    Some(receiver)
                }
                None => {
                    lines.push(Line {
                        root: root.clone(),
                        waiting: VecDeque::new(),
                    });
                    None
                }
            }
        };
        match receiver {
            // A line ends only when nobody waits in it, so there is always an answer.
            Some(receiver) => receiver.await.unwrap_or_else(|_| first()),
            None => first(),
        }
    }
}

impl assay_sources::remembered::Turn for Mine {
    fn outage(&self) -> Option<Failure> {
        self.outage.clone()
    }

    fn tell_outage(&mut self, failure: Failure) {
        self.outage = Some(failure);
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        let next = {
            let mut lines = self.turns.0.borrow_mut();
            let next = lines
                .iter_mut()
                .find(|line| line.root == self.root)
                .and_then(|line| line.waiting.pop_front());
            if next.is_none() {
                lines.retain(|line| line.root != self.root);
            }
            next
        };
        if let Some(next) = next {
            // What was met by one is passed on to those who waited behind. Should whoever is next
            // have given up, the turn comes back, is dropped, and goes to the one after.
            let turn = Self {
                turns: self.turns.clone(),
                root: self.root.clone(),
                outage: self.outage.take(),
            };
            drop(next.send(turn));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_sources::remembered::Turn;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    type Waiting<'a> = Pin<Box<dyn Future<Output = Mine> + 'a>>;

    fn poll(waiting: &mut Waiting<'_>) -> Option<Mine> {
        match waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(mine) => Some(mine),
            Poll::Pending => None,
        }
    }

    #[test]
    fn turns_are_taken_one_after_the_other_and_for_each_root() {
        let turns = Turns::default();
        let (here, there) = (RootId::notary("aa"), RootId::notary("bb"));
        let mut waiting: Vec<Waiting<'_>> = (0..3)
            .map(|_| Box::pin(turns.take(&here)) as Waiting<'_>)
            .collect();
        let mut first = poll(&mut waiting[0]).expect("nobody else is there");
        assert!(poll(&mut waiting[1]).is_none());
        assert!(poll(&mut waiting[2]).is_none());
        let mut elsewhere: Waiting<'_> = Box::pin(turns.take(&there));
        assert!(poll(&mut elsewhere).is_some(), "another root");
        first.tell_outage(Failure::Unreachable);
        drop(first);
        assert!(poll(&mut waiting[2]).is_none(), "in order");
        let second = poll(&mut waiting[1]).expect("the next");
        assert_eq!(second.outage(), Some(Failure::Unreachable));
        drop(second);
        let third = poll(&mut waiting[2]).expect("the last");
        assert_eq!(third.outage(), Some(Failure::Unreachable));
        drop(third);
        let mut later: Waiting<'_> = Box::pin(turns.take(&here));
        let later = poll(&mut later).expect("nobody is there any more");
        assert_eq!(later.outage(), None, "it did not wait for the outage");
    }

    #[test]
    fn whoever_gives_up_does_not_keep_the_turn() {
        let turns = Turns::default();
        let root = RootId::notary("aa");
        let mut waiting: Vec<Option<Waiting<'_>>> = (0..4)
            .map(|_| Some(Box::pin(turns.take(&root)) as Waiting<'_>))
            .collect();
        let try_at = |place: usize, waiting: &mut Vec<Option<Waiting<'_>>>| {
            waiting[place].as_mut().and_then(poll)
        };
        let first = try_at(0, &mut waiting).expect("the first");
        for place in 1..4 {
            assert!(try_at(place, &mut waiting).is_none());
        }
        // One gives up while it waits, one when the turn is its own already.
        waiting[1] = None;
        drop(first);
        waiting[2] = None;
        assert!(try_at(3, &mut waiting).is_some());
    }
}
