//! From a name to addresses that may be reached. Whoever connects does so to what comes out of here and asks nobody else.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Reach;
use crate::domain::limits;

/// A look-up under way.
pub(in crate::channels) type LookingUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub(in crate::channels) trait Names: Send + Sync {
    /// The addresses of a name, in the order in which to try them.
    fn look_up(&self, name: &str) -> LookingUp;
}

/// The machine's own resolver.
pub(in crate::channels) struct System;

impl Names for System {
    fn look_up(&self, name: &str) -> LookingUp {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).take(limits::PROVIDER_ADDRESSES_MAX).collect())
        })
    }
}

/// Names, with every address judged. Cloning shares it.
#[derive(Clone)]
pub(in crate::channels) struct Resolver {
    reach: Reach,
    names: Arc<dyn Names>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Resolver {
    pub(in crate::channels) fn new(reach: Reach, names: Arc<dyn Names>) -> Self {
        Self { reach, names }
    }

    /// The name's addresses that may be reached: at least one.
    pub(in crate::channels) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>> {
        Ok(self.reach.reachable(&self.names.look_up(name).await?)?)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.look_up(name.as_str()).await?;
            // Port 0 stands for the URL's.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
