//! Which addresses outside may be reached: public ones, and what the server's operator allowed. Tenants name addresses,
//! and behind this server stands a network that is not theirs.
//!
//! An address that is written out is judged when a channel is set up, when it is opened, and again before each request;
//! the addresses of a name only when a connection is made, each time anew, because names change. What was judged is what is
//! connected to: there is no second look-up in between.

mod names;
mod special;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv6Net};
use reqwest::Url;

#[cfg(test)]
pub(super) use names::LookingUp;
pub(super) use names::{Names, Resolver, System};
use special::SPECIAL;

/// The prefix under which a network without IPv4 reaches it: what counts is the address within (RFC 6052).
const TRANSLATED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
/// The ports below 1024 that speak HTTP. On the others are mail, shells, printers and name servers, to which a request's text
/// may mean something.
const PORTS: [u16; 2] = [80, 443];
const PORT_UNPRIVILEGED_MIN: u16 = 1_024;

/// Why nothing is sent somewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfReach {
    /// An address that was written out.
    #[error("the address `{address}` is not public ({what}): use one that is, or have the operator allow it")]
    Address {
        /// As the network would understand it.
        address: IpAddr,
        /// What it is instead.
        what: &'static str,
    },
    /// A name; what it leads to is the operator's business.
    #[error("the name leads to no public address ({what}): use one that does, or have the operator allow it")]
    Name {
        /// What its first address is instead.
        what: &'static str,
    },
    /// A name that leads nowhere.
    #[error("the name has no address: see to its entry in the domain name system")]
    Nowhere,
    /// A port where something else than HTTP is expected.
    #[error("port `{0}` is not for HTTP: use 80, 443, or one from 1024 on")]
    Port(u16),
}

/// What may be reached. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Reach(Arc<Ranges>);

#[derive(Debug)]
struct Ranges {
    allowed: Vec<IpNet>,
    special: Vec<(IpNet, &'static str)>,
}

impl Reach {
    /// Public addresses, and those in `allowed`, whatever they are.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        let parse =
            |(range, what): &(&str, &'static str)| (range.parse().expect("the table should hold ranges"), *what);
        Self(Arc::new(Ranges { allowed, special: SPECIAL.iter().map(parse).collect() }))
    }

    /// Whether an address that may be a name can be reached at all: its port, and the address where it is written out.
    pub fn admit(&self, url: &Url) -> Result<(), OutOfReach> {
        let port = url.port_or_known_default().unwrap_or_default();
        if port < PORT_UNPRIVILEGED_MIN && !PORTS.contains(&port) {
            return Err(OutOfReach::Port(port));
        }
        // The parser of URLs has already made one spelling of all that mean the same number.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host.parse().map_or(Ok(()), |address| self.admit_address(address))
    }

    /// Whether an address that is written out can be reached.
    pub(super) fn admit_address(&self, address: IpAddr) -> Result<(), OutOfReach> {
        self.judge(address).map_err(|what| OutOfReach::Address { address, what })
    }

    /// Whether an address is not public, and may be reached because the operator allowed it.
    pub(super) fn is_inside(&self, address: IpAddr) -> bool {
        self.judge(address).is_ok() && self.special(address).is_some()
    }

    /// Those of a name's addresses that may be reached: at least one.
    fn reachable(&self, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, OutOfReach> {
        let reachable: Vec<_> = addresses.iter().copied().filter(|address| self.judge(*address).is_ok()).collect();
        if !reachable.is_empty() {
            return Ok(reachable);
        }
        let refused = addresses.iter().find_map(|address| self.judge(*address).err());
        Err(refused.map_or(OutOfReach::Nowhere, |what| OutOfReach::Name { what }))
    }

    /// Whether an address may be reached; else what it is.
    fn judge(&self, address: IpAddr) -> Result<(), &'static str> {
        if self.0.allowed.iter().any(|range| range.contains(&address)) {
            return Ok(());
        }
        if let Some(translated) = translated(address) {
            return self.judge(translated.into());
        }
        self.special(address).map_or(Ok(()), Err)
    }

    /// What an address is that is not public.
    fn special(&self, address: IpAddr) -> Option<&'static str> {
        self.0.special.iter().find(|(range, _)| range.contains(&address)).map(|(_, what)| *what)
    }
}

fn translated(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    TRANSLATED.contains(&address).then(|| Ipv4Addr::from_bits(address.to_bits() as u32))
}
