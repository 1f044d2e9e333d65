//! What is said to the server, and where it went wrong: it matters whether a server says no to us, to the sender, to the recipient or
//! to the message.

use std::time::Duration;

use mail_send::smtp::message::Parameters;
use mail_send::{Error, SmtpClient};
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EXT_START_TLS, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::letter::Letter;
use super::settings::{Security, Settings};
use crate::channels::Http;
use crate::domain::limits;

/// What the server was answering to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Encryption,
    Login,
    Sender,
    Recipient,
    Text,
}

/// Why a letter was not taken, or nobody knows whether it was.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was no conversation.
    Unreached(String),
    /// The server does not offer what the settings ask for.
    Lacking(&'static str),
    /// The server said no.
    No { stage: Stage, reply: Response<String> },
    /// The conversation broke off, or made no sense.
    Broken { stage: Stage, what: String },
    /// There was no end to it.
    Silent { waited: Duration },
}

impl Stage {
    /// What a server's answer was to.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Greeting => "the greeting",
            Self::Encryption => "TLS",
            Self::Login => "the login",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Text => "the message",
        }
    }

    fn failure(self, err: Error) -> Failure {
        match err {
            Error::UnexpectedReply(reply) | Error::AuthenticationFailed(reply) => Failure::No { stage: self, reply },
            Error::UnsupportedAuthMechanism => Failure::Lacking("a login by user and password"),
            Error::Io(err) => Failure::Broken { stage: self, what: err.to_string() },
            Error::Tls(err) => Failure::Broken { stage: self, what: err.to_string() },
            Error::UnparseableReply => Failure::Broken { stage: self, what: "no answer, or none of SMTP's".to_owned() },
            err => Failure::Broken { stage: self, what: err.to_string() },
        }
    }
}

/// What the server said of a letter that it took.
pub(super) type Outcome = Result<Response<String>, Failure>;

/// Hands one letter over. It takes as long as the server does: whoever calls has a limit.
pub(super) async fn hand_over(http: &Http, settings: &Settings, letter: &Letter) -> Outcome {
    let dialing = http.dialer().dial(&settings.host, settings.port, settings.security.distance());
    let stream = dialing.await.map_err(Failure::Unreached)?;
    let mut client = SmtpClient { stream, timeout: http.attempt_max() };
    let name = settings.host.to_str();
    match settings.security {
        Security::None => {
            greet(&mut client).await?;
            converse(client, settings, letter).await
        }
        Security::Tls => {
            let tls = http.dialer().tls().map_err(Failure::Unreached)?;
            let encrypted = client.into_tls(&tls, &name).await;
            let mut client = encrypted.map_err(|err| Stage::Encryption.failure(err))?;
            greet(&mut client).await?;
            converse(client, settings, letter).await
        }
        Security::StartTls => {
            let tls = http.dialer().tls().map_err(Failure::Unreached)?;
            greet(&mut client).await?;
            let offer = client.ehlo(settings.own_domain()).await.map_err(|err| Stage::Greeting.failure(err))?;
            if !offer.has_capability(EXT_START_TLS) {
                return Err(Failure::Lacking("STARTTLS"));
            }
            let encrypted = client.start_tls(&tls, &name).await;
            let client = encrypted.map_err(|err| Stage::Encryption.failure(err))?;
            converse(client, settings, letter).await
        }
    }
}

/// Hears the server's first word.
async fn greet<T: AsyncRead + AsyncWrite + Unpin>(client: &mut SmtpClient<T>) -> Result<(), Failure> {
    let reply = client.read().await.map_err(|err| Stage::Greeting.failure(err))?;
    match reply.is_positive_completion() {
        true => Ok(()),
        false => Err(Failure::No { stage: Stage::Greeting, reply }),
    }
}

async fn converse<T>(mut client: SmtpClient<T>, settings: &Settings, letter: &Letter) -> Outcome
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let at = |stage: Stage| move |err| stage.failure(err);
    let mut offer = client.ehlo(settings.own_domain()).await.map_err(at(Stage::Greeting))?;
    // What is said is private already; the library was not built with more.
    offer.auth_mechanisms &= AUTH_PLAIN | AUTH_LOGIN;
    if let Some(credentials) = &settings.credentials {
        client.authenticate(credentials, &offer).await.map_err(at(Stage::Login))?;
    }
    let none = Parameters::new();
    client.mail_from(settings.from.email.as_ref(), &none).await.map_err(at(Stage::Sender))?;
    client.rcpt_to(letter.recipient.as_ref(), &none).await.map_err(at(Stage::Recipient))?;
    let reply = client.data(&letter.text).await.map_err(at(Stage::Text))?;
    // The letter is the server's now, whatever becomes of the farewell.
    tokio::spawn(tokio::time::timeout(limits::ANSWER_REST_MAX, client.quit()));
    Ok(reply)
}
