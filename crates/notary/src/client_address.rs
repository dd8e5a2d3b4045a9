//! Who a client is, as far as its address tells.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address; write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32")]
pub struct NotANetwork(String);

impl Network {
    /// The addresses whose first `bits` are those of `address`.
    pub const fn new(address: IpAddr, bits: u8) -> Self {
        Self { address, bits }
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other) = (self.address.to_canonical(), address.to_canonical());
        match (own, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits.min(32));
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits.min(128));
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let all = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None => all,
        };
        match bits <= all {
            true => Ok(Self::new(address, bits)),
            false => Err(wrong()),
        }
    }
}

/// Whether an address is in one of the networks.
pub fn is_in(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Who sent a request that came from `peer`: the last address in `forwarded` (the values of
/// `X-Forwarded-For`, in their order) that is no trusted proxy. Without such a word, or where `peer`
/// is no trusted proxy, it is `peer`.
pub fn client<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let mut client = peer.to_canonical();
    let mut hops = forwarded.rev().flat_map(|value| value.rsplit(','));
    while is_in(trusted, client) {
        // What is no address was not written by a proxy that knows its work: it tells nothing.
        match hops.next().and_then(address_in) {
            Some(before) => client = before,
            None => break,
        }
    }
    client
}

/// An address, perhaps with a port, as some proxies write it.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<std::net::SocketAddr>().ok()?.ip());
    let address = bare.or_else(bracketed).or_else(with_port)?;
    Some(address.to_canonical())
}

/// What counts as one client: an IPv4 address, or 64 bits of an IPv6 address, as whoever has one has
/// all that begin with these.
pub fn group(address: IpAddr) -> IpAddr {
    masked(address, 32, 64)
}

/// The network that an address is in, which tells less of a person than the address does.
pub fn network(address: IpAddr) -> IpAddr {
    masked(address, 24, 48)
}

fn masked(address: IpAddr, bits_of_4: u32, bits_of_6: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits_of_4).unwrap_or(0);
            IpAddr::from((address.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits_of_6).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        let has = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(ip(address))
        };
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("10.0.0.0/8", "::ffff:10.1.1.1"));
        assert!(has("192.0.2.1", "192.0.2.1") && !has("192.0.2.1", "192.0.2.2"));
        assert!(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("2001:db8::/32", "2001:db8:1::1") && has("::1", "::1") && has("::/0", "::1"));
        for wrong in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "a",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|text| text.parse().unwrap());
        let client = |peer: &str, forwarded: &[&str]| {
            super::client(ip(peer), forwarded.iter().copied(), &trusted)
        };
        assert_eq!(client("192.0.2.9", &["192.0.2.1"]), ip("192.0.2.9"));
        assert_eq!(client("127.0.0.1", &["192.0.2.1"]), ip("192.0.2.1"));
        // What stands before the last stranger is his word only.
        assert_eq!(
            client("127.0.0.1", &["192.0.2.7, 192.0.2.1"]),
            ip("192.0.2.1")
        );
        assert_eq!(
            client("127.0.0.1", &["192.0.2.1, 10.0.0.2"]),
            ip("192.0.2.1")
        );
        assert_eq!(
            client("127.0.0.1", &["192.0.2.1", "10.0.0.2"]),
            ip("192.0.2.1")
        );
        assert_eq!(
            client("127.0.0.1", &["192.0.2.1, rubbish"]),
            ip("127.0.0.1")
        );
        assert_eq!(client("127.0.0.1", &[]), ip("127.0.0.1"));
        assert_eq!(
            client("127.0.0.1", &["[2001:db8::1]:443"]),
            ip("2001:db8::1")
        );
        assert_eq!(
            client("::ffff:127.0.0.1", &["192.0.2.1:80"]),
            ip("192.0.2.1")
        );
    }

    #[test]
    fn one_client_is_an_address_or_64_bits() {
        assert_eq!(group(ip("192.0.2.1")), ip("192.0.2.1"));
        assert_eq!(group(ip("2001:db8:1:2:3::4")), ip("2001:db8:1:2::"));
        assert_eq!(network(ip("192.0.2.77")), ip("192.0.2.0"));
        assert_eq!(network(ip("2001:db8:1:2:3::4")), ip("2001:db8:1::"));
    }
}
