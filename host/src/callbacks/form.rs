//! Form-encoded bodies and queries (`application/x-www-form-urlencoded`), within a bound.

use crate::domain::limits;

/// The text has more than `limits::FORM_PARAMETERS_MAX` parameters.
#[derive(Debug, thiserror::Error)]
#[error("the form has more than {} parameters: send less in it", limits::FORM_PARAMETERS_MAX)]
pub(super) struct TooManyParameters;

/// Names and values, in order.
pub(super) fn parameters(text: &[u8]) -> Result<Vec<(String, String)>, TooManyParameters> {
    let mut parameters = Vec::new();
    for (name, value) in form_urlencoded::parse(text) {
        if parameters.len() == limits::FORM_PARAMETERS_MAX {
            return Err(TooManyParameters);
        }
        parameters.push((name.into_owned(), value.into_owned()));
    }
    Ok(parameters)
}

/// The value of the first parameter of that name.
pub(super) fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
