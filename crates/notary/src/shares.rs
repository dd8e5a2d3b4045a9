//! What one client holds of something that all share, so that nobody takes it all.
//!
//! The table has a line for each client who holds something, so it is as long as there are things.

use crate::client_address::group;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Who holds how much.
pub struct Shares {
    most: u64,
    held: Mutex<HashMap<IpAddr, u64>>,
}

/// A part that is held until this is dropped.
pub struct Share {
    shares: Arc<Shares>,
    client: IpAddr,
    amount: u64,
}

impl Shares {
    /// Of which one client may hold at most `most`.
    pub fn new(most: u64) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: Mutex::default(),
        })
    }

    /// Takes `amount` for `client`; `None` if that is more than it may hold. Whoever holds nothing
    /// gets something: all that one may hold, if it asks for more.
    pub fn take(self: &Arc<Self>, client: IpAddr, amount: u64) -> Option<Share> {
        let client = group(client);
        let amount = amount.min(self.most);
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.get(&client).copied().unwrap_or(0);
        let then = held.checked_add(amount).filter(|then| *then <= self.most)?;
        all.insert(client, then);
        Some(Share {
            shares: self.clone(),
            client,
            amount,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let held = &self.shares.held;
        let mut all = held.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get(&self.client).map_or(0, |held| held - self.amount);
        match left {
            0 => all.remove(&self.client),
            left => all.insert(self.client, left),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_no_more_than_its_share_and_gives_it_back() {
        let shares = Shares::new(10);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let six = shares.take(a, 6).unwrap();
        let four = shares.take(a, 4).unwrap();
        assert!(shares.take(a, 1).is_none());
        let other = shares.take(b, 99).unwrap();
        assert!(shares.take(b, 1).is_none());
        drop(six);
        let _five = shares.take(a, 5).unwrap();
        assert!(shares.take(a, 2).is_none());
        drop((four, other));
        assert_eq!(shares.held.lock().unwrap().len(), 1);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        let shares = Shares::new(1);
        let address = |last| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let _held = shares.take(address(1), 1).unwrap();
        assert!(shares.take(address(2), 1).is_none());
    }
}
