//! `Authorization`, where a source asks for it: the extensible webhook's bearer token, the direct destination's key (the
//! user name of Basic, without a password). One header carries one of them, so either will do when both are asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::tenants::{Secret, Source};

/// Why the header does not count.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CredentialError {
    /// There is none.
    #[error("`authorization` is missing: this source asks for {0}")]
    Missing(&'static str),
    /// Segment had no token to send.
    #[error("`authorization` is `Bearer undefined`: set the bearer token in the destination's settings in segment")]
    Undefined,
    /// It is another one.
    #[error("`authorization` is not what this source asks for: compare {0} with the destination's settings in segment")]
    Wrong(&'static str),
}

/// Checks the header against what the source asks for.
pub(crate) fn check(source: &Source, header: Option<&[u8]>) -> Result<(), CredentialError> {
    let asked = match (&source.bearer, &source.basic_key) {
        (None, None) => return Ok(()),
        (Some(_), None) => "the bearer token",
        (None, Some(_)) => "the key as the user name of `Basic`",
        (Some(_), Some(_)) => "the bearer token or the key",
    };
    let header = header.ok_or(CredentialError::Missing(asked))?;
    let (scheme, value) = split_scheme(header);
    let is_good = match scheme.to_ascii_lowercase().as_slice() {
        b"bearer" if value == b"undefined" => return Err(CredentialError::Undefined),
        b"bearer" => is(source.bearer.as_ref(), value),
        b"basic" => user_name(value).is_some_and(|name| is(source.basic_key.as_ref(), &name)),
        _ => false,
    };
    if is_good { Ok(()) } else { Err(CredentialError::Wrong(asked)) }
}

fn split_scheme(header: &[u8]) -> (&[u8], &[u8]) {
    let header = header.trim_ascii();
    let blank = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    (&header[..blank], header[blank..].trim_ascii())
}

fn user_name(value: &[u8]) -> Option<Vec<u8>> {
    let padding = value.iter().rev().take_while(|byte| **byte == b'=').count();
    let mut pair = STANDARD_NO_PAD.decode(&value[..value.len() - padding]).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':').unwrap_or(pair.len());
    pair.truncate(colon);
    Some(pair)
}

fn is(secret: Option<&Secret>, value: &[u8]) -> bool {
    secret.is_some_and(|secret| secret.expose().as_bytes().ct_eq(value).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SourceId, TenantId};

    fn source(bearer: Option<&str>, basic_key: Option<&str>) -> Source {
        let secret = |text: &str| Secret::new(text.to_owned());
        Source {
            tenant: TenantId::parse("shop").unwrap(),
            id: SourceId::parse("web").unwrap(),
            token: secret("token"),
            secrets: vec![],
            bearer: bearer.map(secret),
            basic_key: basic_key.map(secret),
        }
    }

    #[test]
    fn a_source_that_asks_for_nothing_takes_anything() {
        assert_eq!(check(&source(None, None), None), Ok(()));
        assert_eq!(check(&source(None, None), Some(b"Bearer undefined")), Ok(()));
    }

    #[test]
    fn the_right_header_opens() {
        for header in
            ["Bearer t0ken", "bearer   t0ken ", "Basic a2V5Og==", "basic a2V5Og", "Basic a2V5", "Basic a2V5OnB3"]
        {
            assert_eq!(check(&source(Some("t0ken"), Some("key")), Some(header.as_bytes())), Ok(()), "{header}");
        }
    }

    #[test]
    fn any_other_header_does_not() {
        let asking = source(Some("t0ken"), Some("key"));
        for header in
            ["", "Bearer", "Bearer t0ke", "Bearer t0ken2", "Basic", "Basic !", "Basic a2V6Og==", "t0ken", "Token t0ken"]
        {
            assert!(matches!(check(&asking, Some(header.as_bytes())), Err(CredentialError::Wrong(_))), "{header}");
        }
        assert!(matches!(check(&asking, None), Err(CredentialError::Missing(_))));
        assert_eq!(check(&asking, Some(b"Bearer undefined")), Err(CredentialError::Undefined));
        assert!(check(&source(None, Some("key")), Some(b"Bearer key")).is_err());
    }
}
