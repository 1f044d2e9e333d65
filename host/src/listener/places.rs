//! Who may come in: so many connections in all, and so many from one address, so that one client leaves places for others.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bits of an IPv6 address that tell who it is: one subscriber has the rest to choose from.
const IPV6_NETWORK: u128 = !0 << 64;

/// The places of an accept loop.
#[derive(Debug)]
pub(super) struct Places {
    max: usize,
    max_each: usize,
    free: Arc<Semaphore>,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
    _permit: OwnedSemaphorePermit,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    House,
    Address,
}

impl Full {
    /// Its name in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::House => "house",
            Self::Address => "address",
        }
    }
}

impl Places {
    pub(super) fn new(max: usize, max_each: usize) -> Arc<Self> {
        let max = max.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { max, max_each, free: Arc::new(Semaphore::new(max)), taken: Mutex::default() })
    }

    /// A place for a connection from there.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let permit = Arc::clone(&self.free).try_acquire_owned().map_err(|_| Full::House)?;
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.max_each {
            return Err(Full::Address);
        }
        *count += 1;
        gauge!("rekindle_connections").increment(1.0);
        Ok(Place { places: Arc::clone(self), address, _permit: permit })
    }

    /// Waits until all are free.
    pub(super) async fn all_free(&self) {
        let all = u32::try_from(self.max).unwrap_or(u32::MAX);
        // Nobody closes it.
        let _ = self.free.acquire_many(all).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!("rekindle_connections").decrement(1.0);
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// Who is counted together.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(places: &Arc<Places>, address: &str) -> Result<Place, Full> {
        places.take(address.parse().unwrap())
    }

    #[test]
    fn one_address_leaves_places_for_others() {
        let places = Places::new(5, 2);
        let first = [take(&places, "192.0.2.1").unwrap(), take(&places, "::ffff:192.0.2.1").unwrap()];
        assert_eq!(take(&places, "192.0.2.1").unwrap_err(), Full::Address);
        let others = [take(&places, "192.0.2.2"), take(&places, "2001:db8::1"), take(&places, "2001:db8::2")];
        assert!(others.iter().all(Result::is_ok));
        assert_eq!(take(&places, "192.0.2.3").unwrap_err(), Full::House);
        drop((first, others));
        assert_eq!((places.free.available_permits(), places.taken.lock().unwrap().len()), (5, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let places = Places::new(9, 1);
        let _first = take(&places, "2001:db8::1").unwrap();
        assert_eq!(take(&places, "2001:db8::ffff:1").unwrap_err(), Full::Address);
        assert!(take(&places, "2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn who_is_turned_away_takes_nothing() {
        let places = Places::new(2, 1);
        let first = take(&places, "192.0.2.1").unwrap();
        for _ in 0..9 {
            assert_eq!(take(&places, "192.0.2.1").unwrap_err(), Full::Address);
        }
        assert!(take(&places, "192.0.2.2").is_ok());
        drop(first);
        assert!(take(&places, "192.0.2.1").is_ok());
    }
}
