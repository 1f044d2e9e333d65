//! The way out for what is not HTTP: connections over TCP, plain or with TLS, that go only to addresses which `reach` admits. What
//! was judged is what is connected to, and TLS still asks for the name that was set.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reach::{Reach, Resolver};

/// How far away a server may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distance {
    /// Wherever may be reached.
    Anywhere,
    /// In the operator's own network: what is said there in plain text nobody else hears.
    Inside,
}

/// Cloning shares it.
#[derive(Debug, Clone)]
pub(super) struct Dialer {
    reach: Reach,
    resolver: Resolver,
    /// Made when it is needed first: reading the machine's certificates takes milliseconds.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl Dialer {
    pub(super) fn new(reach: Reach, resolver: Resolver) -> Self {
        Self { reach, resolver, tls: Arc::default() }
    }

    /// Connects; the error says what went wrong, in words fit for a receipt.
    pub(super) async fn dial(&self, host: &ServerName<'_>, port: u16, distance: Distance) -> Result<TcpStream, String> {
        let mut addresses = self.addresses(host).await?;
        if distance == Distance::Inside {
            addresses.retain(|address| self.reach.is_inside(*address));
            if addresses.is_empty() {
                return Err("the name leads to a public address, to which nothing is said in plain text".to_owned());
            }
        }
        let addresses: Vec<_> = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        TcpStream::connect(addresses.as_slice()).await.map_err(|err| format!("could not connect: {err}"))
    }

    /// Those that may be reached: at least one.
    async fn addresses(&self, host: &ServerName<'_>) -> Result<Vec<IpAddr>, String> {
        if let ServerName::IpAddress(address) = host {
            let address = IpAddr::from(*address);
            return self.reach.admit_address(address).map(|()| vec![address]).map_err(|err| err.to_string());
        }
        let addresses = self.resolver.look_up(&host.to_str()).await;
        addresses.map_err(|err| format!("could not connect: {err}"))
    }

    /// Whom to trust is the machine's affair, as for HTTP.
    pub(super) fn tls(&self) -> Result<TlsConnector, String> {
        let config = match self.tls.get() {
            Some(config) => config,
            None => {
                let made = ClientConfig::with_platform_verifier();
                let made = made.map_err(|err| format!("the machine's certificates cannot be read: {err}"))?;
                self.tls.get_or_init(|| Arc::new(made))
            }
        };
        Ok(TlsConnector::from(Arc::clone(config)))
    }

    /// Trusts whom the test trusts.
    #[cfg(test)]
    pub(super) fn with_tls(self, tls: Arc<ClientConfig>) -> Self {
        Self { tls: Arc::new(OnceLock::from(tls)), ..self }
    }
}
