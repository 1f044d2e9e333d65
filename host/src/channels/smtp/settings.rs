//! SMTP's settings: the server, how to speak to it privately, who is let in there, and who sends.

use std::net::IpAddr;

use lettre::message::Mailbox;
use mail_send::Credentials;
use serde_json::Value;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::channels::dialer::Distance;
use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError, email};
use crate::domain::limits;

const HOST: &str = "host";
const PORT: &str = "port";
const SECURITY: &str = "security";
const USER: &str = "user";
const PASSWORD: &str = "password";
const FROM: &str = "from";
const REPLY_TO: &str = "reply_to";

pub(super) const SECRETS: &[&str] = &[PASSWORD];

/// The ports below 1024 on which mail is taken.
const PORTS: [u16; 3] = [25, 465, 587];
const PORT_UNPRIVILEGED_MIN: u16 = 1_024;

/// How what is said stays private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS, asked for once connected. A server that does not offer it is told nothing.
    StartTls,
    /// TLS from the beginning.
    Tls,
    /// Not at all: within the operator's network only.
    None,
}

const SECURITIES: &[(&str, Security)] =
    &[("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)];

pub(super) struct Settings {
    /// A name, or an address within reach.
    pub(super) host: ServerName<'static>,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials<String>>,
    /// In ASCII.
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
}

impl Security {
    pub(super) fn distance(self) -> Distance {
        match self {
            Self::StartTls | Self::Tls => Distance::Anywhere,
            Self::None => Distance::Inside,
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl Settings {
    /// The settings, and what of them is kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, &[HOST, PORT, SECURITY, USER, PASSWORD, FROM, REPLY_TO])?;
        let securities = "should be `starttls`, `tls`, or `none` within the operator's network";
        let security = fields.choice(SECURITY, SECURITIES, securities)?.unwrap_or(Security::StartTls);
        let parsed = Self {
            host: host(&fields, security, reach)?,
            port: port(&fields)?.unwrap_or_else(|| security.port()),
            security,
            credentials: credentials(&fields)?,
            from: sender(&fields)?,
            reply_to: email::mailbox(&fields, REPLY_TO)?,
        };
        Ok((parsed, fields.kept()))
    }

    /// By what the house calls itself: the domain that mail comes from.
    pub(super) fn own_domain(&self) -> &str {
        self.from.email.domain()
    }
}

fn host(fields: &Fields, security: Security, reach: &Reach) -> Result<ServerName<'static>, SettingsError> {
    let invalid = |problem| SettingsError::invalid(HOST, problem);
    let host = ServerName::try_from(fields.required_text(HOST)?.to_owned())
        .map_err(|_| invalid("should be a name such as `smtp.example.com`, or an address"))?;
    let ServerName::IpAddress(address) = host else { return Ok(host) };
    let address = IpAddr::from(address);
    reach.admit_address(address).map_err(|why| SettingsError::OutOfReach { key: HOST, why })?;
    match security.distance() {
        Distance::Inside if !reach.is_inside(address) => {
            Err(SettingsError::invalid(SECURITY, "should be `starttls` or `tls`: the host's address is public"))
        }
        Distance::Inside | Distance::Anywhere => Ok(host),
    }
}

fn port(fields: &Fields) -> Result<Option<u16>, SettingsError> {
    let Some(number) = fields.number(PORT)? else { return Ok(None) };
    let port = u16::try_from(number).ok().filter(|port| *port >= PORT_UNPRIVILEGED_MIN || PORTS.contains(port));
    port.map(Some).ok_or(SettingsError::invalid(PORT, "should be 25, 465, 587, or one from 1024 on"))
}

fn credentials(fields: &Fields) -> Result<Option<Credentials<String>>, SettingsError> {
    match (fields.text(USER)?, fields.text(PASSWORD)?) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) => {
            let user = credential(USER, user)?;
            Ok(Some(Credentials::new(user, credential(PASSWORD, password)?)))
        }
        (Some(_), None) => Err(SettingsError::invalid(PASSWORD, "is missing: `user` needs one")),
        (None, Some(_)) => Err(SettingsError::invalid(USER, "is missing: `password` needs one")),
    }
}

/// What may stand between the zeros of SASL's `PLAIN` (RFC 4616).
fn credential(key: &'static str, text: &str) -> Result<String, SettingsError> {
    let is_allowed =
        !text.is_empty() && text.len() <= limits::PROVIDER_KEY_BYTES_MAX && !text.contains(char::is_control);
    is_allowed
        .then(|| text.to_owned())
        .ok_or(SettingsError::invalid(key, "should have no control characters, and 4 KiB at most"))
}

fn sender(fields: &Fields) -> Result<Mailbox, SettingsError> {
    let from = email::mailbox(fields, FROM)?.ok_or(SettingsError::invalid(FROM, "is missing"))?;
    match AsRef::<str>::as_ref(&from.email).is_ascii() {
        true => Ok(from),
        false => Err(SettingsError::invalid(FROM, "should have an address in ASCII: write its domain in Punycode")),
    }
}
