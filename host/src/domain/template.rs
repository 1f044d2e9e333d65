//! Templates: what a tenant wrote once, and each message says with values of its own.

use super::Json;

/// What a template's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// HTML: what is written of values is escaped.
    Html,
    /// Anything else.
    Plain,
}

/// A message's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The members that stand in the template's head, by name.
    pub head: Vec<(String, String)>,
    /// The text below.
    pub body: String,
    /// What the template asked for and was not there, by its path.
    pub missing: Vec<String>,
}

/// Why there is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template is wrong, or asks for too much. To try again cannot help.
    #[error("{0}")]
    Template(String),
    /// This server renders nothing now.
    #[error("{0}")]
    Unavailable(String),
}

/// What renders templates. Pure: the same template and values give the same texts. Takes CPU, up to some milliseconds.
pub trait Renderer: Send + Sync {
    /// Whether a text is a template, and the names in its head.
    fn check(&self, template: &str, form: TextForm) -> Result<Vec<String>, RenderError>;

    /// Renders a template with values, which are an object. The error repeats none of them.
    fn render(&self, template: &str, form: TextForm, values: &Json) -> Result<Rendered, RenderError>;
}
